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

        /// Above 0 where the second is better.
        public var difference: Double { second - first }

        /// Whether the interval leaves out 0.
        public var stands: Bool { !interval.contains(0) }
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
        try self.init(
            [{ first }], [{ second }], against: dataset, by: type, resamples: resamples, seed: seed, evaluator: evaluator)
    }

    /// - Parameters:
    ///   - first: gives the results of one detector each; asked in turn, so that one file at a time is in memory.
    ///   - second: the other side's.
    ///   - resamples: how often the images are drawn.
    ///   - seed: decides the draws.
    /// - Throws: what giving results throws; `UserError` as above.
    public init(
        _ first: [() throws -> Results], _ second: [() throws -> Results], against dataset: Dataset, by type: IoUType,
        resamples: Int = 1000, seed: UInt64 = 0, evaluator: Evaluator = Evaluator()
    ) throws {
        let sides = try [first, second].map { try $0.map { try evaluator.records($0(), dataset, type) } }
        let (K, A, I) = (dataset.categories.count, evaluator.areaRanges.count, dataset.images.count)
        let draws = Draws(images: I, resamples: resamples, seed: seed)
        // Draw 0 is the images as they are. Each category writes a slot of its own: draws × A × 2.
        var aps = [[Double]](repeating: [], count: K)
        aps.withUnsafeMutableBufferPointer { slots in
            nonisolated(unsafe) let slots = slots
            DispatchQueue.concurrentPerform(iterations: K) { k in
                var work = MatchedRecords.Workspace()
                var ap: [Double] = []
                for draw in 0...resamples {
                    draws.withWeights(of: draw) { weights in
                        for a in 0..<A {
                            for side in sides {
                                let sum = side.reduce(0) { $0 + ($1[k][a].ap(weights: weights, &work) ?? .nan) }
                                ap.append(sum / Double(side.count))
                            }
                        }
                    }
                }
                slots[k] = ap
            }
        }
        bySize = evaluator.areaRanges.enumerated().map { a, range in
            (range.name, Line(draws: (0...resamples).map { draw in
                [0, 1].map { side in meanOfNumbers(aps.map { $0[(draw * A + a) * 2 + side] }) }
            }))
        }
        byCategory = aps.map { ap in Line(draws: (0...resamples).map { [ap[$0 * A * 2], ap[$0 * A * 2 + 1]] }) }
        categories = dataset.categories
        self.resamples = resamples
    }
}

extension Comparison.Line {
    /// - Parameter draws: both APs of each draw, the first of the images as they are; NaN where there are no objects.
    fileprivate init?(draws: [[Double]]) {
        guard !draws[0][0].isNaN else { return nil }
        let differences = draws.dropFirst().map { $0[1] - $0[0] }.filter { !$0.isNaN }.sorted()
        guard !differences.isEmpty else { return nil }
        func quantile(_ q: Double) -> Double {
            let place = q * Double(differences.count - 1)
            let low = differences[Int(place)], high = differences[min(Int(place) + 1, differences.count - 1)]
            return low + (high - low) * (place - place.rounded(.down))
        }
        self.init(first: draws[0][0], second: draws[0][1], interval: quantile(0.025)...quantile(0.975))
    }
}

/// How often each image is drawn, a row a draw; row 0 has each image once.
private struct Draws: Sendable {
    private let counts: [UInt8]
    private let images: Int

    init(images: Int, resamples: Int, seed: UInt64) {
        self.images = images
        var counts = [UInt8](repeating: 0, count: images * (resamples + 1))
        for i in 0..<images { counts[i] = 1 }
        for draw in 1..<resamples + 1 {
            var generator = SeededGenerator(seed, UInt64(draw))
            for _ in 0..<images {
                let place = draw * images + generator.integer(in: 0..<images)
                // 256 draws of one image do not happen.
                if counts[place] < .max { counts[place] += 1 }
            }
        }
        self.counts = counts
    }

    func withWeights<R>(of draw: Int, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
        counts.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[draw * images..<(draw + 1) * images])) }
    }
}

/// NaN when there is none.
private func meanOfNumbers(_ values: [Double]) -> Double {
    let numbers = values.filter { !$0.isNaN }
    return numbers.isEmpty ? .nan : numbers.reduce(0, +) / Double(numbers.count)
}
