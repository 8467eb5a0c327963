import COCO
import DataLoading
import Foundation
import Support
import TestSupport
import Testing
import Torch
import Vision

@Suite struct ClassFolderTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func write(_ name: String, _ image: Image) throws {
        let path = "\(scratch.path)/\(name)"
        try FileManager.default.createDirectory(
            at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
        try AtomicFile.write(JPEG.encode(image, quality: 95), to: path)
    }

    @Test func classesAreNumberedInTheOrderOfTheirNames() throws {
        // By bytes "a-b/" comes before "a/", and the class "a" before "a-b".
        for name in ["a/1.jpg", "a/deep/2.jpg", "a-b/1.jpg", "b/1.jpg", "b/2.jpg", "b/3.jpg"] {
            try write(name, Image(width: 32, height: 32))
        }
        let folder = try ClassFolder(scratch.path)
        #expect(folder.classes == ["a", "a-b", "b"] && folder.counts == [2, 1, 3])
        for (i, label) in folder.labels.enumerated() {
            #expect(folder.images.names[i].hasPrefix(folder.classes[label] + "/"))
        }
    }

    @Test func imagesBesideTheFoldersAreAnError() throws {
        try write("a/1.jpg", Image(width: 32, height: 32))
        #expect { try ClassFolder(scratch.path) } throws: { "\($0)".contains("not a folder for each class") }
        try write("b/1.jpg", Image(width: 32, height: 32))
        #expect(try ClassFolder(scratch.path).classes == ["a", "b"])
        try write("c.jpg", Image(width: 32, height: 32))
        #expect { try ClassFolder(scratch.path) } throws: { $0 is UserError }
    }

