import CSimdJSON
import Support

/// Ids as their file writes them. Most are whole numbers and stand for themselves; for a string ("0001_cam"), or a number of over
/// 64 bits, a number stands that follows from the text alone, so that two files that write the same mean the same.
public struct IDNames: Sendable {
    private let texts: [Int: String]

    /// Of numbers alone.
    public init() { texts = [:] }

    init(_ tables: [CocoTexts]) {
        var texts: [Int: String] = [:]
        for table in tables {
            for (i, text) in strings(Int(table.count), table.starts, table.texts).enumerated() { texts[Int(table.ids[i])] = text }
        }
        self.texts = texts
    }

    /// An id as its file has it.
    public subscript(id: Int) -> String { texts[id] ?? "\(id)" }

    /// An id as JSON has it: a string where no number stands for itself.
    func json(_ id: Int) -> JSON { texts[id].map(JSON.string) ?? .int(id) }

    /// The places of ids in their order: numbers by size, and strings by their bytes, as `np.unique` sorts both.
    func order(_ ids: [Int], areQuoted: Bool) -> [Int] {
        guard areQuoted else { return ids.indices.sorted { (ids[$0], $0) < (ids[$1], $1) } }
        let keys = ids.map { Array(self[$0].utf8) }
        return ids.indices.sorted {
            keys[$0] == keys[$1] ? $0 < $1 : keys[$0].lexicographicallyPrecedes(keys[$1])
        }
    }
}
