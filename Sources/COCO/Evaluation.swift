import Foundation
import Support

/// What an evaluation gives: pycocotools' arrays, its summary, and AP by category.
public struct Evaluation: Sendable {
    /// T × R × K × A × M, −1 where a category has no object of the size.
    public let precision: [Double]
    /// T × K × A × M.
    public let recall: [Double]
    /// T × R × K × A × M: the score at which a recall point is reached.
    public let scores: [Double]
    /// The sizes of the arrays: T, R, K, A, M.
    public let shape: [Int]
    /// Those evaluated, in the order of their ids; none where the evaluation tells none apart.
    public let categories: [Category]
    /// The protocol that the numbers were made by.
    public let evaluator: Evaluator
    public let type: IoUType

    init(_ evaluator: Evaluator, _ type: IoUType, _ c: Columns, _ curves: [CategoryCurves], _ categories: [Category]) {
        self.evaluator = evaluator
        self.type = type
        self.categories = categories
        shape = [c.T, c.R, c.K, c.A, c.M]
        var precision = [Double](repeating: -1, count: c.T * c.R * c.K * c.A * c.M)
        var scores = precision
        var recall = [Double](repeating: -1, count: c.T * c.K * c.A * c.M)
        let block = c.A * c.M
        for (k, curve) in curves.enumerated() {
            for tr in 0..<c.T * c.R {
                for i in 0..<block {
                    precision[(tr * c.K + k) * block + i] = curve.precision[tr * block + i]
                    scores[(tr * c.K + k) * block + i] = curve.scores[tr * block + i]
                }
            }
            for t in 0..<c.T {
                for i in 0..<block { recall[(t * c.K + k) * block + i] = curve.recall[t * block + i] }
            }
        }
        self.precision = precision
        self.scores = scores
        self.recall = recall
    }

    /// AP by category over all sizes, in the order of `categories`; nil for one without objects.
    ///
    /// - Parameter iou: one of the thresholds; the mean over all of them without it.
    public func perCategoryAP(iou: Double? = nil) -> [Double?] {
        (0..<shape[2]).map { mean(.precision, iou: iou, categories: [$0]) }
    }

    /// Recall by category over all sizes at the highest limit on detections, the mean over thresholds.
    public var perCategoryAR: [Double?] { (0..<shape[2]).map { mean(.recall, categories: [$0]) } }

    /// The curve of precision over `evaluator.recallPoints` at the highest limit on detections: the mean over categories and
    /// thresholds; nil where there are no objects.
    ///
    /// - Parameters:
    ///   - iou: one of the thresholds; the mean over all of them without it.
    ///   - category: a place in `categories`; the mean over all of them without it.
    ///   - area: the place of an area range.
    public func precisionCurve(iou: Double? = nil, category: Int? = nil, area: Int = 0) -> [Double]? {
        let curve = (0..<shape[1]).compactMap {
            mean(.precision, iou: iou, categories: category.map { [$0] }, area: area, points: $0..<$0 + 1)
        }
        return curve.isEmpty ? nil : curve
    }

    enum Quantity {
        case precision, recall
    }

    /// The mean of what is not −1; nil where nothing is.
    ///
    /// - Parameters:
    ///   - iou: one of the thresholds; all of them without it.
    ///   - categories: places in `categories`; all of them without it.
    ///   - limit: the place of a limit on detections; the highest without it.
    ///   - points: places of recall points; all of them without it.
    func mean(
        _ quantity: Quantity, iou: Double? = nil, categories: [Int]? = nil, area a: Int = 0, limit: Int? = nil,
        points: Range<Int>? = nil
    ) -> Double? {
        let (T, R, K, A, M) = (shape[0], quantity == .precision ? shape[1] : 1, shape[2], shape[3], shape[4])
        let values = quantity == .precision ? precision : recall
        let m = limit ?? M - 1
        var valid: [Double] = []
        for t in 0..<T where iou.map({ abs(evaluator.iouThresholds[t] - $0) < 1e-9 }) ?? true {
            for r in points ?? 0..<R {
                func add(_ k: Int) {
                    let value = values[(((t * R + r) * K + k) * A + a) * M + m]
                    if value > -1 { valid.append(value) }
                }
                if let categories { categories.forEach(add) } else { (0..<K).forEach(add) }
            }
        }
        return valid.isEmpty ? nil : pairwiseSum(valid[...]) / Double(valid.count)
    }
}
