import Foundation

/// Object keypoint similarity: how near the points of a detection lie to those of an object, each distance measured by the
/// object's scale and by how far annotators differ on that point. Source: COCO's keypoint evaluation, as pycocotools computes it.
struct KeypointSimilarity: Sendable {
    /// Keypoints that cannot be compared.
    struct Problem: Error {
        let isTruth: Bool
        let problem: String
    }

    private let variances: [Double]

    init(sigmas: [Double]) {
        variances = sigmas.map { ($0 * 2) * ($0 * 2) }
    }

    /// From 0 to 1; 1 where all labelled points coincide. For an object without labelled points the distance is that to twice
    /// its box.
    ///
    /// - Parameters:
    ///   - found: x, y, v of each point; v is not looked at.
    ///   - truth: likewise; points of v = 0 are not labelled.
    ///   - box: the object's.
    ///   - area: the object's, in pixels.
    func callAsFunction(
        _ found: ArraySlice<Double>, _ truth: ArraySlice<Double>, box: Box, area: Double
    ) throws(Problem) -> Double {
        let count = variances.count
        for (points, isTruth) in [(truth, true), (found, false)] where points.count != 3 * count {
            throw Problem(isTruth: isTruth, problem: "has \(points.count / 3) keypoints, and there are sigmas for \(count)")
        }
        let (f, t) = (found.startIndex, truth.startIndex)
        let labelled = (0..<count).filter { truth[t + 3 * $0 + 2] > 0 }
        let (left, right) = (box.x - box.width, box.x + box.width * 2)
        let (top, bottom) = (box.y - box.height, box.y + box.height * 2)
        let similarities = (labelled.isEmpty ? Array(0..<count) : labelled).map { k in
            let (x, y) = (found[f + 3 * k], found[f + 3 * k + 1])
            let dx, dy: Double
            if labelled.isEmpty {
                dx = max(0, left - x) + max(0, x - right)
                dy = max(0, top - y) + max(0, y - bottom)
            } else {
                dx = x - truth[t + 3 * k]
                dy = y - truth[t + 3 * k + 1]
            }
            return exp(-((dx * dx + dy * dy) / variances[k] / (area + Double.ulpOfOne) / 2))
        }
        return pairwiseSum(similarities[...]) / Double(similarities.count)
    }
}

extension KeypointColumns {
    /// The box around all points of object i.
    func box(_ i: Int) -> Box {
        let points = self[i]
        guard !points.isEmpty else { return Box(x: 0, y: 0, width: 0, height: 0) }
        let xs = stride(from: points.startIndex, to: points.endIndex, by: 3).map { points[$0] }
        let ys = stride(from: points.startIndex + 1, to: points.endIndex, by: 3).map { points[$0] }
        let (x, y) = (xs.min() ?? 0, ys.min() ?? 0)
        return Box(x: x, y: y, width: (xs.max() ?? 0) - x, height: (ys.max() ?? 0) - y)
    }
}
