extension MatchedRecords {
    /// Four draws of the images go through the records at once, one a lane: a record is looked up once for all of them.
    typealias Weights = SIMD4<UInt8>
    typealias Counts = SIMD4<Int32>
    typealias Means = SIMD4<Double>

    /// Room for a pass, kept between passes, and what a pass knows of the objects.
    final class Workspace {
        fileprivate var objects = Counts.zero
        /// The recall points that are reached when so many objects are found, a lane after the other.
        fileprivate var reached: [Int32] = []
        private var room = UnsafeMutableBufferPointer<Counts>.allocate(capacity: 0)

        deinit { room.deallocate() }

        fileprivate func columns(for records: MatchedRecords) -> Columns {
            let height = max(records.falseImages.count, records.images.count) + 1
            if room.count < 5 * height {
                room.deallocate()
                room = .allocate(capacity: 10 * height)
            }
            let column = (0..<5).map { UnsafeMutablePointer(room.baseAddress! + $0 * height) }
            return Columns(
                falses: column[0], weights: column[1], counted: column[2], leftOut: column[3], found: column[4])
        }
    }

    /// Sums of weights down the scores. Those with one value more begin with 0.
    fileprivate struct Columns {
        /// Of common false positives, one value more.
        let falses: UnsafeMutablePointer<Counts>
        /// P: each place's own weight.
        let weights: UnsafeMutablePointer<Counts>
        /// P: of all detections before and with each place.
        let counted: UnsafeMutablePointer<Counts>
        /// Of what a threshold leaves out, one value more.
        let leftOut: UnsafeMutablePointer<Counts>
        /// Of a threshold's true positives, one value more.
        let found: UnsafeMutablePointer<Counts>
    }

    /// Counts the objects, for the passes over any number of detectors' records of this category and area range.
    ///
    /// - Parameter weights: of each image, by its rank.
    func weighTruth(_ weights: UnsafeBufferPointer<Weights>, _ work: Workspace) {
        var objects = Counts.zero
        for image in truthImages { objects &+= Counts(truncatingIfNeeded: weights[Int(image)]) }
        guard objects != work.objects || work.reached.isEmpty else { return }
        work.objects = objects
        let height = Int(objects.max()) + 1
        work.reached = [Int32](unsafeUninitializedCapacity: 4 * height) { reached, count in
            for lane in objects.indices {
                var points = 0
                for found in 0..<height {
                    let recall = Double(found) / Double(objects[lane])
                    while points < recallPoints.count && recallPoints[points] <= recall { points += 1 }
                    reached.initializeElement(at: lane * height + found, to: Int32(points))
                }
            }
            count = 4 * height
        }
    }

    /// AP, the mean over thresholds and recall points, of the objects that `weighTruth` counted; NaN where there were none.
    ///
    /// - Parameter weights: of each image, by its rank.
    func ap(weights: UnsafeBufferPointer<Weights>, _ work: Workspace) -> Means {
        let columns = work.columns(for: self)
        Self.accumulate(falseImages[...], into: columns.falses) { Counts(truncatingIfNeeded: weights[$0]) }
        var sum = Counts.zero
        for (place, image) in images.enumerated() {
            let weight = Counts(truncatingIfNeeded: weights[Int(image)])
            sum &+= weight
            columns.weights[place] = weight
            columns.counted[place] = sum &+ columns.falses[Int(falseBefore[place])]
        }
        var total = Means.zero
        var from = Part()
        work.reached.withUnsafeBufferPointer { reached in
            for to in parts {
                total += precisionSum(from, to, columns, reached: reached)
                from = to
            }
        }
        let mean = total / Double(parts.count * recallPoints.count)
        return mean.replacing(with: .nan, where: Means(work.objects) .== 0)
    }

    /// Σ over recall points of the best precision at that recall or a higher one, at one threshold.
    private func precisionSum(_ from: Part, _ to: Part, _ columns: Columns, reached: UnsafeBufferPointer<Int32>) -> Means {
        Self.accumulate(hits[from.hits..<to.hits], into: columns.found) { columns.weights[$0] }
        Self.accumulate(leftOut[from.leftOut..<to.leftOut], into: columns.leftOut) { columns.weights[$0] }
        let lanes = Counts(0, 1, 2, 3) &* Int32(reached.count / Counts.scalarCount)
        func points(_ found: Counts) -> Counts {
            let place = lanes &+ found
            return Counts(reached[Int(place[0])], reached[Int(place[1])], reached[Int(place[2])], reached[Int(place[3])])
        }
        var sum = Means.zero
        var best = Means.zero
        // Backwards, so that the best precision from here on is known; a recall point that is not reached counts 0.
        var above = points(columns.found[to.hits - from.hits])
        for r in stride(from: to.runs - 1, through: from.runs, by: -1) {
            let run = runs[r]
            let found = columns.found[Int(run.hits)]
            // Recall points between this run's end and the next one's.
            let below = points(found)
            sum += Means(each: above &- below) * best
            above = below
            let counted = columns.counted[Int(run.place)] &- columns.leftOut[Int(run.leftOut)]
            let precision = Means(each: found) / (Means(each: counted) + .ulpOfOne)
            best.replace(with: precision, where: precision .> best)
        }
        return sum + Means(each: above) * best
    }

    @inline(__always)
    private static func accumulate(
        _ places: ArraySlice<Int32>, into sums: UnsafeMutablePointer<Counts>, _ weight: (Int) -> Counts
    ) {
        var sum = Counts.zero
        sums[0] = sum
        var next = 1
        for place in places {
            sum &+= weight(Int(place))
            sums[next] = sum
            next += 1
        }
    }
}

extension SIMD4<Double> {
    /// The library's own conversion takes the lanes one by one.
    fileprivate init(each counts: SIMD4<Int32>) {
        self.init(Double(counts[0]), Double(counts[1]), Double(counts[2]), Double(counts[3]))
    }
}
