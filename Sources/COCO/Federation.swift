import CSimdJSON

/// Which categories were looked for in which image. LVIS annotates each category only in some images: in others a detection
/// of it is neither right nor wrong. Source: arXiv 1908.03195, section 2.
struct Federation: Sendable {
    // Of image i the categories from starts[i] to starts[i + 1].
    private let negativeStarts: [Int]
    private let negatives: [Int]
    private let inexhaustiveStarts: [Int]
    private let inexhaustive: [Int]

    /// Nil where the images name no such categories.
    init?(_ tables: [CocoImages]) {
        func lists(
            _ starts: (CocoImages) -> UnsafePointer<Int64>?, _ values: (CocoImages) -> UnsafePointer<Int64>?
        ) -> ([Int], [Int]) {
            var (all, ids) = ([0], [Int]())
            for table in tables where table.count > 0 {
                guard let starts = starts(table) else { continue }
                let base = ids.count
                all += (1...Int(table.count)).map { base + Int(starts[$0]) }
                ids += UnsafeBufferPointer(start: values(table), count: Int(starts[Int(table.count)])).map(Int.init)
            }
            return (all, ids)
        }
        (negativeStarts, negatives) = lists(\.negative_starts, \.negatives)
        (inexhaustiveStarts, inexhaustive) = lists(\.inexhaustive_starts, \.inexhaustive)
        if negatives.isEmpty && inexhaustive.isEmpty { return nil }
    }

    /// Whether a category is known to be absent from an image, by the image's place in the file.
    func isAbsent(_ category: Int, image: Int) -> Bool {
        negatives[negativeStarts[image]..<negativeStarts[image + 1]].contains(category)
    }

    /// Whether an image may hold objects of a category that are not annotated.
    func isInexhaustive(_ category: Int, image: Int) -> Bool {
        inexhaustive[inexhaustiveStarts[image]..<inexhaustiveStarts[image + 1]].contains(category)
    }
}
