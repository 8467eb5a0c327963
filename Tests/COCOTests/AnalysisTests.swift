import COCO
import Foundation
import Support
import TestSupport
import Testing

/// What explains a number: against tidecv, and Pascal VOC's AP.
@Suite struct AnalysisTests {
    private func read(
        crowds: Bool = true, scores: (Int, Double) -> Double = { $1 }
    ) throws -> (JSON, Dataset, Results) {
        let golden = try JSON.read(fixture("analysis.json"))
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for key in ["gt", "dt"] {
            let text = try #require(golden[key]).text()
            try AtomicFile.write(crowds ? text : text.replacing("iscrowd", with: "crowd"), to: "\(folder)/\(key).json")
        }
        let (dataset, results) = try (Dataset.read("\(folder)/gt.json"), Results.read("\(folder)/dt.json"))
        let rescored = try (0..<results.count).map { i in
            Detection(
                imageID: results.imageIDs[i], categoryID: results.categoryIDs[i], box: results.boxes[i],
                score: scores(i, results.scores[i]), mask: try results.mask(i, height: 90, width: 120))
        }
        return (golden, dataset, Results(rescored))
    }

    @Test(arguments: IoUType.detection)
    func errorsCostWhatTIDESays(_ type: IoUType) throws {
        let (golden, dataset, results) = try read()
        let expected = try #require(golden["tide"]?[type.rawValue])
        let analysis = try ErrorAnalysis(results, against: dataset, by: type)
        #expect(abs(analysis.ap * 100 - (expected["ap"]?.double ?? .nan)) < 1e-9)
        for cost in analysis.costs {
            #expect(cost.count == expected["counts"]?[cost.kind.rawValue]?.int, "\(cost.kind)")
            #expect(abs(cost.ap * 100 - (expected["main"]?[cost.kind.rawValue]?.double ?? .nan)) < 1e-9, "\(cost.kind)")
        }
        #expect(abs(analysis.falsePositives * 100 - (expected["special"]?["FalsePos"]?.double ?? .nan)) < 1e-9)
        #expect(abs(analysis.falseNegatives * 100 - (expected["special"]?["FalseNeg"]?.double ?? .nan)) < 1e-9)
    }

    @Test func averagePrecisionIsPascalVOCs() throws {
        let (golden, dataset, results) = try read(crowds: false) { $1 - 1e-6 * Double($0) }
        let evaluation = try VOCEvaluation(results, against: dataset)
        for (k, category) in evaluation.categories.enumerated() {
            guard let expected = golden["voc"]?["\(category.id)"] else {
                #expect(evaluation.perCategory[k] == nil)
                continue
            }
            for iou in [0.5, 0.75] {
                let t = try #require(evaluation.iouThresholds.firstIndex { abs($0 - iou) < 1e-9 })
                let precision = try #require(evaluation.perCategory[k]?[t])
                #expect(abs(precision.area - (expected["\(iou)"]?["area"]?.double ?? .nan)) < 1e-6)
                #expect(abs(precision.elevenPoints - (expected["\(iou)"]?["points"]?.double ?? .nan)) < 1e-6)
            }
        }
        let areas = evaluation.perCategory.compactMap { $0?[0].area }
        let mean = try #require(evaluation.mean(iou: 0.5, \.area))
        #expect(abs(mean - areas.reduce(0, +) / Double(areas.count)) < 1e-12)
    }

