import COCO
import Foundation
import Support
import TestSupport
import Testing

@Suite struct ComparisonTests {
    private func sides(_ seed: Int) throws -> (Dataset, Results, Results) {
        let dataset = try Dataset.read(fixture("random\(seed)-gt.json"))
        let results = try Results.read(fixture("random\(seed)-dt.json"))
        // The other detector misses every fourth.
        let fewer = (0..<results.count).filter { $0 % 4 != 0 }.map { i in
            Detection(
                imageID: results.imageIDs[i], categoryID: results.categoryIDs[i], box: results.boxes[i], score: results.scores[i])
        }
        return (dataset, results, Results(fewer))
    }

    @Test(arguments: 0..<3)
    func withoutDrawsItIsTheEvaluation(_ seed: Int) throws {
        let (dataset, a, b) = try sides(seed)
        let comparison = try Comparison(a, b, against: dataset, by: .bbox, resamples: 40)
        for (results, side) in [(a, \Comparison.Line.first), (b, \.second)] {
            let evaluation = try Evaluator().evaluate(results, against: dataset, by: .bbox)
            for (i, name) in ["AP", "APs", "APm", "APl"].enumerated() {
                let expected = try #require(evaluation[name])
                let found = comparison.bySize[i].line?[keyPath: side] ?? -1
                #expect(abs(found - expected) < 1e-12, "\(name)")
            }
            for (line, expected) in zip(comparison.byCategory, evaluation.perCategoryAP()) {
                #expect((line == nil) == (expected == nil))
                if let line, let expected { #expect(abs(line[keyPath: side] - expected) < 1e-12) }
            }
        }
    }

    /// What the comparison never does: each draw written out as a dataset of its own, and evaluated. Not of set 1, in which an
    /// object has the id 0, which pycocotools never finds.
    @Test(arguments: [0, 2])
    func aDrawIsTheEvaluationOfTheImagesDrawn(_ seed: Int) throws {
        let (dataset, all, _) = try sides(seed)
        // Scores that are all different, as copies of an image would take turns among equal ones.
        func some(_ keeps: (Int) -> Bool) -> Results {
            Results(
                (0..<all.count).filter(keeps).map { i in
                    let score = all.scores[i] + 1e-6 * Double(i)
                    return Detection(imageID: all.imageIDs[i], categoryID: all.categoryIDs[i], box: all.boxes[i], score: score)
                })
        }
        let (a, b) = (some { _ in true }, some { $0 % 3 != 0 })
        let resamples = 41
        let comparison = try Comparison(a, b, against: dataset, by: .bbox, resamples: resamples, seed: 5)
        let truth = try JSON.read(fixture("random\(seed)-gt.json"))
        let ids = dataset.images.map(\.id).sorted()
        let differences = try (1...resamples).map { draw in
            var generator = SeededGenerator(5, UInt64(draw))
            var times = [Int: Int]()
            for _ in ids { times[ids[generator.integer(in: 0..<ids.count)], default: 0] += 1 }
            // Copies of an image keep its place among the others.
            func copies(_ id: Int) -> [Int] { (0..<(times[id] ?? 0)).map { id * 1000 + $0 } }
            func repeated(_ list: String, _ key: String) -> [JSON] {
                (truth[list]?.array ?? []).flatMap { entry in
                    copies(entry[key]?.int ?? 0).map { copy in
                        .object((entry.object ?? []).map { ($0.key, $0.key == key ? .int(copy) : $0.value) })
                    }
                }
            }
            let annotations = repeated("annotations", "image_id").enumerated().map { i, entry -> JSON in
                .object((entry.object ?? []).map { ($0.key, $0.key == "id" ? .int(i + 1) : $0.value) })
            }
            let drawn: JSON = [
                "images": .array(repeated("images", "id")), "categories": truth["categories"] ?? [], "annotations": .array(annotations),
            ]
            let path = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID()).json").path
            defer { try? FileManager.default.removeItem(atPath: path) }
            try AtomicFile.write(drawn.text(), to: path)
            let images = try Dataset.read(path)
            let aps = try [a, b].map { results in
                let detections = (0..<results.count).flatMap { i in
                    copies(results.imageIDs[i]).map { copy in
                        Detection(imageID: copy, categoryID: results.categoryIDs[i], box: results.boxes[i], score: results.scores[i])
                    }
                }
                return try Evaluator().evaluate(Results(detections), against: images, by: .bbox)["AP"]
            }
            return try #require(aps[1]) - #require(aps[0])
        }.sorted()
        // Of 41 the quantiles at 0.025 and 0.975 are the second and the last but one.
        let interval = try #require(comparison.bySize[0].line).interval
        #expect(abs(interval.lowerBound - differences[1]) < 1e-12 && abs(interval.upperBound - differences[39]) < 1e-12)
    }

