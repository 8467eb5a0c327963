import COCO
import Foundation
import Support
import TestSupport
import Testing

/// What pycocotools gives under its options, and lvis for its own protocol: the arrays, bit for bit.
@Suite struct OptionsTests {
    private func check(_ evaluation: Evaluation, _ golden: JSON, _ comment: Comment? = nil) throws {
        for (key, values) in [("precision", evaluation.precision), ("scores", evaluation.scores)] {
            guard let expected = golden[key] else { continue }
            #expect(recallInnermost(values, evaluation.shape) == unpacked(expected), comment)
        }
        #expect(evaluation.recall == unpacked(golden["recall"]), comment)
        if let text = golden["text"]?.string, !text.isEmpty { #expect(evaluation.text == text, comment) }
        if let stats = golden["stats"]?.array { #expect(evaluation.summary.map(\.value) == stats.compactMap(\.double), comment) }
    }

    @Test(arguments: 0..<5)
    func optionsAreThoseOfPycocotools(_ i: Int) throws {
        let golden = try #require(try JSON.read(fixture("options-expected.json")).array?[i])
        let params = try #require(golden["params"])
        let type = try #require(golden["kind"]?.string.flatMap(IoUType.init))
        var evaluator = Evaluator(type)
        evaluator.usesCategories = params["useCats"]?.int != 0
        evaluator.categoryIDs = params["catIds"]?.array?.compactMap(\.int)
        evaluator.imageIDs = params["imgIds"]?.array?.compactMap(\.int)
        if let thresholds = params["iouThrs"]?.array { evaluator.iouThresholds = thresholds.compactMap(\.double) }
        if let limits = params["maxDets"]?.array { evaluator.detectionLimits = limits.compactMap(\.int) }
        if let ranges = params["areaRng"]?.array, let names = params["areaRngLbl"]?.array {
            evaluator.areaRanges = zip(names, ranges).map { name, range in
                let ends = range.array?.compactMap(\.double) ?? []
                return Evaluator.AreaRange(name.string ?? "", ends[0]...ends[1])
            }
        }
        let evaluation = try evaluator.evaluate(
            Results.read(fixture("random0-dt.json")), against: Dataset.read(fixture("random0-gt.json")), by: type)
        try check(evaluation, golden, "\(params)")
    }

    /// Writes two members of a fixture to files, and reads them.
    private func read(_ fixture: JSON) throws -> (Dataset, Results) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for key in ["gt", "dt"] { try AtomicFile.write(try #require(fixture[key]).text(), to: "\(folder)/\(key).json") }
        return try (Dataset.read("\(folder)/gt.json"), Results.read("\(folder)/dt.json"))
    }

    @Test func keypointsAreThoseOfPycocotools() throws {
        let golden = try JSON.read(fixture("keypoints.json"))
        let (dataset, results) = try read(golden)
        let evaluation = try Evaluator(.keypoints).evaluate(results, against: dataset, by: .keypoints)
        try check(evaluation, #require(golden["expected"]))
        #expect(evaluation.summary.map(\.name) == ["AP", "AP50", "AP75", "APm", "APl", "AR", "AR50", "AR75", "ARm", "ARl"])
    }

    @Test func keypointsWithOtherSigmasAreThoseOfPycocotools() throws {
        let golden = try JSON.read(fixture("keypoints.json"))
        let (dataset, results) = try read(golden)
        let expected = try #require(golden["withSigmas"])
        var evaluator = Evaluator(.keypoints)
        evaluator.keypointSigmas = expected["params"]?["kpt_oks_sigmas"]?.array?.compactMap(\.double) ?? []
        try check(evaluator.evaluate(results, against: dataset, by: .keypoints), expected)
        #expect(expected["text"]?.string != golden["expected"]?["text"]?.string)
    }

    @Test func keypointsOfAnotherNumberAreNamed() throws {
        let (dataset, results) = try read(JSON.read(fixture("keypoints.json")))
        var evaluator = Evaluator(.keypoints)
        evaluator.keypointSigmas = [0.1, 0.1]
        #expect { try evaluator.evaluate(results, against: dataset, by: .keypoints) } throws: {
            "\($0)".contains("has 17 keypoints, and there are sigmas for 2")
        }
    }

    @Test(arguments: IoUType.detection)
    func theFederatedProtocolIsThatOfLVIS(_ type: IoUType) throws {
        let golden = try JSON.read(fixture("lvis.json"))
        let (dataset, results) = try read(golden)
        let evaluation = try Evaluator.lvis.evaluate(results, against: dataset, by: type)
        let expected = try #require(golden["expected"]?[type.rawValue])
        try check(evaluation, expected)
        for (name, value) in try #require(expected["results"]?.object) { #expect(evaluation[name] == value.double, "\(name)") }
    }

    @Test func lvisNeedsToKnowWhatWasLookedFor() throws {
        #expect {
            try Evaluator.lvis.evaluate(Results([]), against: Dataset.read(fixture("random0-gt.json")), by: .bbox)
        } throws: { "\($0)".contains("neg_category_ids") }
    }

    @Test func unknownSelectionsAreNamed() throws {
        let dataset = try Dataset.read(fixture("random0-gt.json"))
        var evaluator = Evaluator()
        evaluator.categoryIDs = [7, 3]
        #expect { _ = try evaluator.evaluate(Results([]), against: dataset, by: .bbox) } throws: { "\($0)".contains("no category 3") }
        evaluator = Evaluator()
        evaluator.imageIDs = [-4]
        #expect { _ = try evaluator.evaluate(Results([]), against: dataset, by: .bbox) } throws: { "\($0)".contains("no image -4") }
    }

    @Test func curvesAreWrittenAsTheyAre() throws {
        let dataset = try Dataset.read(fixture("random0-gt.json"))
        let evaluation = try Evaluator().evaluate(Results.read(fixture("random0-dt.json")), against: dataset, by: .bbox)
        let json = try withFiles(evaluation.curvesJSON.text()) { try JSON.read($0[0]) }
        #expect(json["recall"]?.array?.compactMap(\.double) == Evaluator().recallPoints)
        for (k, category) in evaluation.categories.enumerated() {
            let curves = json["perCategory"]?["\(category.id)"]
            for t in 0..<10 {
                let expected = evaluation.precisionCurve(iou: evaluation.evaluator.iouThresholds[t], category: k)
                #expect(curves?["precision"]?.array?[t].array?.compactMap(\.double) == expected)
                #expect(expected == nil || curves?["scores"]?.array?[t].array?.count == 101)
            }
        }
    }

    @Test func precisionCurvesAverageToAP() throws {
        let dataset = try Dataset.read(fixture("random0-gt.json"))
        let evaluation = try Evaluator().evaluate(Results.read(fixture("random0-dt.json")), against: dataset, by: .bbox)
        for k in evaluation.categories.indices {
            let curve = evaluation.precisionCurve(iou: 0.5, category: k)
            let ap = evaluation.perCategoryAP(iou: 0.5)[k]
            #expect((curve == nil) == (ap == nil))
            guard let curve, let ap else { continue }
            #expect(curve.count == 101 && abs(curve.reduce(0, +) / 101 - ap) < 1e-12)
            #expect(zip(curve, curve.dropFirst()).allSatisfy { $0 >= $1 })
        }
    }
}
