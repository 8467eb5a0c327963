/// Matches the detections of one category, image by image, at every threshold and area range.
///
/// Flat arrays throughout: D detections of the category, A area ranges, T thresholds.
struct Matching {
    /// What became of a detection.
    enum Outcome {
        static let falsePositive: UInt8 = 0
        static let truePositive: UInt8 = 1
        /// It matched an object that does not count, or nothing while being of another size itself.
        static let leftOut: UInt8 = 2
    }

    let evaluator: Evaluator
    let pairing: Pairing
    /// The category's objects.
    let objects: Range<Int>
    /// The category's detections; those of `outcomes` are counted from the first one.
    let detections: Range<Int>
    /// A × T × D.
    private(set) var outcomes: [UInt8]
    /// Objects that count, an area range each.
    private(set) var truthCounts: [Int]
    private let overlap: Overlap

    init(_ evaluator: Evaluator, _ pairing: Pairing, category: Int) {
        self.evaluator = evaluator
        self.pairing = pairing
        objects = pairing.truth.range(category: category)
        detections = pairing.detections.range(category: category)
        let slots = evaluator.areaRanges.count * evaluator.iouThresholds.count
        outcomes = Array(repeating: Outcome.falsePositive, count: slots * detections.count)
        truthCounts = Array(repeating: 0, count: evaluator.areaRanges.count)
        overlap = Overlap(pairing)
    }

    var ranks: ArraySlice<Int32> { pairing.detections.ranks[detections] }
    var scores: [Double] { pairing.detections.rows[detections].map { pairing.results.objects.scores[Int($0)] } }

    /// - Throws: the first mask that cannot be used.
    mutating func run() throws(RecordError) {
        var workspace = Overlap.Workspace()
        var (g, d) = (objects.lowerBound, detections.lowerBound)
        while g < objects.upperBound || d < detections.upperBound {
            let image = min(
                g < objects.upperBound ? pairing.truth.images[g] : .max,
                d < detections.upperBound ? pairing.detections.images[d] : .max)
            let (gStart, dStart) = (g, d)
            while g < objects.upperBound && pairing.truth.images[g] == image { g += 1 }
            while d < detections.upperBound && pairing.detections.images[d] == image { d += 1 }
            try overlap.compute(gStart..<g, dStart..<d, image: image, &workspace)
            match(gStart..<g, dStart..<d, workspace)
        }
    }

    private mutating func match(_ gt: Range<Int>, _ dt: Range<Int>, _ work: Overlap.Workspace) {
        let G = gt.count
        let (D, T) = (detections.count, evaluator.iouThresholds.count)
        let truth = pairing.dataset.objects
        let rows = pairing.truth.rows
        let first = dt.lowerBound - detections.lowerBound
        // Most detections overlap nothing enough for any threshold: they take no part in matching.
        let least = min(evaluator.iouThresholds.min() ?? 1, 1 - 1e-10)
        let candidates = dt.indices.filter { d in
            let row = (d - dt.lowerBound) * G
            return work.ious[row..<row + G].contains { $0 >= least }
        }
        for (a, range) in evaluator.areaRanges.enumerated() {
            for d in 0..<dt.count where !range.bounds.contains(work.areas[d]) {
                for t in 0..<T { outcomes[(a * T + t) * D + first + d] = Outcome.leftOut }
            }
            guard G > 0 else { continue }
            let isOut = gt.map { g in
                let row = Int(rows[g])
                return truth.isCrowd[row] || !range.bounds.contains(truth.areas[row])
            }
            truthCounts[a] += isOut.count { !$0 }
            guard !candidates.isEmpty else { continue }
            // Objects that count first, each kind in the file's order.
            let order = isOut.indices.filter { !isOut[$0] } + isOut.indices.filter { isOut[$0] }
            for (t, threshold) in evaluator.iouThresholds.enumerated() {
                var taken = [Bool](repeating: false, count: G)
                for candidate in candidates {
                    let d = candidate - dt.lowerBound
                    var best = min(threshold, 1 - 1e-10)
                    var match = -1
                    for g in order where !taken[g] || truth.isCrowd[Int(rows[gt.lowerBound + g])] {
                        if match >= 0 && !isOut[match] && isOut[g] { break }
                        let iou = work.ious[d * G + g]
                        if iou < best { continue }
                        best = iou
                        match = g
                    }
                    guard match >= 0 else { continue }
                    taken[match] = true
                    let slot = (a * T + t) * D + first + d
                    if isOut[match] {
                        outcomes[slot] = Outcome.leftOut
                    } else if truth.ids[Int(rows[gt.lowerBound + match])] != 0 {
                        // pycocotools marks a match by the object's id, so that one of id 0 leaves no mark.
                        outcomes[slot] = Outcome.truePositive
                    }
                }
            }
        }
    }
}
