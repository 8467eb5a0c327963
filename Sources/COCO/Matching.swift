/// Matches the detections of one group, image by image, at every threshold and area range.
///
/// Flat arrays throughout: D detections of the group, A area ranges, T thresholds.
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
    /// The group's objects.
    let objects: Range<Int>
    /// The group's detections; those of the arrays below are counted from the first one.
    let detections: Range<Int>
    /// Objects that count, an area range each.
    private(set) var truthCounts: [Int]
    /// D × A: whether a detection counts as a false positive where it finds nothing.
    private(set) var counts: [Bool]
    /// D: the place in `outcomes` of a detection that overlaps some object enough for some threshold; −1 of others, most of all.
    private(set) var candidates: [Int32]
    /// Candidates × A × T.
    private(set) var outcomes: [UInt8] = []
    private let overlap: Overlap
    private let A: Int
    private let T: Int
    private let areas: [ClosedRange<Double>]
    private let thresholds: [Double]
    private let truthAreas: [Double]
    private let truthIDs: [Int]

    init(_ evaluator: Evaluator, _ pairing: Pairing, group: Int) {
        self.evaluator = evaluator
        self.pairing = pairing
        objects = pairing.truth.range(group: group)
        detections = pairing.detections.range(group: group)
        (A, T) = (evaluator.areaRanges.count, evaluator.iouThresholds.count)
        truthCounts = Array(repeating: 0, count: A)
        counts = Array(repeating: true, count: detections.count * A)
        candidates = Array(repeating: -1, count: detections.count)
        areas = evaluator.areaRanges.map(\.bounds)
        thresholds = evaluator.iouThresholds.map { min($0, 1 - 1e-10) }
        overlap = Overlap(pairing, least: thresholds.min() ?? 1, sigmas: evaluator.keypointSigmas)
        truthAreas = pairing.dataset.objects.areas
        truthIDs = pairing.dataset.objects.ids
    }

    var ranks: ArraySlice<Int32> { pairing.detections.ranks[detections] }
    var scores: [Double] { pairing.detections.rows[detections].map { pairing.results.objects.scores[Int($0)] } }

    /// The detections by falling score, ties in the order of images, as a mergesort leaves them.
    func sorted(by scores: [Double]) -> [Int32] {
        (0..<Int32(scores.count)).sorted { a, b in
            let (x, y) = (scores[Int(a)], scores[Int(b)])
            return x != y ? x > y : a < b
        }
    }

    func outcome(_ d: Int, areaRange a: Int, threshold t: Int) -> UInt8 {
        candidates[d] < 0
            ? counts[d * A + a] ? Outcome.falsePositive : Outcome.leftOut : outcomes[(Int(candidates[d]) * A + a) * T + t]
    }

    /// - Throws: the first record that cannot be used.
    mutating func run() throws(RecordError) {
        var workspace = Overlap.Workspace()
        try pairing.forEachImage(objects, detections) { (gt, dt, image) throws(RecordError) in
            try overlap.compute(gt, dt, image: image, &workspace)
            match(gt, dt, image, workspace)
        }
    }

    private mutating func match(_ gt: Range<Int>, _ dt: Range<Int>, _ image: Int32, _ work: Overlap.Workspace) {
        let G = gt.count
        let first = dt.lowerBound - detections.lowerBound
        for d in 0..<dt.count {
            for a in 0..<A where !areas[a].contains(work.areas[d]) { counts[(first + d) * A + a] = false }
        }
        if pairing.federation != nil {
            // lvis passes over detections without area.
            for d in dt
            where work.areas[d - dt.lowerBound] <= 0 || pairing.isInexhaustive(pairing.detections.rows[d], image: image) {
                for a in 0..<A { counts[(d - detections.lowerBound) * A + a] = false }
            }
        }
        guard G > 0 else { return }
        // Most detections overlap nothing enough for any threshold: they take no part in matching.
        let least = thresholds.min() ?? 1
        var able: [Int] = []
        // pycocotools looks for keypoints by category only: where it tells none apart it finds nothing.
        let isBlind = pairing.type == .keypoints && !evaluator.usesCategories
        for d in 0..<dt.count where !isBlind {
            guard (d * G..<d * G + G).contains(where: { work.ious[$0] >= least }) else { continue }
            able.append(d)
            candidates[first + d] = Int32(outcomes.count / (A * T))
            for a in 0..<A {
                let outcome = counts[(first + d) * A + a] ? Outcome.falsePositive : Outcome.leftOut
                for _ in 0..<T { outcomes.append(outcome) }
            }
        }
        let rows = gt.map { Int(pairing.truth.rows[$0]) }
        for a in 0..<A { truthCounts[a] += rows.count { !isOut($0, a) } }
        guard !able.isEmpty else { return }
        let isCrowd = rows.map { pairing.isCrowd($0) }
        var taken = [Bool](repeating: false, count: G)
        for a in 0..<A {
            let isOut = rows.map { self.isOut($0, a) }
            // Objects that count first, each kind in the file's order.
            let order = isOut.contains(true) ? isOut.indices.filter { !isOut[$0] } + isOut.indices.filter { isOut[$0] } : Array(0..<G)
            for t in 0..<T {
                for g in 0..<G { taken[g] = false }
                for d in able {
                    var best = thresholds[t]
                    var match = -1
                    for g in order where !taken[g] || isCrowd[g] {
                        if match >= 0 && !isOut[match] && isOut[g] { break }
                        let iou = work.ious[d * G + g]
                        if iou < best { continue }
                        best = iou
                        match = g
                    }
                    guard match >= 0 else { continue }
                    taken[match] = true
                    let slot = (Int(candidates[first + d]) * A + a) * T + t
                    if isOut[match] {
                        outcomes[slot] = Outcome.leftOut
                    } else if truthIDs[rows[match]] != 0 {
                        // pycocotools marks a match by the object's id, so that one of id 0 leaves no mark.
                        outcomes[slot] = Outcome.truePositive
                    }
                }
            }
        }
    }

    /// Whether an object need not be found.
    private func isOut(_ row: Int, _ a: Int) -> Bool { pairing.isIgnored[row] || !areas[a].contains(truthAreas[row]) }
}

extension Pairing {
    /// Each image of a group that holds an object or a detection.
    ///
    /// - Parameter body: takes the places of the image's objects and detections, and the image's rank.
    @inline(__always)
    func forEachImage(
        _ objects: Range<Int>, _ detections: Range<Int>,
        _ body: (Range<Int>, Range<Int>, Int32) throws(RecordError) -> Void
    ) throws(RecordError) {
        var (g, d) = (objects.lowerBound, detections.lowerBound)
        while g < objects.upperBound || d < detections.upperBound {
            let image = min(
                g < objects.upperBound ? truth.images[g] : .max, d < detections.upperBound ? self.detections.images[d] : .max)
            let (gStart, dStart) = (g, d)
            while g < objects.upperBound && truth.images[g] == image { g += 1 }
            while d < detections.upperBound && self.detections.images[d] == image { d += 1 }
            try body(gStart..<g, dStart..<d, image)
        }
    }
}
