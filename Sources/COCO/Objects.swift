import Support

/// Objects of one side sorted by category, then by image, so that a category is one stretch and an image of it another.
///
/// Detections of an image stand by falling score, ties in the order of the file, and only as many as are evaluated.
struct Objects: Sendable {
    /// The place of each in its file.
    let rows: [Int32]
    /// Of each, its image's place among the images sorted by id, as np.unique sorts them.
    let images: [Int32]
    /// The place of each among those of its category and image.
    let ranks: [Int32]
    /// Category k holds starts[k] ..< starts[k + 1].
    private let starts: [Int]

    func range(category: Int) -> Range<Int> { starts[category]..<starts[category + 1] }

    /// - Parameters:
    ///   - images: of each object of the file, its image's place among the sorted ones.
    ///   - categories: of each object its category's place; `categoryCount` for one that takes no part.
    ///   - scores: of each object, or nil to keep the order of the file.
    ///   - limit: how many of an image are kept.
    init(
        images: [Int32], imageCount: Int, categories: [Int32], categoryCount: Int, scores: [Double]? = nil,
        limit: Int = .max
    ) {
        let byImage = grouped(images, groups: imageCount).places
        let (byCategory, ends) = grouped(byImage.map { categories[Int($0)] }, groups: categoryCount + 1)
        var sorted = byCategory.map { byImage[Int($0)] }
        var rows: [Int32] = []
        var ranks: [Int32] = []
        var starts = [0]
        rows.reserveCapacity(sorted.count)
        ranks.reserveCapacity(sorted.count)
        for category in 0..<categoryCount {
            var start = Int(ends[category])
            let end = Int(ends[category + 1])
            while start < end {
                let image = images[Int(sorted[start])]
                var next = start + 1
                while next < end && images[Int(sorted[next])] == image { next += 1 }
                if let scores, next - start > 1 {
                    sorted[start..<next].sort { a, b in
                        let (x, y) = (scores[Int(a)], scores[Int(b)])
                        return x != y ? x > y : a < b
                    }
                }
                let kept = min(next - start, limit)
                rows += sorted[start..<start + kept]
                ranks += 0..<Int32(kept)
                start = next
            }
            starts.append(rows.count)
        }
        self.images = rows.map { images[Int($0)] }
        self.rows = rows
        self.ranks = ranks
        self.starts = starts
    }
}

/// The places 0 ..< keys.count sorted by key, equal ones in order, and where each key's begin.
func grouped(_ keys: [Int32], groups: Int) -> (places: [Int32], starts: [Int32]) {
    var starts = [Int32](repeating: 0, count: groups + 1)
    for key in keys { starts[Int(key) + 1] += 1 }
    for g in 0..<groups { starts[g + 1] += starts[g] }
    var next = starts
    var places = [Int32](repeating: 0, count: keys.count)
    for (i, key) in keys.enumerated() {
        places[Int(next[Int(key)])] = Int32(i)
        next[Int(key)] += 1
    }
    return (places, starts)
}
