/// What matching found for one category at one area range, in a form whose AP can be had for any weights of the images: a
/// weight of 2 is the image twice, one of 0 the image left out.
///
/// T thresholds, at most 16; D detections that some threshold counts.
struct MatchedRecords: Sendable {
    typealias Lanes = SIMD16<Int32>

    /// D, by falling score: each one's image.
    private let images: [Int32]
    /// D: −1 in the lane of each threshold at which it is a true, or a false positive; 0 where it is not.
    private let truePositives: [Lanes]
    private let falsePositives: [Lanes]
    /// The images of the objects that count, one an object.
    private let truthImages: [Int32]
    private let thresholds: Int
    private let recallPoints: [Double]

    init(_ matching: Matching, areaRange a: Int) {
        let T = matching.evaluator.iouThresholds.count
        let D = matching.detections.count
        precondition(T <= Lanes.scalarCount, "at most 16 thresholds")
        let scores = matching.scores
        let bounds = matching.evaluator.areaRanges[a].bounds
        let objects = matching.pairing.dataset.objects
        truthImages = matching.objects.filter { g in
            let row = Int(matching.pairing.truth.rows[g])
            return !objects.isCrowd[row] && bounds.contains(objects.areas[row])
        }.map { matching.pairing.truth.images[$0] }
        var (images, hits, misses): ([Int32], [Lanes], [Lanes]) = ([], [], [])
        let sorted = (0..<D).sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
        for d in sorted {
            var (hit, miss) = (Lanes.zero, Lanes.zero)
            for t in 0..<T {
                switch matching.outcomes[(a * T + t) * D + d] {
                case Matching.Outcome.truePositive: hit[t] = -1
                case Matching.Outcome.falsePositive: miss[t] = -1
                default: break
                }
            }
            guard hit != .zero || miss != .zero else { continue }
            images.append(matching.pairing.detections.images[matching.detections.lowerBound + d])
            hits.append(hit)
            misses.append(miss)
        }
        self.images = images
        truePositives = hits
        falsePositives = misses
        thresholds = T
        recallPoints = matching.evaluator.recallPoints
    }

    /// AP, the mean over thresholds and recall points; nil where no object has a weight.
    ///
    /// - Parameter weights: of each image, by its rank.
    func ap(weights: UnsafeBufferPointer<UInt8>) -> Double? {
        var objects: Int32 = 0
        for image in truthImages { objects += Int32(weights[Int(image)]) }
        guard objects > 0 else { return nil }
        var (tp, fp) = (Lanes.zero, Lanes.zero)
        // Where each threshold's curve rises: how many are found there, and the precision.
        var rises = [[(found: Int32, precision: Double)]](repeating: [], count: thresholds)
        for d in images.indices {
            let weight = Int32(weights[Int(images[d])])
            guard weight > 0 else { continue }
            let lanes = Lanes(repeating: weight)
            fp &+= lanes & falsePositives[d]
            let hit = truePositives[d]
            guard hit != .zero else { continue }
            tp &+= lanes & hit
            for t in 0..<thresholds where hit[t] != 0 {
                rises[t].append((tp[t], Double(tp[t]) / (Double(tp[t]) + Double(fp[t]) + Double.ulpOfOne)))
            }
        }
        var sum = 0.0
        for t in 0..<thresholds {
            for i in stride(from: rises[t].count - 1, to: 0, by: -1) where rises[t][i].precision > rises[t][i - 1].precision {
                rises[t][i - 1].precision = rises[t][i].precision
            }
            var place = 0
            for recall in recallPoints {
                while place < rises[t].count && Double(rises[t][place].found) / Double(objects) < recall { place += 1 }
                guard place < rises[t].count else { break }
                sum += rises[t][place].precision
            }
        }
        return sum / Double(thresholds * recallPoints.count)
    }
}
