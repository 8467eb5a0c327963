import Torch

/// Gives each box the object that it overlaps most, and says whether that is enough. Source: Detectron2's `Matcher`.
///
/// M objects, N boxes.
public struct Matcher: Sendable {
    /// Below `low` a box is background, from `high` on an object; between, neither.
    public let low: Double
    public let high: Double
    /// Whether the boxes nearest to an object that none overlaps enough are objects too.
    public let keepsBestOfEachObject: Bool

    public init(low: Double, high: Double, keepsBestOfEachObject: Bool) {
        self.low = low
        self.high = high
        self.keepsBestOfEachObject = keepsBestOfEachObject
    }

    /// - Parameter iou: (M, N).
    /// - Returns: N indices of objects, where `iou` is, and N labels: 1 object, 0 background, −1 neither.
    public func callAsFunction(_ iou: Tensor) -> (matches: Tensor, labels: [Int8]) {
        let (objects, boxes) = (iou.size(0), iou.size(1))
        guard objects > 0, boxes > 0 else {
            return (.zeros([boxes], dtype: .int64, device: iou.device), Array(repeating: 0, count: boxes))
        }
        let best = iou.max(0)
        // Thresholds in the tensor's own precision, as the reference compares.
        var labels = best.values.floats.map { value -> Int8 in
            value < Float(low) ? 0 : value < Float(high) ? -1 : 1
        }
        if keepsBestOfEachObject {
            let highest = iou.max(1, keepDimension: true).values
            for (i, isBest) in (iou .== highest).any(0).array(Bool.self).enumerated() where isBest { labels[i] = 1 }
        }
        return (best.indices, labels)
    }
}
