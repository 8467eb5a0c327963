/// Where each id stands in a list. Ids that lie close together are looked up in an array, others by hashing.
struct IDTable: Sendable {
    private let dense: [Int32]
    private let sparse: [Int: Int32]

    /// - Parameter ids: each there once.
    init(_ ids: [Int]) {
        let (least, most) = (ids.min() ?? 0, ids.max() ?? 0)
        if least >= 0 && most < max(8 * ids.count, 1 << 20) {
            var dense = [Int32](repeating: -1, count: most + 1)
            for (i, id) in ids.enumerated() { dense[id] = Int32(i) }
            (self.dense, sparse) = (dense, [:])
        } else {
            (dense, sparse) = ([], Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, Int32($0)) }))
        }
    }

    subscript(id: Int) -> Int32? {
        if dense.isEmpty { return sparse[id] }
        guard dense.indices.contains(id), dense[id] >= 0 else { return nil }
        return dense[id]
    }
}
