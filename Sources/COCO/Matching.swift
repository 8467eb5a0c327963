/// Matches the detections of one category, image by image, at every threshold and area range.
///
/// Flat arrays throughout: for D detections kept over all images, flag arrays are A × T × D.
struct Matching {
    private let evaluator: Evaluator
    private let columns: (T: Int, A: Int)
    private var scores: [Double] = []
    /// The place of each detection among those of its image, by falling score.
    private var ranks: [Int32] = []
    // A × T lists of D flags: matched, and left out of the count.
    private var matched: [[Bool]]
    private var ignored: [[Bool]]
    /// Objects that count, an area range each.
    private var truthCounts: [Int]

    init(_ evaluator: Evaluator, _ truth: Objects, _ detections: Objects, category: Int, _ images: [Int]) {
        self.evaluator = evaluator
        columns = (evaluator.iouThresholds.count, evaluator.areaRanges.count)
        matched = Array(repeating: [], count: columns.T * columns.A)
        ignored = matched
        truthCounts = Array(repeating: 0, count: columns.A)
        for image in images {
            let gt = truth.range(category: category, image: image)
            let all = detections.range(category: category, image: image)
            guard !gt.isEmpty || !all.isEmpty else { continue }
            match(truth, Array(gt), detections, kept(all, detections.scores))
        }
    }

    /// The best detections of an image, ties in the order of the file.
    private func kept(_ places: ArraySlice<Int32>, _ scores: [Double]) -> [Int32] {
        let sorted = places.enumerated().sorted { a, b in
            let (x, y) = (scores[Int(a.element)], scores[Int(b.element)])
            return x != y ? x > y : a.offset < b.offset
        }
        return sorted.prefix(evaluator.detectionLimits.last ?? 0).map(\.element)
    }

    private mutating func match(_ truth: Objects, _ gt: [Int32], _ detections: Objects, _ dt: [Int32]) {
        let (D, G) = (dt.count, gt.count)
        scores += dt.map { detections.scores[Int($0)] }
        ranks += (0..<Int32(D))
        let ious = overlaps(truth, gt, detections, dt)
        var taken = [Bool](repeating: false, count: G)
        for (a, range) in evaluator.areaRanges.enumerated() {
            let isOut = gt.map { truth.isCrowd[Int($0)] || !range.bounds.contains(truth.areas[Int($0)]) }
            // Objects that count first, each kind in the file's order.
            let order = gt.indices.filter { !isOut[$0] } + gt.indices.filter { isOut[$0] }
            truthCounts[a] += isOut.count { !$0 }
            for (t, threshold) in evaluator.iouThresholds.enumerated() {
                let slot = a * columns.T + t
                for g in 0..<G { taken[g] = false }
                for d in 0..<D {
                    var best = min(threshold, 1 - 1e-10)
                    var match = -1
                    for g in order {
                        if taken[g] && !truth.isCrowd[Int(gt[g])] { continue }
                        if match >= 0 && !isOut[match] && isOut[g] { break }
                        let iou = ious[d * G + g]
                        if iou < best { continue }
                        best = iou
                        match = g
                    }
                    guard match >= 0 else {
                        matched[slot].append(false)
                        ignored[slot].append(!range.bounds.contains(detections.areas[Int(dt[d])]))
                        continue
                    }
                    taken[match] = true
                    // pycocotools marks a match by the object's id, so that one of id 0 leaves no mark.
                    let marked = truth.ids[Int(gt[match])] != 0
                    matched[slot].append(marked)
                    ignored[slot].append(
                        isOut[match] || (!marked && !range.bounds.contains(detections.areas[Int(dt[d])])))
                }
            }
        }
    }

    /// D × G overlaps.
    private func overlaps(_ truth: Objects, _ gt: [Int32], _ detections: Objects, _ dt: [Int32]) -> [Double] {
        [Double](unsafeUninitializedCapacity: dt.count * gt.count) { out, count in
            count = dt.count * gt.count
            var o = 0
            for d in dt {
                for g in gt {
                    let crowd = truth.isCrowd[Int(g)]
                    if detections.masks.isEmpty {
                        out[o] = detections.boxes[Int(d)].iou(with: truth.boxes[Int(g)], isCrowd: crowd)
                    } else {
                        let (mask, object) = (detections.masks[Int(d)], truth.masks[Int(g)])
                        let apart = detections.extents[Int(d)].iou(with: truth.extents[Int(g)], isCrowd: crowd) <= 0
                        out[o] = apart ? 0 : mask.iou(with: object, isCrowd: crowd)
                    }
                    o += 1
                }
            }
        }
    }

    // MARK: - From matches to curves

    /// Precision at each recall point, recall and scores, for every threshold, area range and limit.
    func curves(_ columns: Columns) -> CategoryCurves {
        var curves = CategoryCurves(columns)
        for (m, limit) in evaluator.detectionLimits.enumerated() {
            let kept = ranks.indices.filter { ranks[$0] < limit }
            // Mergesort by −score: ties in the order of images.
            let order = kept.enumerated().sorted { a, b in
                let (x, y) = (scores[a.element], scores[b.element])
                return x != y ? x > y : a.offset < b.offset
            }.map(\.element)
            for a in 0..<columns.A where truthCounts[a] > 0 {
                for t in 0..<columns.T {
                    accumulate(order, slot: a * columns.T + t, objects: truthCounts[a], &curves, (t, a, m), columns)
                }
            }
        }
        return curves
    }

    private func accumulate(
        _ order: [Int], slot: Int, objects: Int, _ curves: inout CategoryCurves, _ at: (t: Int, a: Int, m: Int),
        _ columns: Columns
    ) {
        let (matched, ignored) = (matched[slot], ignored[slot])
        var (truePositives, falsePositives) = (0.0, 0.0)
        var recall = [Double](repeating: 0, count: order.count)
        var precision = recall
        for (i, d) in order.enumerated() {
            if !ignored[d] {
                if matched[d] { truePositives += 1 } else { falsePositives += 1 }
            }
            recall[i] = truePositives / Double(objects)
            // numpy's spacing(1) keeps 0 / 0 away.
            precision[i] = truePositives / (falsePositives + truePositives + Double.ulpOfOne)
        }
        curves.recall[(at.t * columns.A + at.a) * columns.M + at.m] = recall.last ?? 0
        for i in stride(from: order.count - 1, to: 0, by: -1) where precision[i] > precision[i - 1] {
            precision[i - 1] = precision[i]
        }
        var place = 0
        for (r, point) in evaluator.recallPoints.enumerated() {
            while place < order.count && recall[place] < point { place += 1 }
            let cell = ((at.t * columns.R + r) * columns.A + at.a) * columns.M + at.m
            curves.precision[cell] = place < order.count ? precision[place] : 0
            curves.scores[cell] = place < order.count ? scores[order[place]] : 0
        }
    }
}

/// One category's arrays: precision and scores T × R × A × M, recall T × A × M; −1 where there are no objects.
struct CategoryCurves: Sendable {
    var precision: [Double]
    var scores: [Double]
    var recall: [Double]

    init(_ columns: Columns) {
        precision = Array(repeating: -1, count: columns.T * columns.R * columns.A * columns.M)
        scores = precision
        recall = Array(repeating: -1, count: columns.T * columns.A * columns.M)
    }
}
