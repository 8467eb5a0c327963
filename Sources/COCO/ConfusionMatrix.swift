/// Which category was taken for which, at one score.
///
/// Detections of at least the score, by falling score, each take the free object that they overlap most, of whatever category.
/// Those that only overlap a crowd of their category are left out.
public struct ConfusionMatrix: Sendable {
    /// K of them, the dataset's in the order of their ids.
    public let categories: [Category]
    /// (K + 1) × (K + 1): rows are the objects' categories, columns the detections'; the last row counts detections of nothing,
    /// the last column objects not found.
    public let counts: [Int]
    /// The least score, and the least overlap.
    public let score: Double
    public let overlap: Double

    /// - Throws: `UserError` for a detection on an unknown image, or a mask that does not fit its image.
    public init(
        _ results: Results, against dataset: Dataset, by type: IoUType, score: Double = 0.5, overlap: Double = 0.5
    ) throws {
        var evaluator = Evaluator(type)
        evaluator.detectionLimits = [.max]
        let pairing = try Pairing(results, dataset, type, evaluator, .images)
        let side = dataset.categories.count + 1
        let columns = IDTable(dataset.categories.map(\.id))
        let images = try pairing.imagesConcurrently { gt, dt, _, work throws(RecordError) in
            let (G, ious) = (gt.count, work.ious)
            let rows = gt.map { Int(pairing.truth.rows[$0]) }
            let truth = rows.map { Int(dataset.categoryIndices[$0]) }
            var isTaken = [Bool](repeating: false, count: G)
            var cells: [Int] = []
            for (d, detection) in dt.enumerated() {
                let row = Int(pairing.detections.rows[detection])
                guard results.scores[row] >= score, let column = columns[results.categoryIDs[row]].map(Int.init) else { continue }
                let able = (0..<G).filter { ious[d * G + $0] >= overlap }
                let free = able.filter { !isTaken[$0] && !pairing.isIgnored[rows[$0]] }
                if let g = free.max(by: { (ious[d * G + $0], $1) < (ious[d * G + $1], $0) }) {
                    isTaken[g] = true
                    cells.append(truth[g] * side + column)
                } else if !able.contains(where: { pairing.isIgnored[rows[$0]] && truth[$0] == column }) {
                    cells.append((side - 1) * side + column)
                }
            }
            return cells + (0..<G).filter { !isTaken[$0] && !pairing.isIgnored[rows[$0]] }.map { truth[$0] * side + side - 1 }
        }
        var counts = [Int](repeating: 0, count: side * side)
        for cell in images.flatMap(\.value) { counts[cell] += 1 }
        self.counts = counts
        self.score = score
        self.overlap = overlap
        categories = dataset.categories
    }

    /// How many objects of one category were taken for another; nil stands for nothing.
    public subscript(truth: Int?, found: Int?) -> Int {
        counts[(truth ?? categories.count) * (categories.count + 1) + (found ?? categories.count)]
    }

    /// How good the detections of a category are at the score; nil of a category that neither is nor was found.
    public func point(_ category: Int) -> OperatingPoint? {
        let side = categories.count + 1
        let right = self[category, category]
        let found = (0..<side).reduce(0) { $0 + counts[$1 * side + category] }
        let objects = (0..<side).reduce(0) { $0 + counts[category * side + $1] }
        return found + objects > 0 ? OperatingPoint(right: right, found: found, objects: objects) : nil
    }

    /// Pairs of categories taken for each other most often: truth and found, nil for nothing.
    public func commonest(_ count: Int) -> [(truth: Int?, found: Int?, count: Int)] {
        let side = categories.count + 1
        let wrong = counts.indices.filter { $0 / side != $0 % side && counts[$0] > 0 }
        return wrong.sorted { (counts[$1], $0) < (counts[$0], $1) }.prefix(count).map { cell in
            let (truth, found) = (cell / side, cell % side)
            return (truth < side - 1 ? truth : nil, found < side - 1 ? found : nil, counts[cell])
        }
    }
}
