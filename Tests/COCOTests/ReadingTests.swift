import COCO
import Foundation
import Support
import Testing

@Suite struct ReadingTests {
    private func read(_ text: String) throws -> Dataset {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID()).json").path
        try AtomicFile.write(text, to: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try Dataset.read(path)
    }

    private func annotation(_ change: String) -> String {
        """
        {"images":[{"id":1,"width":10,"height":10,"file_name":"a.jpg"}],"categories":[{"id":1,"name":"x"}],
         "annotations":[{"id":5,"image_id":1,"category_id":1,"bbox":[1,1,2,2],"area":4,"iscrowd":0}\(change)]}
        """
    }

    @Test func unknownKeysAndOrderDoNotMatter() throws {
        let dataset = try read(
            """
            {"info":{"a":[1,{"b":null}]},"annotations":[{"segmentation":[[1,1,3,1,3,3]],"area":2.5,"id":9,"category_id":4,
            "image_id":3,"bbox":[1,1,2,2],"attributes":{"x":[]}}],"categories":[{"name":"é","id":4,"supercategory":null}],
            "images":[{"file_name":"ü.jpg","height":7,"width":8,"id":3,"license":1}]}
            """)
        let image = dataset.images[0]
        #expect(image.id == 3 && image.fileName == "ü.jpg" && image.width == 8 && image.height == 7)
        #expect(dataset.categories[0].name == "é")
        #expect(dataset.polygons(of: 0) == [[1, 1, 3, 1, 3, 3]])
        #expect(dataset.areas == [2.5] && dataset.isCrowd == [false])
        #expect(Array(dataset.annotations(ofImage: 0)) == [0])
    }

    @Test(arguments: [
        (#",{"id":5,"image_id":1,"category_id":1,"bbox":[1,1,2,2],"area":4}"#, "annotation 5: is there twice"),
        (#",{"id":6,"image_id":2,"category_id":1,"bbox":[1,1,2,2],"area":4}"#, "annotation 6: is of image 2"),
        (#",{"id":6,"image_id":1,"category_id":3,"bbox":[1,1,2,2],"area":4}"#, "annotation 6: is of category 3"),
        (#",{"id":6,"image_id":1,"category_id":1,"bbox":[1,1,2],"area":4}"#, "annotations, record 1 (id 6), byte"),
        (#",{"id":6,"image_id":1,"category_id":1,"bbox":[1,1,2,NaN],"area":1}"#, "record 1"),
        (#",{"id":6,"image_id":1,"category_id":1,"bbox":[1,1,2,1e999],"area":1}"#, "finite"),
        (#",{"id":6,"image_id":1,"category_id":1,"bbox":"x","area":1}"#, "bbox must be"),
        (#",{"id":6,"image_id":1,"category_id":1,"bbox":[1,1,1,1],"area":1,"segmentation":{"size":[1],"counts":[1]}}"#, "size must be"),
        (#",{"id":6"#, "byte"),
        (#",7"#, "must be an object"),
        ("]}]", "text after the end"),
    ])
    func malformedFilesAreOneLine(_ change: String, _ message: String) {
        #expect {
            try read(annotation(change))
        } throws: { "\($0)".contains(message) && !"\($0)".contains("\n") }
    }

    @Test func runsThatOverrunTheImageAreNamed() throws {
        let dataset = try read(
            annotation(
                #",{"id":6,"image_id":1,"category_id":1,"bbox":[1,1,1,1],"area":1,"segmentation":{"size":[10,10],"counts":[1,500]}}"#))
        #expect { try dataset.mask(of: 1) } throws: { "\($0)".contains("annotation 6") && "\($0)".contains("501") }
    }

    @Test func deepNestingAndNoiseNeverCrash() throws {
        for text in ["", "[", "{", "[]", "null", "{\"images\":" + String(repeating: "[", count: 100_000), "\u{0}"] {
            #expect(throws: UserError.self) { try read(text) }
        }
        #expect(throws: UserError.self) { try Dataset.read("/nowhere.json") }
        let whole = Array(annotation("").utf8)
        var generator = SeededGenerator(8)
        for _ in 0..<300 {
            var noisy = whole
            for _ in 0..<3 { noisy[generator.integer(in: 0..<noisy.count)] = UInt8.random(in: 32...126, using: &generator) }
            _ = try? read(String(decoding: noisy, as: UTF8.self))
        }
    }

    @Test func resultsAreWrittenAndRead() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID()).json").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let mask = RLE(polygons: [[1, 1, 8, 1, 8, 6]], height: 9, width: 10)
        try ResultsWriter.write(to: path) { writer in
            try writer.append(Detection(imageID: 3, categoryID: 4, box: Box(x: 1, y: 2, width: 3, height: 4), score: 0.1, mask: mask))
            try writer.append(Detection(imageID: 4, categoryID: 4, box: nil, score: 0.2, mask: mask))
        }
        let results = try Results.read(path)
        #expect(results.scores == [0.1, 0.2] && results.imageIDs == [3, 4])
        #expect(try results.mask(0, height: 9, width: 10) == mask)
        try ResultsWriter.write(to: path) { _ in }
        #expect(try Results.read(path).count == 0)
    }

    /// Masks move to the front of the memory that they were read into. The first of a file may be longer than what stands before
    /// it, and then reaches over its own beginning, with every byte of it as the white space grows.
    @Test func aMaskLongerThanWhatStandsBeforeItIsRead() throws {
        let counts =
            "oc1c0[42O2N1O2N2N2N2O]OYLMf30aLN^3MlLNT30oLOP31QM0n20RM0m21SMOm22RMNn22SMNk23UMMk24TMLl24TMLl24TMLl2"
            + "4TMLl24TMKm24TMLl24Q1O0O100001RLMm23SMOj22UM0j20VM1i20VM1i2OVM2k2MUM1o2LRM4m3OXOLeL4[30bL0^34]LMc38W"
            + "LHj38QLMP42nKOS41mKLV44jKKW45iKKW4?1DjKKZk?"
        let mask = try RLE(compressed: counts, height: 160, width: 160)
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID()).json").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        for spaces in 0..<counts.count {
            let padding = String(repeating: " ", count: spaces)
            try AtomicFile.write(
                "[{\(padding)\"segmentation\":{\"counts\":\"\(counts)\",\"size\":[160,160]},\"image_id\":1,\"category_id\":2,\"score\":0.5}]",
                to: path)
            let results = try Results.read(path)
            #expect(try results.mask(0, height: 160, width: 160) == mask, "\(spaces) spaces")
        }
    }
}
