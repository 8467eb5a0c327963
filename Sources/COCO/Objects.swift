import Foundation

/// Objects of one side sorted by group, a category or all of them, then by image: a group is one stretch, and an image of it
/// another.
///
/// Detections of an image stand by falling score, ties in the order they were given in, and only as many as are evaluated.
struct Objects: Sendable {
    /// The place of each in its file.
    let rows: [Int32]
    /// Of each, its image's place among the images sorted by id, as np.unique sorts them.
    let images: [Int32]
    /// The place of each among those of its group and image.
    let ranks: [Int32]
    /// Group k holds starts[k] ..< starts[k + 1].
    private let starts: [Int]

    func range(group: Int) -> Range<Int> { starts[group]..<starts[group + 1] }

    /// - Parameters:
    ///   - images: of each object of the file, its image's place among the sorted ones.
    ///   - groups: of each object its group; `groupCount` for one that takes no part.
    ///   - order: the order that objects of one image and group stand in; that of the file without it.
    ///   - scores: of each object, or nil to keep the order.
    ///   - limit: how many of an image are kept.
    init(
        images: [Int32], imageCount: Int, groups: [Int32], groupCount: Int, order: [Int32]? = nil, scores: [Double]? = nil,
        limit: Int = .max
    ) {
        let byImage = grouped(images, groups: imageCount, order: order).places
        let (sorted, ends) = grouped(groups, groups: groupCount + 1, order: byImage)
        var rows = Array(sorted[..<Int(ends[groupCount])])
        var ranks = [Int32](repeating: 0, count: rows.count)
        rows.withUnsafeMutableBufferPointer { rows in
            ranks.withUnsafeMutableBufferPointer { ranks in
                // Each group writes a stretch of its own.
                nonisolated(unsafe) let (rows, ranks) = (rows, ranks)
                DispatchQueue.concurrentPerform(iterations: groupCount) { k in
                    let group = Int(ends[k])..<Int(ends[k + 1])
                    rank(
                        UnsafeMutableBufferPointer(rebasing: rows[group]), UnsafeMutableBufferPointer(rebasing: ranks[group]),
                        images, scores)
                }
            }
        }
        var starts = ends.dropLast().map(Int.init)
        if limit < .max, ranks.contains(where: { $0 >= limit }) {
            for k in starts.indices.reversed() where k > 0 { starts[k] = ranks[..<starts[k]].count { $0 < limit } }
            rows = zip(rows, ranks).filter { $0.1 < limit }.map(\.0)
            ranks.removeAll { $0 >= limit }
        }
        self.images = rows.map { images[Int($0)] }
        self.rows = rows
        self.ranks = ranks
        self.starts = starts
    }
}

/// Sorts the objects of one group inside each image by falling score, and counts them there.
private func rank(
    _ rows: UnsafeMutableBufferPointer<Int32>, _ ranks: UnsafeMutableBufferPointer<Int32>, _ images: [Int32], _ scores: [Double]?
) {
    var start = 0
    while start < rows.count {
        let image = images[Int(rows[start])]
        var next = start + 1
        while next < rows.count && images[Int(rows[next])] == image { next += 1 }
        if let scores, next - start > 1 {
            // The ranks serve to keep ties in order until they are known.
            for i in start..<next { ranks[i] = Int32(i - start) }
            let given = Array(rows[start..<next])
            ranks[start..<next].sort { a, b in
                let (x, y) = (scores[Int(given[Int(a)])], scores[Int(given[Int(b)])])
                return x != y ? x > y : a < b
            }
            for i in start..<next { rows[i] = given[Int(ranks[i])] }
        }
        for i in start..<next { ranks[i] = Int32(i - start) }
        start = next
    }
}

/// The places 0 ..< keys.count sorted by key, equal ones in `order`, and where each key's begin.
func grouped(_ keys: [Int32], groups: Int, order: [Int32]? = nil) -> (places: [Int32], starts: [Int32]) {
    var starts = [Int32](repeating: 0, count: groups + 1)
    for key in keys { starts[Int(key) + 1] += 1 }
    for g in 0..<groups { starts[g + 1] += starts[g] }
    var next = starts
    var places = [Int32](repeating: 0, count: keys.count)
    func put(_ i: Int32) {
        let key = Int(keys[Int(i)])
        places[Int(next[key])] = i
        next[key] += 1
    }
    if let order { order.forEach(put) } else { (0..<Int32(keys.count)).forEach(put) }
    return (places, starts)
}
