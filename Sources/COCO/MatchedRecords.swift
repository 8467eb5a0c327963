/// What matching found for one category at one area range, in a form whose AP can be had for any weights of the images: a
/// weight of 2 is the image twice, one of 0 the image left out. `MatchedRecords+Weights.swift` reads it thousands of times, so
/// that whatever does not depend on the weights is settled here.
///
/// Most detections are false positives at every threshold: of these only the images are kept, one after the other. P places
/// are the other detections, by falling score. At each threshold a place is a true positive, a false one, or left out.
struct MatchedRecords: Sendable {
    /// The images of the objects that count, one per object.
    let truthImages: [Int32]
    /// Of false positives at every threshold, by falling score.
    let falseImages: [Int32]
    /// P: the image.
    let images: [Int32]
    /// P: how many of `falseImages` come before it.
    let falseBefore: [Int32]
    /// The places of true positives, threshold after threshold.
    let hits: [Int32]
    /// The places left out, threshold after threshold.
    let leftOut: [Int32]
    /// Runs of true positives with no false one between, threshold after threshold. Precision rises along a run, so that only
    /// its end matters to interpolated precision.
    let runs: [Run]
    /// Where each threshold's part of the arrays above ends.
    let parts: [Part]
    let recallPoints: [Double]

    struct Part {
        var hits = 0
        var leftOut = 0
        var runs = 0
    }

    /// The last true positive of a run.
    struct Run {
        let place: Int32
        /// The threshold's true positives up to it, itself among them.
        let hits: Int32
        /// What the threshold leaves out before it.
        let leftOut: Int32
    }

    /// A detection that counts at some threshold.
    private struct Event {
        let image: Int32
        /// By threshold, as `Matching` says; empty where it is a false positive at every one.
        let outcomes: [UInt8]
    }

    /// One for each area range.
    static func all(_ matching: Matching) -> [MatchedRecords] {
        let order = matching.sorted(by: matching.scores)
        return matching.evaluator.areaRanges.indices.map { a in
            MatchedRecords(
                truthImages: truthImages(matching, areaRange: a), events(matching, order, areaRange: a), matching.evaluator)
        }
    }

    private init(truthImages: [Int32], _ events: [Event], _ evaluator: Evaluator) {
        var (falseImages, images, falseBefore): ([Int32], [Int32], [Int32]) = ([], [], [])
        // What comes after the last true positive changes nothing.
        let end = events.lastIndex { $0.outcomes.contains(Matching.Outcome.truePositive) }.map { $0 + 1 } ?? 0
        let places = events[..<end].filter { event in
            guard !event.outcomes.isEmpty else {
                falseImages.append(event.image)
                return false
            }
            images.append(event.image)
            falseBefore.append(Int32(falseImages.count))
            return true
        }
        var (hits, leftOut, runs): ([Int32], [Int32], [Run]) = ([], [], [])
        var (part, parts) = (Part(), [Part]())
        for t in evaluator.iouThresholds.indices {
            // Common false positives before the run's last, while no false one has ended the run.
            var open: Int32?
            for (place, event) in places.enumerated() {
                switch event.outcomes[t] {
                case Matching.Outcome.truePositive:
                    if open == falseBefore[place] { runs.removeLast() }
                    open = falseBefore[place]
                    hits.append(Int32(place))
                    runs.append(
                        Run(
                            place: Int32(place), hits: Int32(hits.count - part.hits), leftOut: Int32(leftOut.count - part.leftOut)))
                case Matching.Outcome.leftOut: leftOut.append(Int32(place))
                default: open = nil
                }
            }
            part = Part(hits: hits.count, leftOut: leftOut.count, runs: runs.count)
            parts.append(part)
        }
        self.truthImages = truthImages
        self.falseImages = falseImages
        self.images = images
        self.falseBefore = falseBefore
        self.hits = hits
        self.leftOut = leftOut
        self.runs = runs
        self.parts = parts
        recallPoints = evaluator.recallPoints
    }

    /// AP of each image alone, by its rank; images without objects are left out.
    static func apByImage(_ matching: Matching, areaRange a: Int) -> [(image: Int, ap: Double)] {
        var truths = [Int32: Int]()
        for image in truthImages(matching, areaRange: a) { truths[image, default: 0] += 1 }
        let order = matching.sorted(by: matching.scores)
        let events = Dictionary(grouping: events(matching, order, areaRange: a).filter { truths[$0.image] != nil }, by: \.image)
        let work = Workspace()
        let once = [Weights(repeating: 1)]
        return once.withUnsafeBufferPointer { once in
            truths.sorted { $0.key < $1.key }.map { image, count in
                // The only image there is.
                let part = (events[image] ?? []).map { Event(image: 0, outcomes: $0.outcomes) }
                let records = MatchedRecords(truthImages: Array(repeating: 0, count: count), part, matching.evaluator)
                records.weighTruth(once, work)
                return (Int(image), records.ap(weights: once, work)[0])
            }
        }
    }

    private static func truthImages(_ matching: Matching, areaRange a: Int) -> [Int32] {
        let pairing = matching.pairing
        let bounds = matching.evaluator.areaRanges[a].bounds
        return matching.objects.filter { g in
            let row = Int(pairing.truth.rows[g])
            return !pairing.isIgnored[row] && bounds.contains(pairing.dataset.objects.areas[row])
        }.map { pairing.truth.images[$0] }
    }

    /// - Parameter order: the detections by falling score.
    private static func events(_ matching: Matching, _ order: [Int32], areaRange a: Int) -> [Event] {
        let T = matching.evaluator.iouThresholds.count
        return order.map(Int.init).compactMap { d in
            let image = matching.pairing.detections.images[matching.detections.lowerBound + d]
            // Most are no candidates: the same at every threshold.
            let outcomes =
                matching.candidates[d] < 0
                ? [matching.outcome(d, areaRange: a, threshold: 0)] : (0..<T).map { matching.outcome(d, areaRange: a, threshold: $0) }
            if outcomes.allSatisfy({ $0 == Matching.Outcome.leftOut }) { return nil }
            return Event(image: image, outcomes: outcomes.allSatisfy { $0 == Matching.Outcome.falsePositive } ? [] : outcomes)
        }
    }
}
