import COCO
import Foundation
import Support
import TestSupport
import Testing

/// Data that lies beside the project where somebody put it; tests that need it are skipped elsewhere.
let cocoEval = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../shared/data/coco-eval").standardized.path

/// A fixture's array, kept as pairs of a value and how often it comes.
func unpacked(_ json: JSON?) -> [Double] {
    (json?.array ?? []).flatMap { pair -> [Double] in
        Array(repeating: pair.array?[0].double ?? .nan, count: pair.array?[1].int ?? 0)
    }
}

/// T × R × rest as T × rest × R, as the fixtures keep it.
func recallInnermost(_ values: [Double], _ shape: [Int]) -> [Double] {
    let (T, R, rest) = (shape[0], shape[1], shape[2...].reduce(1, *))
    return (0..<T).flatMap { t in (0..<rest).flatMap { i in (0..<R).map { values[(t * R + $0) * rest + i] } } }
}

@Suite struct EvaluatorTests {
    @Test(arguments: 0..<3)
    func arraysAreBitForBitPycocotools(_ seed: Int) throws {
        let dataset = try Dataset.read(fixture("random\(seed)-gt.json"))
        let expected = try JSON.read(fixture("random\(seed)-expected.json"))
        let results = try Results.read(fixture("random\(seed)-dt.json"))
        let sizes = Dictionary(uniqueKeysWithValues: dataset.images.map { ($0.id, $0) })
        let masksAlone = try Results(
            (0..<results.count).map { i in
                let image = try #require(sizes[results.imageIDs[i]])
                return Detection(
                    imageID: image.id, categoryID: results.categoryIDs[i], box: nil, score: results.scores[i],
                    mask: try results.mask(i, height: #require(image.height), width: #require(image.width)))
            })
        let cases = [
            ("bbox", results, IoUType.bbox), ("segm", results, .segm), ("masks", masksAlone, .segm),
            ("masksByBox", masksAlone, .bbox),
        ]
        for (key, results, type) in cases {
            let evaluation = try Evaluator().evaluate(results, against: dataset, by: type)
            let golden = try #require(expected[key])
            #expect(recallInnermost(evaluation.precision, evaluation.shape) == unpacked(golden["precision"]), "\(key)")
            #expect(evaluation.recall == unpacked(golden["recall"]), "\(key)")
            #expect(recallInnermost(evaluation.scores, evaluation.shape) == unpacked(golden["scores"]), "\(key)")
            #expect(evaluation.summary.map(\.value) == golden["stats"]?.array?.compactMap(\.double), "\(key)")
            #expect(evaluation.text == golden["text"]?.string)
            func byCategory(_ name: String) -> [Double?]? { golden["categories"]?[name]?.array?.map(\.double) }
            #expect(evaluation.perCategoryAP() == byCategory("AP"), "\(key)")
            #expect(evaluation.perCategoryAP(iou: 0.5) == byCategory("AP50"), "\(key)")
            #expect(evaluation.perCategoryAP(iou: 0.75) == byCategory("AP75"), "\(key)")
            #expect(evaluation.perCategoryAR == byCategory("AR"), "\(key)")
        }
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: cocoEval), "the COCO API's example is not here"))
    func theExampleOfTheCOCOAPI() throws {
        let dataset = try Dataset.read("\(cocoEval)/instances_val2014_100.json")
        let expected = try JSON.read("\(cocoEval)/expected.json")
        for (type, name) in [(IoUType.bbox, "fakebbox100"), (.segm, "fakesegm100")] {
            let results = try Results.read("\(cocoEval)/instances_val2014_\(name)_results.json")
            let json = try Evaluator().evaluate(results, against: dataset, by: type).json
            let golden = try #require(expected[type.rawValue])
            for (key, value) in try #require(golden.object) where key != "perCategoryAP" {
                #expect(abs(try #require(json[key]?.double) - (value.double ?? .nan)) < 1e-12, "\(type) \(key)")
            }
            let categories = try #require(golden["perCategoryAP"]?.object)
            #expect(categories.map(\.key) == json["perCategoryAP"]?.object?.map(\.key))
            for (key, value) in categories {
                let ours = json["perCategoryAP"]?[key]?.double
                #expect(ours == nil ? value == .null : abs((ours ?? 0) - (value.double ?? .nan)) < 1e-12)
            }
        }
    }

    @Test func noDetectionsAreValid() throws {
        let dataset = try Dataset.read(fixture("random0-gt.json"))
        let evaluation = try Evaluator().evaluate(Results([]), against: dataset, by: .bbox)
        #expect(evaluation["AP"] == 0 && evaluation["AR100"] == 0)
    }

    @Test func aPerfectDetectorScoresOne() throws {
        let dataset = try Dataset.read(fixture("random0-gt.json"))
        let detections = (0..<dataset.annotationCount).filter { !dataset.isCrowd[$0] }.map { i in
            Detection(
                imageID: dataset.images[Int(dataset.imageIndices[i])].id,
                categoryID: dataset.categories[Int(dataset.categoryIndices[i])].id, box: dataset.boxes[i], score: 1,
                mask: (try? dataset.mask(of: i)) ?? nil)
        }
        for type in IoUType.detection {
            let evaluation = try Evaluator().evaluate(Results(detections), against: dataset, by: type)
            #expect(abs((evaluation["AP"] ?? 0) - 1) < 1e-12)
        }
    }

    @Test func aDetectionOnAnUnknownImageIsNamed() throws {
        let dataset = try Dataset.read(fixture("random0-gt.json"))
        let stray = Results([Detection(imageID: -5, categoryID: 7, box: Box(x: 0, y: 0, width: 1, height: 1), score: 1)])
        #expect {
            try Evaluator().evaluate(stray, against: dataset, by: .bbox)
        } throws: { "\($0)".contains("record 0") && "\($0)".contains("-5") }
    }

    @Test func aMaskThatDoesNotFitIsNamed() throws {
        let dataset = try Dataset.read(fixture("random0-gt.json"))
        let image = dataset.images[Int(dataset.imageIndices[0])]
        let category = dataset.categories[Int(dataset.categoryIndices[0])]
        let (height, width) = try (#require(image.height), #require(image.width))
        let fitting = RLE(height: height, width: width, counts: [UInt32(height * width)])
        let other = RLE(height: 3, width: 4, counts: [12])
        let results = Results(
            [fitting, other, other].map {
                Detection(imageID: image.id, categoryID: category.id, box: nil, score: 1, mask: $0)
            })
        #expect {
            try Evaluator().evaluate(results, against: dataset, by: .segm)
        } throws: { "\($0)".contains("record 1: its mask is of height and width 3, 4") }
    }

    @Test(arguments: [IoUType.bbox, .segm])
    func apOfAnImageIsThatOfADatasetOfIt(_ type: IoUType) throws {
        let whole = try JSON.read(fixture("random1-gt.json"))
        let dataset = try Dataset.read(fixture("random1-gt.json"))
        let results = try Results.read(fixture("random1-dt.json"))
        let found = try Evaluator().perImageAP(results, against: dataset, by: type)
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID()).json").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        for (place, image) in dataset.images.enumerated() {
            func only(_ list: String, _ key: String) -> JSON { .array((whole[list]?.array ?? []).filter { $0[key]?.int == image.id }) }
            let alone: JSON = [
                "images": only("images", "id"), "categories": whole["categories"] ?? [], "annotations": only("annotations", "image_id"),
            ]
            try AtomicFile.write(alone.text(), to: path)
            let mine = try (0..<results.count).filter { results.imageIDs[$0] == image.id }.map { i in
                Detection(
                    imageID: image.id, categoryID: results.categoryIDs[i], box: results.boxes[i], score: results.scores[i],
                    mask: try results.mask(i, height: #require(image.height), width: #require(image.width)))
            }
            let evaluation = try Evaluator().evaluate(Results(mine), against: Dataset.read(path), by: type)
            let expected = try #require(evaluation["AP"])
            #expect(abs((found[place] ?? -1) - expected) < 1e-12, "image \(image.id)")
        }
    }
}
