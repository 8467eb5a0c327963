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
        let sorted = sorted(by: scores)
        let needed = truthCounts.map { foundNeeded(for: evaluator.recallPoints, of: $0) }
        var found = [Found](repeating: Found(), count: columns.A * columns.T)
        for (m, limit) in evaluator.detectionLimits.enumerated() {
            // Objects keep no more than the highest one.
            let kept = m == columns.M - 1 ? sorted : sorted.filter { ranks[Int($0)] < limit }
            find(kept, columns, &found)
            for a in 0..<columns.A where truthCounts[a] > 0 {
                for t in 0..<columns.T {
                    let found = found[a * columns.T + t]
                    let count = found.places.count
                    curves.recall[(t * columns.A + a) * columns.M + m] = Double(count) / Double(truthCounts[a])
                    for (r, needed) in needed[a].enumerated() {
                        let cell = ((t * columns.R + r) * columns.A + a) * columns.M + m
                        let isReached = needed <= count && !kept.isEmpty
                        let place = needed > 0 ? needed - 1 : 0
                        curves.precision[cell] = isReached && place < count ? found.precision[place] : 0
                        curves.scores[cell] = isReached ? scores[Int(needed > 0 ? found.places[place] : kept[0])] : 0
                    }
                }
            }
        }
        return curves
    }

    /// The true positives of an area range and threshold by falling score, and the best precision from each on.
    private struct Found {
        var places: [Int32] = []
        var precision: [Double] = []
        /// Of candidates only.
        var falsePositives = 0
    }

    private func find(_ kept: [Int32], _ columns: Columns, _ found: inout [Found]) {
        for i in found.indices {
            found[i].places.removeAll(keepingCapacity: true)
            found[i].precision.removeAll(keepingCapacity: true)
            found[i].falsePositives = 0
        }
        let (A, T) = (columns.A, columns.T)
        // False positives at every threshold, an area range each.
        var common = [Int](repeating: 0, count: A)
        for d in kept {
            let candidate = Int(candidates[Int(d)])
            guard candidate >= 0 else {
                for a in 0..<A where counts[Int(d) * A + a] { common[a] += 1 }
                continue
            }
            for slot in 0..<A * T {
                switch outcomes[candidate * A * T + slot] {
                case Outcome.leftOut: continue
                case Outcome.falsePositive: found[slot].falsePositives += 1
                default:
                    found[slot].places.append(d)
                    let (tp, fp) = (Double(found[slot].places.count), Double(found[slot].falsePositives + common[slot / T]))
                    // numpy's spacing(1) keeps 0 / 0 away.
                    found[slot].precision.append(tp / (fp + tp + Double.ulpOfOne))
                }
            }
        }
        for slot in found.indices {
            for i in stride(from: found[slot].precision.count - 1, to: 0, by: -1)
            where found[slot].precision[i] > found[slot].precision[i - 1] {
                found[slot].precision[i - 1] = found[slot].precision[i]
            }
        }
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
