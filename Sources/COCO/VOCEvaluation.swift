import Foundation
import Support

/// Pascal VOC's AP of boxes, as Detectron2 reports it for transfer to VOC: by 2007's eleven points, and by the area under the
/// curve as from 2010 on. Source: The PASCAL Visual Object Classes Challenge (IJCV 2010), section 4.2.
///
/// Unlike COCO's: a detection is held against the object that it overlaps most, taken or not; objects marked `difficult` need
/// not be found. Boxes are taken to be corners of pixels, as COCO writes them: x = xmin − 1, width = xmax − xmin + 1.
public struct VOCEvaluation: Sendable {
    /// AP of a category, from 0 to 1, by either measure.
    public struct Precision: Sendable, Equatable {
        /// Mean of the highest precision at recall 0, 0.1, … 1.
        public let elevenPoints: Double
        /// Area under the curve, precision falling.
        public let area: Double
    }

    /// The dataset's, in the order of their ids.
    public let categories: [Category]
    /// 0.5, 0.55, … 0.95.
    public let iouThresholds: [Double]
    /// Categories × thresholds; nil for a category without objects.
    public let perCategory: [[Precision]?]

    /// - Throws: `UserError` for a detection on an unknown image.
    public init(_ results: Results, against dataset: Dataset) throws {
        var evaluator = Evaluator(.bbox)
        evaluator.detectionLimits = [.max]
        let pairing = try Pairing(results, dataset, .bbox, evaluator, .categories)
        // Not numpy's: a box may overlap by 17 pixels of 20, and that is not above 0.85.
        let thresholds = stride(from: 50, to: 100, by: 5).map { Double($0) / 100 }
        perCategory = try pairing.concurrently { category throws(RecordError) in
            try Self.evaluate(pairing, category, thresholds)
        }
        categories = dataset.categories
        iouThresholds = thresholds
    }

    /// The mean over categories at a threshold, or over all thresholds; nil without objects.
    public func mean(iou: Double? = nil, _ value: (Precision) -> Double) -> Double? {
        let places = iouThresholds.indices.filter { t in iou.map { abs(iouThresholds[t] - $0) < 1e-9 } ?? true }
        let all = perCategory.compactMap { $0 }.flatMap { precision in places.map { value(precision[$0]) } }
        return all.isEmpty ? nil : all.reduce(0, +) / Double(all.count)
    }

    private static func evaluate(_ pairing: Pairing, _ category: Int, _ thresholds: [Double]) throws(RecordError) -> [Precision]? {
        let objects = pairing.dataset.objects
        func isDifficult(_ g: Int) -> Bool {
            let row = Int(pairing.truth.rows[g])
            return objects.isIgnored[row] || objects.isCrowd[row]
        }
        let (truth, found) = (pairing.truth.range(group: category), pairing.detections.range(group: category))
        let count = truth.count { !isDifficult($0) }
        guard count > 0 else { return nil }
        // What each detection overlaps most.
        var best = [(object: Int, iou: Double)](repeating: (-1, 0), count: found.count)
        try pairing.forEachImage(truth, found) { (gt, dt, _) throws(RecordError) in
            for d in dt {
                let box = pairing.results.boxes[Int(pairing.detections.rows[d])]
                for g in gt {
                    let iou = box.iou(with: objects.boxes[Int(pairing.truth.rows[g])])
                    if iou > best[d - found.lowerBound].iou { best[d - found.lowerBound] = (g, iou) }
                }
            }
        }
        let scores = pairing.detections.rows[found].map { pairing.results.scores[Int($0)] }
        let sorted = scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
        return thresholds.map { threshold in
            var isTaken = Set<Int>()
            var (right, wrong) = (0, 0)
            var curve: [(recall: Double, precision: Double)] = []
            for d in sorted {
                let (object, iou) = best[d]
                if iou > threshold {
                    if isDifficult(object) { continue }
                    if isTaken.insert(object).inserted { right += 1 } else { wrong += 1 }
                } else {
                    wrong += 1
                }
                curve.append((Double(right) / Double(count), Double(right) / Double(right + wrong)))
            }
            return Precision(curve)
        }
    }
}

extension VOCEvaluation.Precision {
    /// - Parameter curve: recall and precision by falling score.
    fileprivate init(_ curve: [(recall: Double, precision: Double)]) {
        elevenPoints = (0...10).reduce(0) { sum, step in
            // numpy's arange(0, 1.1, 0.1), whose points these are.
            let recall = Double(step) * 0.1
            return sum + (curve.lazy.filter { $0.recall >= recall }.map(\.precision).max() ?? 0) / 11
        }
        var (sum, best, recall) = (0.0, 0.0, 1.0)
        for point in curve.reversed() {
            // From this recall up to the next higher one the precision is the best from there on.
            sum += (recall - point.recall) * best
            recall = point.recall
            best = max(best, point.precision)
        }
        area = sum + recall * best
    }
}
