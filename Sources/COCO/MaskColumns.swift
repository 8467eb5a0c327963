import CSimdJSON
import Support

/// Masks of many objects, as their file wrote them, in the memory they were read into.
struct MaskColumns: Sendable {
    enum Kind: UInt8 {
        case none, polygons, counts, compressed
        /// The key is there, with null or an empty list.
        case empty
        /// The key is there, with points that make no polygon.
        case unusable

        var isMask: Bool { ![.none, .empty, .unusable].contains(self) }
    }

    private enum Storage {
        /// Stretches of objects, and where each begins; nil for one without masks.
        case file([CocoPart?], starts: [Int])
        case given([RLE?])
    }

    private let storage: Storage

    /// What is said of an object whose `segmentation` is `empty` or `unusable`.
    static let unusable = "has a segmentation that is no mask: neither polygons of three corners nor run lengths"

    init(_ parts: [CocoPart]) {
        let kept: [CocoPart?] = parts.map { part in
            UnsafeBufferPointer(start: part.masks.kinds, count: Int(part.masks.count)).contains { $0 != 0 } ? part : nil
        }
        storage = .file(kept, starts: parts.reduce(into: [0]) { $0.append($0.last! + Int($1.masks.count)) })
    }

    init(_ masks: [RLE?]) { storage = .given(masks) }

    /// The table that holds object i, and its place there; nil where it has no mask.
    private func place(_ i: Int, _ parts: [CocoPart?], _ starts: [Int]) -> (table: CocoMasks, i: Int)? {
        var (low, high) = (0, parts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= i { low = middle } else { high = middle }
        }
        return parts[low].map { ($0.masks, i - starts[low]) }
    }

    func kind(_ i: Int) -> Kind {
        switch storage {
        case .file(let parts, let starts):
            return place(i, parts, starts).flatMap { Kind(rawValue: $0.table.kinds[$0.i]) } ?? Kind.none
        case .given(let masks): return masks[i] == nil ? .none : .counts
        }
    }

    /// The polygons of object i; none where it has run lengths.
    func polygons(_ i: Int) -> [[Double]] {
        guard case .file(let parts, let starts) = storage, let (table, i) = place(i, parts, starts) else { return [] }
        return Self.polygons(table, i)
    }

    private static func polygons(_ table: CocoMasks, _ i: Int) -> [[Double]] {
        guard Kind(rawValue: table.kinds[i]) == .polygons else { return [] }
        var start = Int(table.number_starts[i])
        return (table.part_starts[i]..<table.part_starts[i + 1]).map { part in
            let length = Int(table.part_lengths[Int(part)])
            defer { start += length }
            return Array(UnsafeBufferPointer(start: table.numbers + start, count: length))
        }
    }

    /// The mask of object i in an image of this size, or nil where it has none.
    ///
    /// - Throws: `UserError` when run lengths are of another size, or do not fill it.
    func mask(_ i: Int, height: Int, width: Int) throws(UserError) -> RLE? {
        guard kind(i).isMask else { return nil }
        var counts: [UInt32] = []
        try appendRuns(i, height: height, width: width, to: &counts)
        return RLE(height: height, width: width, counts: counts)
    }

    /// Appends the run lengths of object i's mask; nothing where it has none. Throws as `mask` does.
    func appendRuns(_ i: Int, height: Int, width: Int, to counts: inout [UInt32]) throws(UserError) {
        let first = counts.count
        switch storage {
        case .given(let masks):
            guard let mask = masks[i] else { return }
            try Self.check(mask.height, mask.width, height, width)
            counts += mask.counts
        case .file(let parts, let starts):
            guard let (table, i) = place(i, parts, starts), let kind = Kind(rawValue: table.kinds[i]) else { return }
            switch kind {
            case .none, .empty, .unusable: return
            case .polygons:
                let polygons = Self.polygons(table, i)
                try Self.checkExtent(polygons, width: width)
                return counts += RLE(polygons: polygons, height: height, width: width).counts
            case .counts:
                try Self.check(Int(table.sizes[2 * i]), Int(table.sizes[2 * i + 1]), height, width)
                for n in table.number_starts[i]..<table.number_starts[i + 1] { counts.append(UInt32(table.numbers[Int(n)])) }
            case .compressed:
                try Self.check(Int(table.sizes[2 * i]), Int(table.sizes[2 * i + 1]), height, width)
                let start = Int(table.text_starts[i])
                let text = UnsafeRawBufferPointer(start: table.text + start, count: Int(table.text_starts[i + 1]) - start)
                return try RLE.appendRuns(
                    compressed: text.assumingMemoryBound(to: UInt8.self), height: height, width: width, to: &counts)
            }
        }
        try RLE.check(counts[first...], height: height, width: width)
    }

    /// A polygon takes memory for each column of pixels that an edge crosses: far below this in any that was drawn.
    private static let crossingLimit = 1 << 26

    private static func checkExtent(_ polygons: [[Double]], width: Int) throws(UserError) {
        for xy in polygons where xy.count / 2 * width > crossingLimit {
            let crossings = stride(from: 0, to: xy.count - 1, by: 2).reduce(0.0) { sum, i in
                sum + min(abs(xy[i] - xy[i + 2 < xy.count - 1 ? i + 2 : 0]), Double(width))
            }
            guard crossings <= Double(crossingLimit) else {
                throw UserError("its polygon's edges cross \(Int(crossings)) columns of pixels, over 2^26")
            }
        }
    }

    private static func check(_ ownHeight: Int, _ ownWidth: Int, _ height: Int, _ width: Int) throws(UserError) {
        guard ownHeight == height, ownWidth == width else {
            throw UserError("its mask is of height and width \(ownHeight), \(ownWidth), its image of \(height), \(width)")
        }
    }
}
