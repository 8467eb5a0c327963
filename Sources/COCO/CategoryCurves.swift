/// One category's arrays: precision and scores T × R × A × M, recall T × A × M; −1 where there are no objects.
struct CategoryCurves: Sendable {
    fileprivate(set) var precision: [Double]
    fileprivate(set) var scores: [Double]
    fileprivate(set) var recall: [Double]

    fileprivate init(_ columns: Columns) {
        precision = Array(repeating: -1, count: columns.T * columns.R * columns.A * columns.M)
        scores = precision
        recall = Array(repeating: -1, count: columns.T * columns.A * columns.M)
    }
}

extension Matching {
    /// Precision at each recall point, recall and scores, for every threshold, area range and limit.
    ///
    /// Recall grows only where an object is found, and between two of these places precision falls. So the curve is known
    /// from the true positives alone, and how many of them a recall point takes from the number of objects.
    func curves(_ columns: Columns) -> CategoryCurves {
        var curves = CategoryCurves(columns)
        let (scores, ranks) = (scores, Array(ranks))
        // Mergesort by −score: ties in the order of images.
        let sorted = (0..<Int32(scores.count)).sorted { a, b in
            let (x, y) = (scores[Int(a)], scores[Int(b)])
            return x != y ? x > y : a < b
        }
        for a in 0..<columns.A where truthCounts[a] > 0 {
            let needed = foundNeeded(for: evaluator.recallPoints, of: truthCounts[a])
            for (m, limit) in evaluator.detectionLimits.enumerated() {
                let kept = sorted.filter { ranks[Int($0)] < limit }
                for t in 0..<columns.T {
                    let (found, precision) = found(kept, outcomes: (a * columns.T + t) * scores.count)
                    curves.recall[(t * columns.A + a) * columns.M + m] = Double(found.count) / Double(truthCounts[a])
                    for (r, count) in needed.enumerated() {
                        let cell = ((t * columns.R + r) * columns.A + a) * columns.M + m
                        let isReached = count <= found.count && !kept.isEmpty
                        let place = count > 0 ? count - 1 : 0
                        curves.precision[cell] = isReached && place < found.count ? precision[place] : 0
                        curves.scores[cell] = isReached ? scores[Int(count > 0 ? found[place] : kept[0])] : 0
                    }
                }
            }
        }
        return curves
    }

    /// The true positives by falling score, and the best precision from each on.
    private func found(_ kept: [Int32], outcomes start: Int) -> (places: [Int32], precision: [Double]) {
        var places: [Int32] = []
        var precision: [Double] = []
        var falsePositives = 0
        outcomes.withUnsafeBufferPointer { outcomes in
            for d in kept {
                switch outcomes[start + Int(d)] {
                case Outcome.leftOut: continue
                case Outcome.falsePositive: falsePositives += 1
                default:
                    places.append(d)
                    // numpy's spacing(1) keeps 0 / 0 away.
                    precision.append(
                        Double(places.count) / (Double(falsePositives) + Double(places.count) + Double.ulpOfOne))
                }
            }
        }
        for i in stride(from: precision.count - 1, to: 0, by: -1) where precision[i] > precision[i - 1] {
            precision[i - 1] = precision[i]
        }
        return (places, precision)
    }

    /// How many of the objects must be found to reach each recall, in the arithmetic of doubles.
    private func foundNeeded(for recalls: [Double], of objects: Int) -> [Int] {
        var found = 0
        return recalls.map { recall in
            while found <= objects && Double(found) / Double(objects) < recall { found += 1 }
            return found
        }
    }
}
