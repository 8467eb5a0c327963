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

    func boundingBox(height: Int, width: Int) -> Box {
        let pairs = counts.count / 2 * 2
        guard pairs > 0, height > 0 else { return Box(x: 0, y: 0, width: 0, height: 0) }
        var (left, top, right, bottom) = (width, height, 0, 0)
        var (position, column) = (0, 0)
        // Runs begin and end in order, so that a division by the height is only due where a column is left behind.
        var (x, columnStart) = (0, 0)
        for j in 0..<pairs {
            position += Int(counts[j])
            let t = position - j % 2
            if t - columnStart >= height || t < columnStart {
                x = t / height
                columnStart = x * height
            }
            let y = t - columnStart
            if j % 2 == 0 {
                column = x
            } else if column < x {
                top = 0
                bottom = height - 1
            }
            left = min(left, x)
            right = max(right, x)
            top = min(top, y)
            bottom = max(bottom, y)
        }
        return Box(
            x: Double(left), y: Double(top), width: Double(right - left + 1), height: Double(bottom - top + 1))
    }

    /// Of masks of one size; over this one's own area where the other one is a crowd.
    func iou(with other: Runs, isCrowd: Bool) -> Double {
        var (intersection, union) = (0, 0)
        Self.walk(counts, other.counts) { length, a, b in
            if a || b { union += Int(length) }
            if a && b { intersection += Int(length) }
        }
        guard intersection > 0 else { return 0 }
        return Double(intersection) / Double(isCrowd ? area : union)
    }

    /// Both masks in step: stretches over which neither changes, empty ones left out.
    @inline(__always)
    static func walk(
        _ a: some RandomAccessCollection<UInt32>, _ b: some RandomAccessCollection<UInt32>,
        _ body: (UInt32, Bool, Bool) -> Void
    ) {
        var (i, j) = (a.startIndex, b.startIndex)
        var (restA, restB): (UInt32, UInt32) = (a.first ?? 0, b.first ?? 0)
        var (inA, inB) = (false, false)
        while i < a.endIndex && j < b.endIndex {
            let length = min(restA, restB)
            if length > 0 { body(length, inA, inB) }
            restA -= length
            restB -= length
            if restA == 0 {
                i = a.index(after: i)
                inA.toggle()
                if i < a.endIndex { restA = a[i] }
            }
            if restB == 0 {
                j = b.index(after: j)
                inB.toggle()
                if j < b.endIndex { restB = b[j] }
            }
        }
    }
}
