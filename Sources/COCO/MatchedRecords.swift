/// What matching found for one category at one area range, in a form whose AP can be had for any weights of the images: a
/// weight of 2 is the image twice, one of 0 the image left out.
///
/// T thresholds, at most 16; D detections that some threshold counts.
struct MatchedRecords: Sendable {
    typealias Lanes = SIMD16<Int32>

    /// D, by falling score: each one's image.
    private let images: [Int32]
    /// D: whether it is a false positive at every threshold, as most are.
    private let isFalse: [Bool]
    /// Of each other one, −1 in the lane of each threshold at which it is a true, or a false positive; 0 where it is not.
    private let truePositives: [Lanes]
    private let falsePositives: [Lanes]
    /// The images of the objects that count, one an object.
    private let truthImages: [Int32]
    private let thresholds: Int
    private let recallPoints: [Double]

    init(_ matching: Matching, areaRange a: Int) {
        let T = matching.evaluator.iouThresholds.count
        precondition(T <= Lanes.scalarCount, "at most 16 thresholds")
        let pairing = matching.pairing
        let bounds = matching.evaluator.areaRanges[a].bounds
        truthImages = matching.objects.filter { g in
            let row = Int(pairing.truth.rows[g])
            return !pairing.isIgnored[row] && bounds.contains(pairing.dataset.objects.areas[row])
        }.map { pairing.truth.images[$0] }
        var (images, isFalse, hits, misses): ([Int32], [Bool], [Lanes], [Lanes]) = ([], [], [], [])
        for d in matching.sorted(by: matching.scores).map(Int.init) {
            var (hit, miss) = (Lanes.zero, Lanes.zero)
            for t in 0..<T {
                switch matching.outcome(d, areaRange: a, threshold: t) {
                case Matching.Outcome.truePositive: hit[t] = -1
                case Matching.Outcome.falsePositive: miss[t] = -1
                default: break
                }
            }
            guard hit != .zero || miss != .zero else { continue }
            images.append(pairing.detections.images[matching.detections.lowerBound + d])
            isFalse.append((0..<T).allSatisfy { miss[$0] != 0 })
            guard isFalse.last == false else { continue }
            hits.append(hit)
            misses.append(miss)
        }
        self.images = images
        self.isFalse = isFalse
        truePositives = hits
        falsePositives = misses
        thresholds = T
        recallPoints = matching.evaluator.recallPoints
    }

    private init(_ records: MatchedRecords, truths: Int, _ part: [(isFalse: Bool, hit: Lanes, miss: Lanes)]) {
        truthImages = Array(repeating: 0, count: truths)
        images = Array(repeating: 0, count: part.count)
        isFalse = part.map(\.isFalse)
        truePositives = part.filter { !$0.isFalse }.map(\.hit)
        falsePositives = part.filter { !$0.isFalse }.map(\.miss)
        thresholds = records.thresholds
        recallPoints = records.recallPoints
    }

    /// AP of each image alone, by its rank; images without objects are left out.
    func apByImage(count: Int) -> [(image: Int, ap: Double)] {
        var truths = [Int](repeating: 0, count: count)
        for image in truthImages { truths[Int(image)] += 1 }
        var parts = [Int32: [(isFalse: Bool, hit: Lanes, miss: Lanes)]]()
        var other = 0
        for d in images.indices {
            let lanes = isFalse[d] ? (Lanes.zero, Lanes.zero) : (truePositives[other], falsePositives[other])
            if !isFalse[d] { other += 1 }
            guard truths[Int(images[d])] > 0 else { continue }
            parts[images[d], default: []].append((isFalse[d], lanes.0, lanes.1))
        }
        var work = Workspace()
        let once: [UInt8] = [1]
        return once.withUnsafeBufferPointer { once in
            truths.indices.filter { truths[$0] > 0 }.map { image in
                let part = MatchedRecords(self, truths: truths[image], parts[Int32(image)] ?? [])
                return (image, part.ap(weights: once, &work) ?? 0)
            }
        }
    }

    /// Room for the true positives of one pass; kept between passes.
    struct Workspace {
        fileprivate var truePositives: [Lanes] = []
        fileprivate var falsePositives: [Lanes] = []
        fileprivate var hits: [Lanes] = []
    }

    /// AP, the mean over thresholds and recall points; nil where no object has a weight.
    ///
    /// - Parameter weights: of each image, by its rank.
    func ap(weights: UnsafeBufferPointer<UInt8>, _ work: inout Workspace) -> Double? {
        var objects: Int32 = 0
        for image in truthImages { objects += Int32(weights[Int(image)]) }
        guard objects > 0 else { return nil }
        count(weights, &work)
        return (0..<thresholds).reduce(0) { $0 + precisionSum(threshold: $1, of: objects, work) }
            / Double(thresholds * recallPoints.count)
    }

    /// Counts true and false positives down the scores, and keeps both where there is a true one.
    private func count(_ weights: UnsafeBufferPointer<UInt8>, _ work: inout Workspace) {
        work.truePositives.removeAll(keepingCapacity: true)
        work.falsePositives.removeAll(keepingCapacity: true)
        work.hits.removeAll(keepingCapacity: true)
        var (tp, fp) = (Lanes.zero, Lanes.zero)
        // False positives at every threshold, and the place among the others.
        var (common, other) = (Int32(0), 0)
        for d in images.indices {
            let weight = Int32(weights[Int(images[d])])
            if isFalse[d] {
                common &+= weight
                continue
            }
            defer { other += 1 }
            guard weight > 0 else { continue }
            let lanes = Lanes(repeating: weight)
            fp &+= lanes & falsePositives[other]
            tp &+= lanes & truePositives[other]
            work.truePositives.append(tp)
            work.falsePositives.append(fp &+ Lanes(repeating: common))
            work.hits.append(truePositives[other])
        }
    }

    /// Σ over recall points of the best precision at that recall or a higher one.
    private func precisionSum(threshold t: Int, of objects: Int32, _ work: Workspace) -> Double {
        var sum = 0.0
        var best = 0.0
        // Backwards, so that the best precision from here on is known; a recall point that is not reached counts 0.
        var point = recallPoints.count
        for i in work.hits.indices.reversed() where work.hits[i][t] != 0 {
            let found = Double(work.truePositives[i][t])
            let recall = found / Double(objects)
            // Points above this recall belong to the place that comes after it.
            while point > 0 && recallPoints[point - 1] > recall {
                sum += best
                point -= 1
            }
            best = max(best, found / (found + Double(work.falsePositives[i][t]) + Double.ulpOfOne))
        }
        return sum + Double(point) * best
    }
}
