/// Run lengths in somebody's memory: what is computed of masks without an array for each.
struct Runs {
    private let counts: UnsafeBufferPointer<UInt32>

    init(_ counts: UnsafeBufferPointer<UInt32>) { self.counts = counts }

    init(_ counts: UnsafeBufferPointer<UInt32>, _ range: Range<Int>) {
        self.counts = UnsafeBufferPointer(rebasing: counts[range])
    }

    var area: Int {
        var total = 0
        for i in stride(from: 1, to: counts.count, by: 2) { total += Int(counts[i]) }
        return total
    }

    /// Of the runs that hold pixels; the mask API gives a box of unsigned numbers below 0 where none does.
    func boundingBox(height: Int, width: Int) -> Box {
        guard counts.count > 1, height > 0 else { return Box(x: 0, y: 0, width: 0, height: 0) }
        var (left, top, right, bottom) = (width, height, 0, 0)
        // Runs stand in order, mostly in the same column or the next: a division by the height is seldom due.
        var (column, columnStart) = (0, 0)
        func place(_ position: Int) {
            guard position >= columnStart &+ height else { return }
            if position < columnStart &+ 2 &* height {
                column &+= 1
                columnStart &+= height
            } else {
                column = position / height
                columnStart = column &* height
            }
        }
        var end = 0
        for j in stride(from: 1, to: counts.count, by: 2) {
            let start = end &+ Int(counts[j &- 1])
            end = start &+ Int(counts[j])
            guard end > start else { continue }
            place(start)
            let (first, y) = (column, start &- columnStart)
            place(end &- 1)
            left = min(left, first)
            right = max(right, column)
            if first < column {
                (top, bottom) = (0, height - 1)
            } else {
                top = min(top, y)
                bottom = max(bottom, end &- 1 &- columnStart)
            }
        }
        func size(_ first: Int, _ last: Int) -> Double { Double(UInt32(truncatingIfNeeded: last - first + 1)) }
        return Box(x: Double(left), y: Double(top), width: size(left, right), height: size(top, bottom))
    }

    /// Of masks of one size, with their areas; over this one's own area where the other one is a crowd.
    func iou(with other: Runs, areas: (Int, Int), isCrowd: Bool) -> Double {
        var common = 0, union = 0
        if hasEmptyRuns && other.hasEmptyRuns {
            Self.walk(counts, other.counts) { length, a, b, _ in
                if a || b { union += length }
                if a && b { common += length }
            }
        } else {
            common = intersection(with: other)
            union = areas.0 + areas.1 - common
        }
        return common > 0 ? Double(common) / Double(isCrowd ? areas.0 : union) : 0
    }

    /// Whether a run but the first is of no length. No mask of the API's own has such.
    private var hasEmptyRuns: Bool {
        var least = UInt32.max
        for i in 1..<max(counts.count, 1) { least = min(least, counts[i]) }
        return least == 0
    }

    /// Pixels in both, of masks of one size.
    private func intersection(with other: Runs) -> Int {
        let (a, b) = (counts, other.counts)
        guard a.count > 1, b.count > 1 else { return 0 }
        var (i, j) = (1, 1)
        // The stretch of object that each mask is at.
        var startA = Int(a[0]), startB = Int(b[0])
        var endA = startA &+ Int(a[1]), endB = startB &+ Int(b[1])
        var common = 0
        while true {
            common &+= max(min(endA, endB) &- max(startA, startB), 0)
            if endA < endB {
                i &+= 2
                guard i < a.count else { return common }
                startA = endA &+ Int(a[i &- 1])
                endA = startA &+ Int(a[i])
            } else {
                j &+= 2
                guard j < b.count else { return common }
                startB = endB &+ Int(b[j &- 1])
                endB = startB &+ Int(b[j])
            }
        }
    }

    /// Both masks in step, as the mask API takes the steps: it passes over one run of each at a time, empty ones too, and ends
    /// where nothing is left of both runs, be it two empty ones.
    ///
    /// - Parameter body: takes the length of a step, whether it is inside of each mask, and whether each is inside behind it, with
    ///   whether the walk is over.
    static func walk(
        _ a: UnsafeBufferPointer<UInt32>, _ b: UnsafeBufferPointer<UInt32>,
        _ body: (Int, Bool, Bool, (a: Bool, b: Bool, isOver: Bool)) -> Void
    ) {
        struct Side {
            let runs: UnsafeBufferPointer<UInt32>
            var rest: Int
            var next = 1
            var inside = false

            init(_ runs: UnsafeBufferPointer<UInt32>) {
                self.runs = runs
                rest = runs.first.map { Int($0) } ?? 0
            }

            mutating func pass(_ length: Int) {
                rest -= length
                guard rest == 0, next < runs.count else { return }
                rest = Int(runs[next])
                next += 1
                inside.toggle()
            }
        }
        var (a, b) = (Side(a), Side(b))
        var isOver = false
        while !isOver {
            let (length, inA, inB) = (min(a.rest, b.rest), a.inside, b.inside)
            a.pass(length)
            b.pass(length)
            isOver = a.rest + b.rest == 0
            body(length, inA, inB, (a.inside, b.inside, isOver))
        }
    }
}
