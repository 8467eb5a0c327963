import Support

/// Draws the boxes that a loss is computed on: at most a part of positives, the rest negatives. Source: Detectron2's
/// `subsample_labels`.
public struct Sampler: Sendable {
    public let count: Int
    public let positiveFraction: Double

    public init(count: Int, positiveFraction: Double) {
        self.count = count
        self.positiveFraction = positiveFraction
    }

    /// - Parameter labels: 1 positive, 0 negative, −1 neither.
    /// - Returns: the indices drawn, each kind in rising order.
    public func callAsFunction(
        _ labels: [Int8], using generator: inout SeededGenerator
    ) -> (positives: [Int], negatives: [Int]) {
        let positives = labels.indices.filter { labels[$0] == 1 }
        let negatives = labels.indices.filter { labels[$0] == 0 }
        let positiveCount = min(Int(Double(count) * positiveFraction), positives.count)
        let negativeCount = min(count - positiveCount, negatives.count)
        return (
            Self.draw(positiveCount, of: positives, &generator), Self.draw(negativeCount, of: negatives, &generator)
        )
    }

    private static func draw(_ count: Int, of indices: [Int], _ generator: inout SeededGenerator) -> [Int] {
        guard count < indices.count else { return indices }
        return indices.shuffled(using: &generator).prefix(count).sorted()
    }
}
