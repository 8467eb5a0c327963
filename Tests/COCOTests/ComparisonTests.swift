import COCO
import Foundation
import Support
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
        Results(images.map {
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
            let comparison = try Comparison(
                first.map { results in { results } }, second.map { results in { results } }, against: dataset, by: .bbox,
                resamples: 60)
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
