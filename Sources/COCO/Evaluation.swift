import Foundation
import Support

/// What an evaluation gives: pycocotools' arrays, its twelve numbers, and AP by category.
public struct Evaluation: Sendable {
    /// T × R × K × A × M, −1 where a category has no object of the size.
    public let precision: [Double]
    /// T × K × A × M.
    public let recall: [Double]
    /// T × R × K × A × M: the score at which a recall point is reached.
    public let scores: [Double]
    /// The sizes of the arrays: T, R, K, A, M.
    public let shape: [Int]
    public let categories: [Category]
    /// The twelve numbers, as pycocotools orders them; −1 where there is nothing to average.
    public let summary: [(name: String, value: Double)]

    private let evaluator: Evaluator

    init(_ evaluator: Evaluator, _ c: Columns, _ curves: [CategoryCurves], _ categories: [Category]) {
        self.evaluator = evaluator
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
        summary = Self.lines.map { line in
            let t = line.iou.flatMap { iou in evaluator.iouThresholds.firstIndex { abs($0 - iou) < 1e-9 } }
            let a = evaluator.areaRanges.firstIndex { $0.name == line.area } ?? 0
            let m = evaluator.detectionLimits.firstIndex(of: line.limit) ?? c.M - 1
            let values = line.isPrecision ? precision : recall
            let R = line.isPrecision ? c.R : 1
            return (line.name, meanOfValid(values, c, R: R, t: t, a: a, m: m))
        }
    }

    /// One of the twelve numbers by its name: AP, AP50, AP75, APs, APm, APl, AR1, AR10, AR100, ARs, ARm, ARl.
    public subscript(name: String) -> Double? { summary.first { $0.name == name }?.value }

    /// AP by category over all sizes, in the order of `categories`; nil for one without objects.
    ///
    /// - Parameter iou: one of the thresholds; the mean over all of them without it.
    public func perCategoryAP(iou: Double? = nil) -> [Double?] { perCategory(precision, points: shape[1], iou) }

    /// Recall by category over all sizes at the highest limit on detections, the mean over thresholds.
    public var perCategoryAR: [Double?] { perCategory(recall, points: 1, nil) }

    /// Means of what is not −1 among T × `points` × K × A × M values.
    private func perCategory(_ values: [Double], points: Int, _ iou: Double?) -> [Double?] {
        let (K, A, M) = (shape[2], shape[3], shape[4])
        let thresholds = evaluator.iouThresholds.indices.filter { t in iou.map { abs(evaluator.iouThresholds[t] - $0) < 1e-9 } ?? true }
        return (0..<K).map { k in
            let cells = thresholds.flatMap { t in (t * points..<(t + 1) * points).map { ($0 * K + k) * A * M + M - 1 } }
            let valid = cells.map { values[$0] }.filter { $0 > -1 }
            return valid.isEmpty ? nil : pairwiseSum(valid[...]) / Double(valid.count)
        }
    }

    /// A line a category: AP, AP50, AP75 and AR; a dash where there are no objects.
    public var categoryText: String {
        let columns = [perCategoryAP(), perCategoryAP(iou: 0.5), perCategoryAP(iou: 0.75), perCategoryAR]
        let rows = categories.enumerated().map { k, category in
            ["\(category.id)", category.name] + columns.map { $0[k].map { String(format: "%.3f", $0) } ?? "–" }
        }
        return aligned([["id", "category", "AP", "AP50", "AP75", "AR"]] + rows).joined(separator: "\n")
    }

    /// pycocotools' twelve lines.
    public var text: String {
        zip(Self.lines, summary).map { line, number in
            let title = line.isPrecision ? "Average Precision" : "Average Recall"
            let kind = line.isPrecision ? "(AP)" : "(AR)"
            let iou = line.iou.map { String(format: "%.2f", $0) } ?? "0.50:0.95"
            return " \(padded(title, 18)) \(kind) @[ IoU=\(padded(iou, 9)) | area=\(padded(line.area, 6, right: true)) | "
                + "maxDets=\(padded("\(line.limit)", 3, right: true)) ] = \(String(format: "%.3f", number.value))"
        }.joined(separator: "\n")
    }

    /// The twelve numbers and perCategoryAP by category id; null for a category without objects.
    public var json: JSON {
        let perCategory = zip(categories, perCategoryAP()).map { category, ap in
            (key: "\(category.id)", value: ap.map(JSON.double) ?? .null)
        }
        return .object(
            summary.map { (key: $0.name, value: .double($0.value)) } + [("perCategoryAP", .object(perCategory))])
    }

    private struct Line: Sendable {
        let name: String
        let isPrecision: Bool
        let iou: Double?
        let area: String
        let limit: Int
    }

    private static let lines = [
        Line(name: "AP", isPrecision: true, iou: nil, area: "all", limit: 100),
        Line(name: "AP50", isPrecision: true, iou: 0.5, area: "all", limit: 100),
        Line(name: "AP75", isPrecision: true, iou: 0.75, area: "all", limit: 100),
        Line(name: "APs", isPrecision: true, iou: nil, area: "small", limit: 100),
        Line(name: "APm", isPrecision: true, iou: nil, area: "medium", limit: 100),
        Line(name: "APl", isPrecision: true, iou: nil, area: "large", limit: 100),
        Line(name: "AR1", isPrecision: false, iou: nil, area: "all", limit: 1),
        Line(name: "AR10", isPrecision: false, iou: nil, area: "all", limit: 10),
        Line(name: "AR100", isPrecision: false, iou: nil, area: "all", limit: 100),
        Line(name: "ARs", isPrecision: false, iou: nil, area: "small", limit: 100),
        Line(name: "ARm", isPrecision: false, iou: nil, area: "medium", limit: 100),
        Line(name: "ARl", isPrecision: false, iou: nil, area: "large", limit: 100),
    ]
}

private func padded(_ text: String, _ width: Int, right: Bool = false) -> String {
    let space = String(repeating: " ", count: max(width - text.count, 0))
    return right ? space + text : text + space
}

/// The mean of what is not −1 among T × R × K values at one area range and limit, at one threshold or all.
private func meanOfValid(_ values: [Double], _ c: Columns, R: Int, t: Int?, a: Int, m: Int) -> Double {
    let thresholds = t.map { $0..<$0 + 1 } ?? 0..<c.T
    var valid: [Double] = []
    for i in thresholds.lowerBound * R * c.K..<thresholds.upperBound * R * c.K {
        let value = values[(i * c.A + a) * c.M + m]
        if value > -1 { valid.append(value) }
    }
    return valid.isEmpty ? -1 : pairwiseSum(valid[...]) / Double(valid.count)
}

/// Σ in numpy's order, so that means agree to the last bit: halves down to 128 values, those in eight running sums.
private func pairwiseSum(_ values: ArraySlice<Double>) -> Double {
    let n = values.count
    let s = values.startIndex
    if n < 8 { return values.reduce(0, +) }
    if n <= 128 {
        var r = Array(values[s..<s + 8])
        var i = 8
        while i < n - n % 8 {
            for j in 0..<8 { r[j] += values[s + i + j] }
            i += 8
        }
        let total = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]))
        return values[(s + i)...].reduce(total, +)
    }
    let half = n / 2 - (n / 2) % 8
    return pairwiseSum(values[s..<s + half]) + pairwiseSum(values[(s + half)...])
}