    /// Golden numbers: Fixtures/make_center_crop.py.
    @Test(arguments: [
        (500, 375, 224, 19_124_876, 9_528_579_011), (375, 500, 224, 19_125_111, 9_525_744_355),
        (97, 64, 96, 3_513_296, 1_741_868_184), (640, 427, 96, 3_516_026, 1_741_527_147), (33, 200, 32, 387_813, 189_550_844),
    ])
    func centreCropsAreTorchvisions(_ width: Int, _ height: Int, _ size: Int, _ sum: Int, _ weighted: Int) {
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width { pixels += [UInt8(x * 255 / (width - 1)), UInt8(y * 255 / (height - 1)), UInt8((x * 7 + y * 13) % 256)] }
        }
        let crop = CenterCrop(size: size)(Image(width: width, height: height, pixels: pixels))
        #expect((crop.width, crop.height) == (size, size))
        #expect(crop.pixels.reduce(0) { $0 + Int($1) } == sum)
        #expect(crop.pixels.enumerated().reduce(0) { $0 + Int($1.element) * ($1.offset % 997) } == weighted)
    }

    @Test(arguments: [0, 1, 3])
    func batchesDependOnNoWorkers(_ workers: Int) throws {
        for i in 0..<5 {
            for (name, red) in [("dark", 20), ("light", 200)] {
                try write("\(name)/\(i).jpg", Image(width: 50 + i, height: 40, color: Color(red: UInt8(red + i), green: 9, blue: 99)))
            }
        }
        func batches() throws -> ClassBatches {
            ClassBatches(
                try ClassFolder(scratch.path), batchSize: 4, imageSize: 32, reader: ImageReader(maxCorruptImages: 0), seed: 3)
        }
        let reference = try batches()
        let loader = BatchLoader(try batches(), iterations: 1..<6, workers: workers)
        for i in 1..<6 {
            let expected = try reference.batch(at: i), found = try #require(try loader.next())
            #expect(found.images.ints == expected.images.ints && found.labels.ints == expected.labels.ints)
            // The classes are those of the images: dark ones are class 0.
            let red = found.images.to(.float32).mean([2, 3]).floats
            for (row, label) in found.labels.ints.enumerated() { #expect((red[row * 3] > 100) == (label == 1)) }
        }
    }

    @Test func objectsAreCutOutByCategory() throws {
        let images = "\(scratch.path)/images"
        var image = Image(width: 100, height: 60, color: .white)
        image.paste(Image(width: 30, height: 20, color: Color(red: 200, green: 0, blue: 0)), x: 40, y: 20)
        try write("images/1.jpg", image)
        try write("images/2.jpg", Image(width: 80, height: 80))
        let annotations = "\(scratch.path)/a.json"
        func object(_ id: Int, _ image: Int, _ category: Int, _ box: [Int], crowd: Int = 0) -> JSON {
            [
                "id": .int(id), "image_id": .int(image), "category_id": .int(category), "bbox": .array(box.map { .int($0) }),
                "area": .int(box[2] * box[3]), "iscrowd": .int(crowd), "segmentation": .array([]),
            ]
        }
        let json: JSON = [
            "images": .array([
                ["id": 1, "file_name": "1.jpg", "width": 100, "height": 60], ["id": 2, "file_name": "2.jpg", "width": 80, "height": 80],
            ]),
            "categories": .array([["id": 3, "name": "cat/dog"], ["id": 5, "name": "tree"], ["id": 6, "name": "none"]]),
            // A red one; at the edge; too small; a crowd; outside of the image.
            "annotations": .array([
                object(7, 1, 3, [40, 20, 30, 20]), object(8, 1, 5, [80, 0, 40, 30]), object(9, 2, 5, [1, 1, 9, 9]),
                object(10, 2, 5, [0, 0, 70, 70], crowd: 1), object(11, 2, 5, [200, 10, 40, 40]), object(12, 2, 5, [0, 0, 80, 80]),
            ]),
        ]
        try AtomicFile.write(json.text(), to: annotations)
        var crops = ObjectCrops()
        crops.margin = 0
        let output = "\(scratch.path)/crops"
        let written = try crops.write(Dataset.read(annotations), images: images, to: output)
        #expect(written.categories.map(\.name) == ["cat/dog", "tree"] && written.categories.map(\.count) == [1, 2])
        #expect(written.crowds == 1 && written.small == 1 && written.outside == 1)
        let folder = try ClassFolder(output)
        #expect(folder.classes == ["cat_dog", "tree"])
        #expect((0..<folder.labels.count).map { folder.images.names[$0] } == ["cat_dog/1-7.jpg", "tree/1-8.jpg", "tree/2-12.jpg"])
        let red = try folder.images.image(0).decoded()
        // The square around it is 30 × 30, five rows of white above and below.
        #expect((red.width, red.height) == (30, 30))
        let middle = (15 * 30 + 15) * 3
        #expect(red.pixels[middle] > 150 && red.pixels[middle + 1] < 60 && red.pixels[1] > 200)
        #expect { try crops.write(Dataset.read(annotations), images: images, to: output) } throws: { "\($0)".contains("is there already") }
    }

    @Test func objectsThatAllLieOutsideAreAnError() throws {
        try write("images/1.jpg", Image(width: 20, height: 20))
        let annotations = "\(scratch.path)/a.json"
        try AtomicFile.write(
            """
            {"images":[{"id":1,"width":20,"height":20,"file_name":"1.jpg"}],"categories":[{"id":1,"name":"a"}],
             "annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[90,90,30,30],"area":900}]}
            """, to: annotations)
        let output = "\(scratch.path)/crops"
        #expect {
            try ObjectCrops().write(Dataset.read(annotations), images: "\(scratch.path)/images", to: output)
        } throws: { "\($0)".contains("all 1 objects lie outside") }
        #expect(!FileManager.default.fileExists(atPath: output))
    }

    // MARK: - Damage

    @Test func damageInShardsIsCountedAndNamedUpToALimit() throws {
        // A member cut short, one that is no image, and an archive that loses its end after it was opened.
        var generator = SeededGenerator(4)
        let noisy = Image(width: 64, height: 64, pixels: (0..<64 * 64 * 3).map { _ in UInt8.random(in: 0...255, using: &generator) })
        let whole = try JPEG.encode(noisy)
        try FileManager.default.createDirectory(atPath: "\(scratch.path)/in", withIntermediateDirectories: true)
        let members: [(String, [UInt8])] = [
            ("0.jpg", whole), ("1.jpg", Array(whole.prefix(whole.count / 2))), ("2.jpg", Array("nothing".utf8)), ("3.jpg", whole),
            ("4.jpg", whole),
        ]
        for (name, bytes) in members { try AtomicFile.write(bytes, to: "\(scratch.path)/in/\(name)") }
        let shard = "\(scratch.path)/s.tar"
        let tar = Process()
        tar.executableURL = URL(fileURLWithPath: "/bin/tar")
        tar.arguments = ["-C", "\(scratch.path)/in", "-cf", shard] + members.map(\.0)
        try tar.run()
        tar.waitUntilExit()
        func batches(_ source: any ImageSource, _ reader: ImageReader) -> PretrainingBatches {
            PretrainingBatches(
                source, batchSize: 5, views: ViewAugmentation.byol(imageSize: 32), decoding: .exact, reader: reader, seed: 1)
        }
        let reader = ImageReader(maxCorruptImages: 2)
        let source = try openImages(shard)
        let first = try batches(source, reader).batch(at: 0)
        #expect(first.views[0].shape == [5, 3, 32, 32] && reader.damagedCount == 2)
        // Met again, it is counted no more.
        _ = try batches(source, reader).batch(at: 1)
        #expect(reader.damagedCount == 2)
        #expect { try batches(source, ImageReader(maxCorruptImages: 1)).batch(at: 0) } throws: { error in
            let line = "\(error)"
            return line.contains("s.tar: ") && line.contains("damaged image number 2") && line.contains("allows 1")
        }
        // The end of the last image and what fills the archive up.
        let handle = try #require(FileHandle(forWritingAtPath: shard))
        func blocks(_ count: Int) -> Int { (count + 511) / 512 }
        let start = 512 * (2 * (1 + blocks(whole.count)) + 1 + blocks(whole.count / 2) + 2)
        try handle.truncate(atOffset: UInt64(start + 512 + whole.count / 2))
        try handle.close()
        let cut = ImageReader(maxCorruptImages: 3)
        _ = try batches(source, cut).batch(at: 0)
        #expect(cut.damagedCount == 3)
    }
}
