import Foundation
import Support

/// How far two detectors' APs lie apart on the same images, and how sure that is: a paired bootstrap over images (Efron and
/// Tibshirani 1993, chapter 13, percentile intervals). Images are drawn anew; what was matched is not matched again.
///
/// A side may be several detectors, the seeds of one method: then its AP is their mean, in each draw over the same images.
public struct Comparison: Sendable {
    /// AP of both, and second − first with its 95% interval.
    public struct Line: Sendable, Equatable {
        /// From 0 to 1, of the images as they are.
        public let first: Double
        public let second: Double
        /// What holds 95% of the draws' differences.
        public let interval: ClosedRange<Double>
        /// Images with objects that the line is about.
        public let images: Int

        /// Above 0 where the second is better.
        public var difference: Double { second - first }

        /// Whether the images are too few for any difference to stand: even if each of five speaks for the same side, chance does
        /// that once in sixteen times (a sign test on both sides).
        public var hasFewImages: Bool { images < 6 }

        /// Whether the interval leaves out 0, and there are images enough to say so.
        public var stands: Bool { !interval.contains(0) && !hasFewImages }
    }

    /// By area range: all, small, medium, large; nil where there are no objects.
    public let bySize: [(name: String, line: Line?)]
    /// At all sizes, in the order of `categories`; nil for one without objects.
    public let byCategory: [Line?]
    /// The dataset's, in the order of their ids.
    public let categories: [Category]
    /// How often the images were drawn.
    public let resamples: Int

    /// - Parameters:
    ///   - resamples: how often the images are drawn.
    ///   - seed: decides the draws.
    /// - Throws: `UserError` for a detection on an unknown image, or a mask that does not fit its image.
    public init(
        _ first: Results, _ second: Results, against dataset: Dataset, by type: IoUType, resamples: Int = 1000,
        seed: UInt64 = 0, evaluator: Evaluator = Evaluator()
    ) throws {
        self.init(
            try [first, second].map { try [evaluator.records($0, dataset, type)] }, dataset, by: type, evaluator,
            resamples: resamples, seed: seed)
    }

    /// Comparisons by each of several types, by COCO's protocol, for which each detector's results are read once.
    ///
    /// - Parameters:
    ///   - first: gives the results of one detector each; asked in turn, so that one file at a time is in memory.
    ///   - second: the other side's.
    ///   - resamples: how often the images are drawn.
    ///   - seed: decides the draws.
    /// - Throws: what giving results throws; `UserError` as above.
    public static func byType(
        _ types: [IoUType], _ first: [() throws -> Results], _ second: [() throws -> Results], against dataset: Dataset,
        resamples: Int = 1000, seed: UInt64 = 0
    ) throws -> [IoUType: Comparison] {
        // Sides × detectors × types.
        let matched = try [first, second].map { side in
            try side.map { give in
                let results = try give()
                return try types.map { try Evaluator($0).records(results, dataset, $0) }
            }
        }
        var comparisons: [IoUType: Comparison] = [:]
        for (i, type) in types.enumerated() {
            let sides = matched.map { $0.map { $0[i] } }
            comparisons[type] = Comparison(sides, dataset, by: type, Evaluator(type), resamples: resamples, seed: seed)
        }
        return comparisons
    }

    /// - Parameter sides: of both sides each detector's records, by category and area range.
    private init(
        _ sides: [[[[MatchedRecords]]]], _ dataset: Dataset, by type: IoUType, _ evaluator: Evaluator, resamples: Int, seed: UInt64
    ) {
        let (K, A, I) = (dataset.categories.count, evaluator.areaRanges.count, dataset.images.count)
        let draws = Draws(images: I, resamples: resamples, seed: seed)
        // Draw 0 is the images as they are. Each category writes a slot of its own: draws × A × 2.
        var aps = [[Double]](repeating: [], count: K)
        let progress = ProgressLine("draw images anew (\(type.rawValue))", total: K, unit: "categories")
        aps.withUnsafeMutableBufferPointer { slots in
            nonisolated(unsafe) let slots = slots
            DispatchQueue.concurrentPerform(iterations: K) { k in
                let work = MatchedRecords.Workspace()
                var ap: [Double] = []
                for four in 0..<draws.fours {
                    draws.withWeights(of: four) { weights in
                        let means = (0..<A).flatMap { a in
                            // The objects are the same to every detector.
                            sides[0][0][k][a].weighTruth(weights, work)
                            return sides.map { side in
                                side.reduce(.zero) { $0 + $1[k][a].ap(weights: weights, work) } / Double(side.count)
                            }
                        }
                        for lane in 0..<4 { ap += means.map { $0[lane] } }
                    }
                }
                slots[k] = ap
                progress.advance()
            }
        }
        progress.end("drawn")
        bySize = evaluator.areaRanges.enumerated().map { a, range in
            let draws = (0...resamples).map { draw in
                [0, 1].map { side in meanOfNumbers(aps.map { $0[(draw * A + a) * 2 + side] }) }
            }
            return (range.name, Line(draws, images: Set(sides[0][0].flatMap { $0[a].truthImages }).count))
        }
        byCategory = aps.enumerated().map { k, ap in
            Line((0...resamples).map { [ap[$0 * A * 2], ap[$0 * A * 2 + 1]] }, images: Set(sides[0][0][k][0].truthImages).count)
        }
        categories = dataset.categories
        self.resamples = resamples
    }
}

extension Comparison.Line {
    /// - Parameter draws: both APs of each draw, the first of the images as they are; NaN where there are no objects.
    fileprivate init?(_ draws: [[Double]], images: Int) {
        guard !draws[0][0].isNaN else { return nil }
        let differences = draws.dropFirst().map { $0[1] - $0[0] }.filter { !$0.isNaN }.sorted()
        guard !differences.isEmpty else { return nil }
        func quantile(_ q: Double) -> Double {
            let place = q * Double(differences.count - 1)
            let low = differences[Int(place)], high = differences[min(Int(place) + 1, differences.count - 1)]
            return low + (high - low) * (place - place.rounded(.down))
        }
        self.init(first: draws[0][0], second: draws[0][1], interval: quantile(0.025)...quantile(0.975), images: images)
    }
}

/// How often each image is drawn. Draw 0 has each image once; four draws lie beside each other.
private struct Draws: Sendable {
    /// Draws by fours; what the last has too many is never read.
    let fours: Int
    private let counts: [MatchedRecords.Weights]
    private let images: Int

    init(images: Int, resamples: Int, seed: UInt64) {
        self.images = images
        fours = resamples / 4 + 1
        var counts = [MatchedRecords.Weights](repeating: .zero, count: images * fours)
        for i in 0..<images { counts[i][0] = 1 }
        for draw in 1..<fours * 4 {
            var generator = SeededGenerator(seed, UInt64(draw))
            for _ in 0..<images {
                let place = draw / 4 * images + generator.integer(in: 0..<images)
                // 256 draws of one image do not happen.
                if counts[place][draw % 4] < .max { counts[place][draw % 4] += 1 }
            }
        }
        self.counts = counts
    }

    func withWeights<R>(of four: Int, _ body: (UnsafeBufferPointer<MatchedRecords.Weights>) -> R) -> R {
        counts.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[four * images..<(four + 1) * images])) }
    }
}

/// NaN when there is none.
private func meanOfNumbers(_ values: [Double]) -> Double {
    let numbers = values.filter { !$0.isNaN }
    return numbers.isEmpty ? .nan : numbers.reduce(0, +) / Double(numbers.count)
}