    @Test func theSameResultsDoNotDiffer() throws {
        let (dataset, a, _) = try sides(0)
        let line = try #require(try Comparison(a, a, against: dataset, by: .bbox, resamples: 100).bySize[0].line)
        #expect(line.difference == 0 && line.interval == 0...0 && !line.stands)
    }

    /// `count` images of one object each.
    private func single(_ count: Int) throws -> Dataset {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID()).json").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let images = (1...count).map { JSON.object([("id", .int($0)), ("width", 100), ("height", 100), ("file_name", "x.jpg")]) }
        let annotations = (1...count).map { i -> JSON in
            [
                "id": .int(i), "image_id": .int(i), "category_id": 1, "bbox": [10, 10, 50, 50], "area": 2500, "iscrowd": 0,
            ]
        }
        let gt: JSON = ["images": .array(images), "categories": [["id": 1, "name": "a"]], "annotations": .array(annotations)]
        try AtomicFile.write(gt.text(), to: path)
        return try Dataset.read(path)
    }

    /// The objects of these images found, and nothing else.
    private func finding(_ images: some Sequence<Int>) -> Results {
        Results(
            images.map {
                Detection(imageID: $0, categoryID: 1, box: Box(x: 10, y: 10, width: 50, height: 50), score: 0.5)
            })
    }

    /// Detectors that find each object by chance: of 100 objects AP is the share found, 101 recall points over, so that the true
    /// difference is known, and the interval must hold it 95 times of 100.
    @Test func intervalsHoldTheTruthAsOftenAsTheySay() throws {
        let dataset = try single(100)
        let trials = 300
        let held = try (0..<trials).count { trial in
            var generator = SeededGenerator(77, UInt64(trial))
            let first = (1...100).filter { _ in generator.chance(0.4) }
            // Not by itself: what the first finds, the second finds more often.
            let second = (1...100).filter { generator.chance(first.contains($0) ? 0.8 : 0.4) }
            let comparison = try Comparison(
                finding(first), finding(second), against: dataset, by: .bbox, resamples: 400, seed: UInt64(trial))
            // 0.4 · 0.8 + 0.6 · 0.4 − 0.4
            return try #require(comparison.bySize[0].line).interval.contains(0.16 * 100 / 101)
        }
        // Three deviations of a share of 300 about 95%.
        #expect(abs(Double(held) / Double(trials) - 0.95) < 0.038, "\(held) of \(trials)")
    }

    @Test func aSideOfSeveralDetectorsIsTheirMean() throws {
        let (dataset, a, b) = try sides(2)
        func line(_ first: [Results], _ second: [Results]) throws -> Comparison.Line {
            let comparisons = try Comparison.byType(
                [.bbox], first.map { results in { results } }, second.map { results in { results } }, against: dataset,
                resamples: 60)
            let comparison = try #require(comparisons[.bbox])
            return try #require(comparison.bySize[0].line)
        }
        let plain = try line([a], [b]), doubled = try line([a, a], [b, b]), mixed = try line([a, b], [b, a])
        #expect(abs(plain.difference - doubled.difference) < 1e-12)
        #expect(abs(plain.interval.lowerBound - doubled.interval.lowerBound) < 1e-12)
        #expect(abs(mixed.first - (plain.first + plain.second) / 2) < 1e-12 && abs(mixed.difference) < 1e-12)
    }

    /// Many images, of which one detector finds every object and the other a share: the difference is known, and so is the
    /// spread of its mean over images.
    @Test func theIntervalIsThatOfAKnownSpread() throws {
        let dataset = try single(400)
        let comparison = try Comparison(
            finding((1...400).filter { $0 % 2 == 0 }), finding(1...400), against: dataset, by: .bbox, resamples: 2000, seed: 3)
        let line = try #require(comparison.bySize[0].line)
        #expect(line.second == 1 && abs(line.first - 51.0 / 101) < 1e-12 && line.stands)
        // AP is the share found, to a recall point; the share's deviation is √(p (1 − p) / n) = 0.025.
        #expect(abs(line.interval.lowerBound - (0.5 - 1.96 * 0.025)) < 0.01)
        #expect(abs(line.interval.upperBound - (0.5 + 1.96 * 0.025)) < 0.01)
    }

    @Test func theSeedDecidesTheDraws() throws {
        let (dataset, a, b) = try sides(1)
        let again = try Comparison(a, b, against: dataset, by: .bbox, resamples: 60, seed: 9)
        let same = try Comparison(a, b, against: dataset, by: .bbox, resamples: 60, seed: 9)
        let other = try Comparison(a, b, against: dataset, by: .bbox, resamples: 60, seed: 10)
        #expect(again.bySize.map(\.line) == same.bySize.map(\.line))
        #expect(again.bySize.map(\.line) != other.bySize.map(\.line))
    }
}
