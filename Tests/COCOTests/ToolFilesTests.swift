import COCO
import Foundation
import Support
import TestSupport
import Testing

/// Files as people's tools write them: where pycocotools gives numbers ours are the same, else it is one line.
@Suite struct ToolFilesTests {
    static let cases: [JSON] = (try? JSON.read(fixture("tool-files.json")).array) ?? []

    @Test func theFixtureIsThere() { #expect(Self.cases.count == 19) }

    @Test(arguments: cases.indices)
    func numbersAreThoseOfPycocotools(_ i: Int) throws {
        let file = Self.cases[i]
        let type = try #require(file["kind"]?.string.flatMap(IoUType.init))
        let stats = try withFiles(file["gt"]?.string ?? "", file["dt"]?.string ?? "") { paths in
            try Evaluator(type).evaluate(Results.read(paths[1]), against: Dataset.read(paths[0]), by: type).summary.map(\.value)
        }
        #expect(stats == file["stats"]?.array?.compactMap(\.double), "\(file["name"]?.string ?? "")")
    }

    private static let image = #"{"id":1,"width":10,"height":10,"file_name":"a.jpg"}"#
    private static let box = #"{"id":5,"image_id":1,"category_id":1,"bbox":[1,1,4,4],"area":16}"#
    private static let found = #"{"image_id":1,"category_id":1,"bbox":[1,1,4,4],"score":0.5}"#

    private static func dataset(
        _ annotations: String = box, images: String = image, categories: String = #"{"id":1,"name":"x"}"#
    ) -> String {
        #"{"images":[\#(images)],"categories":[\#(categories)],"annotations":[\#(annotations)]}"#
    }

    private func line(_ gt: String, _ dt: String, by type: IoUType) throws -> String {
        try withFiles(gt, dt) { paths in
            do {
                _ = try Evaluator(type).evaluate(Results.read(paths[1]), against: Dataset.read(paths[0]), by: type)
                return "no error"
            } catch let error as UserError { return error.description }
        }
    }

    /// What a comparison needs and a file lacks is no 0: pycocotools stops at each of these.
    @Test(arguments: [
        ("no mask", dataset(), found, IoUType.segm, "--iou segm cannot do with annotations without a mask: 1 of 1, the first annotation 5"),
        ("an empty mask", dataset(box.replacing("}", with: #","segmentation":[]}"#)), found, .segm, "without a mask: 1 of 1"),
        ("a polygon of two corners", dataset(box.replacing("}", with: #","segmentation":[[1,1,3,3]]}"#)), found, .segm, "without a mask"),
        (
            "no area", dataset(box.replacing(#","area":16"#, with: "")), found, .bbox,
            "annotations without area: 1 of 1, the first annotation 5"
        ),
        ("no box", dataset(box.replacing(#""bbox":[1,1,4,4],"#, with: "")), found, .bbox, "annotations without bbox: 1 of 1"),
        (
            "no size", dataset(box.replacing("}", with: #","segmentation":[[1,1,5,1,5,5]]}"#), images: #"{"id":1,"width":9}"#), found,
            .segm,
            "images without width and height: 1 of 1, the first image 1"
        ),
        (
            "an empty mask of a detection", dataset(box.replacing("}", with: #","segmentation":[[1,1,5,1,5,5]]}"#)),
            found.replacing("}", with: #","segmentation":[]}"#), .segm, "record 0: has a segmentation that is no mask"
        ),
        (
            "a mask of the first detection alone", dataset(box.replacing("}", with: #","segmentation":[[1,1,5,1,5,5]]}"#)),
            #"{"image_id":1,"category_id":1,"segmentation":{"size":[10,10],"counts":[0,100]},"score":0.5},"#
                + #"{"image_id":1,"category_id":1,"bbox":[1,1,2,2],"score":0.4}"#, .segm, "record 1: has no segmentation"
        ),
    ])
    func whatIsMissingIsNamed(_ what: String, _ gt: String, _ dt: String, _ type: IoUType, _ expected: String) throws {
        let line = try line(gt, "[\(dt)]", by: type)
        #expect(line.contains(expected) && !line.contains("\n"), "\(what): \(line)")
    }

    @Test func textThatIsNotJSONIsNamed() throws {
        let bom = "\u{FEFF}"
        #expect(try line(bom + Self.dataset(), bom + "[\(Self.found)]", by: .bbox) == "no error")
        for (bytes, word) in [([0x1F, 0x8B, 8, 0] as [UInt8], "gzip"), ([0xFF, 0xFE, 0x7B, 0], "UTF-16")] {
            let path = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID()).json").path
            defer { try? FileManager.default.removeItem(atPath: path) }
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            #expect { try Dataset.read(path) } throws: { "\($0)".contains(word) }
            #expect { try JSON.read(path) } throws: { "\($0)".contains(word) }
        }
    }

    @Test func idsAreNamedAsTheyAreWritten() throws {
        let gt = Self.dataset(images: #"{"id":"0001_cam","width":10,"height":10}"#)
            .replacing(#""image_id":1"#, with: #""image_id":"0002_cam""#)
        #expect(try line(gt, "[]", by: .bbox).contains("annotation 5: is of image 0002_cam, which is not in the file"))
        // A text that is a number as JSON writes one is that number; one that is not stands for itself.
        try withFiles(Self.dataset(#"{"id":"5","image_id":1.0,"category_id":"1","bbox":[1,1,4,4],"area":16}"#)) { paths in
            let dataset = try Dataset.read(paths[0])
            #expect(dataset.annotationIDs == [5] && dataset.categoryIndices == [0])
        }
    }

    @Test func resultsAreWrittenWithTheIDsOfTheirImages() throws {
        let gt = Self.dataset(images: #"{"id":"0001_cam","width":10,"height":10}"#)
            .replacing(#""image_id":1"#, with: #""image_id":"0001_cam""#)
        try withFiles(gt, "") { paths in
            let dataset = try Dataset.read(paths[0])
            let found = Detection(imageID: dataset.images[0].id, categoryID: 1, box: Box(x: 1, y: 1, width: 4, height: 4), score: 1)
            for names in [dataset.names, IDNames()] {
                try ResultsWriter.write(to: paths[1], names: names) { try $0.append(found) }
                #expect(try String(contentsOfFile: paths[1], encoding: .utf8).contains("0001_cam") == (names[found.imageID] == "0001_cam"))
                #expect(try Evaluator().evaluate(Results.read(paths[1]), against: dataset, by: .bbox).summary[0].value > 0.999)
            }
        }
    }

    @Test func imagesToPredictOnNeedNoAnnotations() throws {
        try withFiles(#"{"images":[{"id":7,"file_name":"/abs/a.png"},{"id":8}],"categories":[]}"#) { paths in
            let dataset = try Dataset.readImages(paths[0])
            #expect(dataset.images.map(\.id) == [7, 8] && dataset.images[0].width == nil)
            #expect(try dataset.path(ofImage: 0, in: "folder") == "/abs/a.png")
            #expect { try dataset.path(ofImage: 1, in: "folder") } throws: { "\($0)".contains("image 8: has no file_name") }
            #expect { try Dataset.read(paths[0]) } throws: { "\($0)".contains("has no list of annotations") }
        }
    }

    @Test func faultsAreCountedAndTheFirstIsNamed() throws {
        let records = (1...3).map { #"{"id":\#($0),"image_id":1,"category_id":1,"bbox":[1,2],"area":1}"# }.joined(separator: ",")
        let line = try line(Self.dataset("\(Self.box),\(records)"), "[]", by: .bbox)
        #expect(line.contains("annotations, record 1 (id 1), byte") && line.contains("four numbers, as in 3 records"), "\(line)")
    }
}
