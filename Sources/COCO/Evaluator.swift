import Foundation
import Support

/// What two objects are compared by.
public enum IoUType: String, Sendable, CaseIterable {
    case bbox
    case segm
}

/// COCO's evaluation, number for number as pycocotools 2.0.11 computes it, its quirks included.
///
/// T IoU thresholds, R recall points, K categories, A area ranges, M limits on detections an image.
public struct Evaluator: Sendable {
    public struct AreaRange: Sendable {
        public let name: String
        public let bounds: ClosedRange<Double>
    }

    /// 0.5, 0.55, … 0.95.
    public var iouThresholds = linspace(0.5, 0.95, 10)
    /// 0, 0.01, … 1.
    public var recallPoints = linspace(0, 1, 101)
    public var areaRanges = [
        AreaRange(name: "all", bounds: 0...1e10), AreaRange(name: "small", bounds: 0...1024),
        AreaRange(name: "medium", bounds: 1024...9216), AreaRange(name: "large", bounds: 9216...1e10),
    ]
    /// In rising order.
    public var detectionLimits = [1, 10, 100]

    public init() {}

    /// Evaluates detections against ground truth.
    ///
    /// Categories are spread over the processor's cores, and the numbers are the same on any number of them. Masks are
    /// unpacked image by image, and only those that some number depends on.
    ///
    /// - Throws: `UserError` for a detection on an unknown image, or a mask that does not fit its image.
    public func evaluate(_ results: Results, against dataset: Dataset, by type: IoUType) throws -> Evaluation {
        let columns = Columns(
            T: iouThresholds.count, R: recallPoints.count, K: dataset.categories.count, A: areaRanges.count,
            M: detectionLimits.count)
        let curves = try matched(results, dataset, type) { $0.curves(columns) }
        return Evaluation(self, columns, curves, dataset.categories)
    }

    /// What matching found, by category and area range.
    func records(_ results: Results, _ dataset: Dataset, _ type: IoUType) throws -> [[MatchedRecords]] {
        try matched(results, dataset, type) { matching in
            areaRanges.indices.map { MatchedRecords(matching, areaRange: $0) }
        }
    }

    /// Matches each category and keeps what `body` makes of it.
    private func matched<R: Sendable>(
        _ results: Results, _ dataset: Dataset, _ type: IoUType, _ body: @Sendable (Matching) -> R
    ) throws -> [R] {
        let pairing = try Pairing(results, dataset, type, limit: detectionLimits.last ?? 0)
        let K = dataset.categories.count
        var categories = [Result<R, RecordError>?](repeating: nil, count: K)
        categories.withUnsafeMutableBufferPointer { slots in
            // Each category writes a slot of its own.
            nonisolated(unsafe) let slots = slots
            DispatchQueue.concurrentPerform(iterations: K) { k in
                slots[k] = Result { () throws(RecordError) in
                    var matching = Matching(self, pairing, category: k)
                    try matching.run()
                    return body(matching)
                }
            }
        }
        // Of several broken masks the first of the file is told, whichever thread met it.
        let broken = categories.compactMap { if case .failure(let error) = $0 { error } else { nil } }
        if let first = broken.min(by: { ($0.isTruth ? 0 : 1, $0.row) < ($1.isTruth ? 0 : 1, $1.row) }) { throw pairing.error(first) }
        return categories.compactMap { try? $0?.get() }
    }
}

/// Evenly spaced numbers with both ends, rounded as numpy's `linspace` rounds them.
private func linspace(_ start: Double, _ end: Double, _ count: Int) -> [Double] {
    let step = (end - start) / Double(count - 1)
    return (0..<count).map { i in i == count - 1 ? end : Double(i) * step + start }
}

/// The sizes of the arrays of an evaluation.
struct Columns: Sendable {
    let T, R, K, A, M: Int
}
