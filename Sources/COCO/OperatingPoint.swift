import Foundation
import Support

/// How good the detections of at least one score are.
public struct OperatingPoint: Sendable, Equatable {
    /// Detections of the right category, each of an object of its own.
    public let right: Int
    /// Detections.
    public let found: Int
    /// Those to be found.
    public let objects: Int

    /// Of what was found, the part that is right; nil where nothing was.
    public var precision: Double? { found > 0 ? Double(right) / Double(found) : nil }
    /// Of the objects, the part that was found; nil where there are none.
    public var recall: Double? { objects > 0 ? Double(right) / Double(objects) : nil }

    static func + (a: Self, b: Self) -> Self {
        Self(right: a.right + b.right, found: a.found + b.found, objects: a.objects + b.objects)
    }
}

/// Precision and recall of the detections of at least one score: what a detector gives that runs with this threshold.
///
/// Detections are matched as for AP, at the first area range and the highest limit on detections; those that AP leaves out, of
/// crowds, are left out here too.
public struct OperatingPoints: Sendable {
    /// The least one.
    public let score: Double
    /// The evaluator's; a detection is right from this overlap on.
    public let iouThresholds: [Double]
    /// Those evaluated, in the order of their ids; none where the evaluation tells none apart.
    public let categories: [Category]
    /// Per category, or once for all of them: one per threshold.
    public let points: [[OperatingPoint]]

    /// Of the objects and detections of all categories, by threshold.
    public var total: [OperatingPoint] {
        iouThresholds.indices.map { t in
            points.reduce(OperatingPoint(right: 0, found: 0, objects: 0)) { $0 + $1[t] }
        }
    }
}

extension Evaluator {
    /// Precision and recall at a score.
    ///
    /// - Throws: as `evaluate` does.
    public func operatingPoints(
        _ results: Results, against dataset: Dataset, by type: IoUType, score: Double
    ) throws -> OperatingPoints {
        let pairing = try pairing(results, dataset, type)
        return OperatingPoints(
            score: score, iouThresholds: iouThresholds, categories: usesCategories ? pairing.categories : [],
            points: try matched(pairing) { $0.operatingPoints(score: score) })
    }
}

extension Matching {
    /// By threshold. A detection's match does not depend on those of lower scores, so that none is matched again.
    fileprivate func operatingPoints(score: Double) -> [OperatingPoint] {
        let scores = scores
        let found = scores.indices.filter { scores[$0] >= score }
        return evaluator.iouThresholds.indices.map { t in
            let outcomes = found.map { outcome($0, areaRange: 0, threshold: t) }
            return OperatingPoint(
                right: outcomes.count { $0 == Outcome.truePositive }, found: outcomes.count { $0 != Outcome.leftOut },
                objects: truthCounts[0])
        }
    }
}

extension OperatingPoints {
    /// A line per category, and one for all, at the first threshold; a dash where there is nothing to divide by.
    public var text: String {
        func row(_ id: String, _ name: String, _ point: OperatingPoint) -> [String] {
            let parts = [point.precision, point.recall].map { $0.map { String(format: "%.3f", $0) } ?? "–" }
            return [id, name] + parts + ["\(point.objects)", "\(point.found)"]
        }
        let rows = zip(categories, points).map { row("\($0.writtenID)", $0.name, $1[0]) } + total.prefix(1).map { row("", "all", $0) }
        let header = ["id", "category", "precision", "recall", "objects", "found"]
        let title = "Detections of a score of at least \(score), at IoU \(iouThresholds[0]):"
        return ([title] + aligned([header] + rows)).joined(separator: "\n")
    }

    /// Precision and recall by threshold, of all and by category id; null where there is nothing to divide by.
    public var json: JSON {
        func numbers(_ points: [OperatingPoint]) -> JSON {
            [
                "precision": .array(points.map { $0.precision.map(JSON.double) ?? .null }),
                "recall": .array(points.map { $0.recall.map(JSON.double) ?? .null }),
            ]
        }
        return [
            "score": .double(score), "iouThresholds": .array(iouThresholds.map(JSON.double)), "all": numbers(total),
            "perCategory": .object(zip(categories, points).map { (key: "\($0.writtenID)", value: numbers($1)) }),
        ]
    }
}