    /// With difficult objects, by the rules that Fixtures/make_voc.py writes down.
    @Test func averagePrecisionIsThatOfTheDevkit() throws {
        for (i, golden) in try #require(try JSON.read(fixture("voc.json")).array).enumerated() {
            let evaluation = try withFiles(#require(golden["gt"]).text(), #require(golden["dt"]).text()) { paths in
                try VOCEvaluation(Results.read(paths[1]), against: Dataset.read(paths[0]))
            }
            for (found, expected) in try zip(evaluation.perCategory, #require(golden["expected"]?.array)) {
                #expect((found == nil) == (expected == .null))
                for (t, precision) in (found ?? []).enumerated() {
                    #expect(abs(precision.elevenPoints - (expected["points"]?.array?[t].double ?? .nan)) < 1e-12, "set \(i)")
                    #expect(abs(precision.area - (expected["area"]?.array?[t].double ?? .nan)) < 1e-12, "set \(i)")
                }
            }
        }
    }

    @Test func difficultObjectsNeedNotBeFound() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID()).json").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try AtomicFile.write(
            """
            {"images":[{"id":1,"width":50,"height":50}],"categories":[{"id":1,"name":"x"}],"annotations":[
            {"id":1,"image_id":1,"category_id":1,"bbox":[0,0,10,10],"area":100,"difficult":1},
            {"id":2,"image_id":1,"category_id":1,"bbox":[20,0,10,10],"area":100},
            {"id":3,"image_id":1,"category_id":1,"bbox":[20,30,10,10],"area":100}]}
            """, to: path)
        func found(_ x: Double, _ y: Double, _ score: Double) -> Detection {
            Detection(imageID: 1, categoryID: 1, box: Box(x: x, y: y, width: 10, height: 10), score: score)
        }
        // Of a difficult object, twice; right; of the same object again; of nothing.
        let results = Results([found(0, 0, 0.9), found(0, 1, 0.8), found(20, 0, 0.7), found(20, 1, 0.6), found(40, 40, 0.5)])
        let precision = try #require(VOCEvaluation(results, against: Dataset.read(path)).perCategory[0]?[0])
        // Precision 1 up to recall 1/2: five tenths and 0 are reached.
        #expect(precision.area == 0.5 && abs(precision.elevenPoints - 6.0 / 11) < 1e-12)
    }

    @Test func whatIsTakenForWhatIsCounted() throws {
        let (_, dataset, _) = try read()
        // The first object's box under another category, the second's twice, and a box where nothing is.
        let plain = (0..<dataset.annotationCount).filter { !dataset.isCrowd[$0] }
        func detection(_ i: Int, category: Int, score: Double, shift: Double = 0) -> Detection {
            let box = dataset.boxes[i]
            return Detection(
                imageID: dataset.images[Int(dataset.imageIndices[i])].id, categoryID: category,
                box: Box(x: box.x + shift, y: box.y, width: box.width, height: box.height), score: score)
        }
        let (a, b) = (plain[0], plain[1])
        let (ka, kb) = (Int(dataset.categoryIndices[a]), Int(dataset.categoryIndices[b]))
        let other = (ka + 1) % 4
        let results = Results([
            detection(a, category: other + 1, score: 0.9), detection(b, category: kb + 1, score: 0.8),
            detection(b, category: kb + 1, score: 0.7), detection(b, category: 4, score: 0.6, shift: 5000),
            detection(b, category: 4, score: 0.4, shift: 5000),
        ])
        let matrix = try ConfusionMatrix(results, against: dataset, by: .bbox)
        #expect(matrix[ka, other] == 1 && matrix[kb, kb] == 1)
        #expect(matrix[nil, kb] == 1 && matrix[nil, 3] == 1)
        #expect(matrix.counts.reduce(0, +) == plain.count + 2)
        let objects = plain.count { Int(dataset.categoryIndices[$0]) == kb }
        let point = try #require(matrix.point(kb))
        #expect(point.right == 1 && point.objects == objects && point.recall == 1 / Double(objects))
        #expect(matrix.commonest(1)[0].found == nil)
    }

    @Test func aPerfectDetectorMakesNoError() throws {
        let (_, dataset, _) = try read()
        let detections = (0..<dataset.annotationCount).filter { !dataset.isCrowd[$0] }.map { i in
            Detection(
                imageID: dataset.images[Int(dataset.imageIndices[i])].id,
                categoryID: dataset.categories[Int(dataset.categoryIndices[i])].id, box: dataset.boxes[i], score: 1,
                mask: (try? dataset.mask(of: i)) ?? nil)
        }
        for type in IoUType.detection {
            let analysis = try ErrorAnalysis(Results(detections), against: dataset, by: type)
            #expect(abs(analysis.ap - 1) < 1e-12 && analysis.costs.allSatisfy { $0.count == 0 && $0.ap == 0 })
        }
        let nothing = try ErrorAnalysis(Results([]), against: dataset, by: .bbox)
        #expect(nothing.ap == 0 && nothing.costs.last?.count == detections.count)
    }
}
