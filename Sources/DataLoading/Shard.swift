import Torch

/// A process's part of each batch: of as many equal runs of its places as there are processes, the one of its rank. All
/// processes draw the same batches, and so together see what one process would.
public struct Shard: Sendable, Equatable {
    public let index: Int
    public let count: Int

    public init(index: Int, of count: Int) {
        precondition((0..<count).contains(index), "shard \(index) of \(count)")
        (self.index, self.count) = (index, count)
    }

    /// All of it: a process by itself.
    public static let whole = Shard(index: 0, of: 1)

    public init(_ group: ProcessGroup?) {
        self = group.map { Shard(index: $0.rank, of: $0.size) } ?? .whole
    }

    /// The places in a batch that are this part's; the batch divides by `count`.
    public func places(ofBatch size: Int) -> Range<Int> {
        let each = size / count
        return index * each..<(index + 1) * each
    }
}
