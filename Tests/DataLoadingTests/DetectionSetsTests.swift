import COCO
import DataLoading
import Foundation
import Support
import TestSupport
import Testing
import Vision

/// What is wrong with a training or a validation set comes up before training.
@Suite struct DetectionSetsTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try ShapesDataset(train: 6, val: 4, unlabeled: 0, imageSize: 48, seed: 3).write(to: scratch.path)
    }

    private func file(_ set: String) -> String { "\(scratch.path)/annotations/instances_\(set).json" }

    /// Rewrites records of an annotation file.
    private func change(
        _ set: String, _ list: String, _ change: (Int, [(key: String, value: JSON)]) -> [(key: String, value: JSON)]
    ) throws {
        let json = try JSON.read(file(set))
        let changed = (json.object ?? []).map { key, value -> (key: String, value: JSON) in
            guard key == list, let records = value.array else { return (key, value) }
            return (key, .array(records.enumerated().map { .object(change($0, $1.object ?? [])) }))
        }
        try AtomicFile.write(JSON.object(changed).text(), to: file(set))
    }

    private func check(masks: Bool = true, maxCorruptImages: Int = 0) throws -> [Int] {
        let sets = try DetectionSets(
            train: Dataset.read(file("train")), trainImages: "\(scratch.path)/train", val: Dataset.read(file("val")),
            valImages: "\(scratch.path)/val")
        try sets.check(usesMasks: masks, maxCorruptImages: maxCorruptImages)
        return try sets.valCategoryIDs()
    }

    private func line(masks: Bool = true, maxCorruptImages: Int = 0) throws -> String {
        do {
            _ = try check(masks: masks, maxCorruptImages: maxCorruptImages)
            return "no error"
        } catch let error as UserError { return error.description }
    }

    @Test func goodSetsPass() throws {
        #expect(try check() == Dataset.read(file("train")).categories.map(\.id))
    }

    @Test(arguments: ["train", "val"])
    func filesAreLookedAtInBothSets(_ set: String) throws {
        let name = set == "train" ? "training" : "validation"
        let path = "\(scratch.path)/\(set)/000002.jpg"
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        // Behind the header.
        try AtomicFile.write(Array(whole.prefix(whole.count * 2 / 3)), to: path)
        #expect(try line().contains("\(path): ") && line().contains("1 of 1 damaged \(name) images"))
        #expect(try line(maxCorruptImages: 1) == "no error")
        try AtomicFile.write(JPEG.encode(Image(width: 48, height: 40)), to: path)
        #expect(try line().contains("\(path): is 48×40, and the annotations say 48×48, as of 1 \(name) images"))
        try FileManager.default.removeItem(atPath: path)
        #expect(try line().contains("\(path): is not there: 1 of 1 missing among"))
    }

    @Test func anImageThatEXIFTurnsIsNamedSo() throws {
        let path = "\(scratch.path)/val/000001.jpg"
        // Turned by a quarter, 40 × 48 as stored.
        var bytes = try JPEG.encode(Image(width: 40, height: 48))
        let exif = Array("Exif\0\0MM\0*\0\0\0\u{8}".utf8) + [0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0]
        bytes.insert(contentsOf: [0xFF, 0xE1, 0, UInt8(exif.count + 2)] + exif, at: 2)
        try AtomicFile.write(bytes, to: path)
        try change("val", "images") { i, record in
            record.map { i == 0 && $0.key == "width" ? ($0.key, 40) : $0 }
        }
        #expect(try line().contains("EXIF turns the image, and it is annotated as it is stored"))
    }

    @Test func categoriesAreMatchedByName() throws {
        let ids = try Dataset.read(file("train")).categories.map(\.id)
        func turned(_ id: JSON) -> JSON { .int(ids[(ids.firstIndex(of: id.int ?? 0)! + 1) % ids.count]) }
        try change("val", "categories") { _, record in record.map { $0.key == "id" ? ($0.key, turned($0.value)) : $0 } }
        try change("val", "annotations") { _, record in record.map { $0.key == "category_id" ? ($0.key, turned($0.value)) : $0 } }
        #expect(try check() == ids.indices.map { ids[($0 + 1) % ids.count] })
    }

    @Test func categoriesOfOtherNamesAreNoMatch() throws {
        try change("val", "categories") { i, record in record.map { i == 0 && $0.key == "name" ? ($0.key, "something else") : $0 } }
        #expect(try line().contains("is 'something else', and '"))
    }

    @Test func whatEvaluationNeedsMustBeThere() throws {
        try change("val", "annotations") { i, record in record.filter { i != 1 || $0.key != "segmentation" } }
        #expect(try line().contains("cannot do with annotations without a mask: 1 of"))
        #expect(try line(masks: false) == "no error")
        try change("val", "annotations") { i, record in record.filter { i != 2 || $0.key != "area" } }
        #expect(try line(masks: false).contains("annotations without area: 1 of"))
        try change("train", "images") { i, record in record.filter { i > 1 || $0.key != "height" } }
        #expect(try line().contains("images without width and height: 2 of 6, the first image 1"))
    }

    /// Detectron2 leaves an object without a valid mask out of training, its box too.
    @Test func objectsWithoutAMaskAreLeftOutOfMaskTraining() throws {
        let empty: [JSON] = [.array([]), .null, [[1, 1, 3, 3]], [[1, 1, 3, 1, 3, 3, 2]]]
        try change("train", "annotations") { i, record in
            record.map { i < empty.count && $0.key == "segmentation" ? ($0.key, empty[i]) : $0 }
        }
        func objects(_ masks: Bool) throws -> Int {
            var input = DetectionInput(edges: ShortestEdge([48], longest: 96), minSizeTest: 48)
            input.groupsByAspect = false
            let dataset = try Dataset.read(file("train"))
            let source = try DetectionBatches(
                dataset, folder: "\(scratch.path)/train", batchSize: 1, input: input, reader: ImageReader(maxCorruptImages: 0), seed: 1,
                learnsMasks: masks)
            let all = try (0..<source.iterationsPerEpoch).flatMap { try source.batch(at: $0).targets }
            #expect(!masks || all.allSatisfy { $0.polygons.allSatisfy { !$0.isEmpty } })
            return all.reduce(0) { $0 + $1.count }
        }
        #expect(try objects(false) - objects(true) == empty.count)
        try change("train", "annotations") { _, record in record.map { $0.key == "segmentation" ? ($0.key, .array([])) : $0 } }
        #expect { try objects(true) } throws: { "\($0)".contains("no object has a mask") && "\($0)".contains("masks: false") }
    }

    @Test func anImageThatCannotBeReadIsPredictedOnAsNothing() throws {
        let items = (1...3).map { PredictionBatches.Item(imageID: $0, path: "\(scratch.path)/val/00000\($0).jpg") }
        try AtomicFile.write("no image", to: items[1].path)
        let input = DetectionInput(edges: ShortestEdge([48], longest: 96), minSizeTest: 48)
        let source = PredictionBatches(items, batchSize: 2, input: input, reader: ImageReader(maxCorruptImages: 1))
        #expect(try source.batch(at: 0).sizes.map(\.imageID) == [1] && source.batch(at: 1).sizes.map(\.imageID) == [3])
        let alone = PredictionBatches([items[1]], batchSize: 2, input: input, reader: ImageReader(maxCorruptImages: 1))
        #expect(try alone.batch(at: 0).sizes.isEmpty)
        #expect(throws: UserError.self) { try PredictionBatches(items, batchSize: 2, input: input).batch(at: 0) }
    }
}
