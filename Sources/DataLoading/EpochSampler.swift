import Support

/// Which samples an iteration takes: each epoch in an order of its own, drawn from (seed, epoch); the samples that do not
/// fill a last batch are left out of that epoch. A set smaller than a batch is run through several times to fill one. Of several
/// processes each takes its shard of every batch.
public struct EpochSampler: Sendable {
    public let count: Int
    public let batchSize: Int
    public let seed: UInt64
    private let shard: Shard
    private let order: @Sendable (_ seed: UInt64, _ epoch: Int) -> [Int32]

    /// - Parameters:
    ///   - count: samples in the set; at least 1.
    ///   - batchSize: of all processes together.
    ///   - order: all samples in the order of an epoch; a permutation where none is given.
    public init(
        count: Int, batchSize: Int, seed: UInt64, shard: Shard = .whole,
        order: (@Sendable (_ seed: UInt64, _ epoch: Int) -> [Int32])? = nil
    ) {
        precondition(count > 0 && batchSize > 0, "\(count) samples in batches of \(batchSize)")
        self.count = count
        self.batchSize = batchSize
        self.seed = seed
        self.shard = shard
        self.order = order ?? { Self.permutation(count, seed: $0, epoch: $1) }
    }

    public var iterationsPerEpoch: Int { max(count / batchSize, 1) }

    /// The epoch that an iteration is in, both counted from 0.
    public func epoch(of iteration: Int) -> Int { iteration / iterationsPerEpoch }

    /// The places in a batch that are this process's.
    public var share: Range<Int> { shard.places(ofBatch: batchSize) }

    /// The places in its epoch's order that an iteration of this process takes; a place beyond the last goes round.
    public func places(at iteration: Int) -> Range<Int> {
        let start = iteration % iterationsPerEpoch * batchSize
        return start + share.lowerBound..<start + share.upperBound
    }

    /// The samples of an iteration of this process, one for each place of `share`.
    public func samples(at iteration: Int) -> [Int] { samples(places(at: iteration), epoch(of: iteration)) }

    /// The samples of an iteration of all processes, `batchSize` of them.
    public func wholeBatch(at iteration: Int) -> [Int] {
        let start = iteration % iterationsPerEpoch * batchSize
        return samples(start..<start + batchSize, epoch(of: iteration))
    }

    private func samples(_ places: Range<Int>, _ epoch: Int) -> [Int] {
        let all = orders.order(epoch: epoch) { order(seed, $0) }
        return places.map { Int(all[$0 % count]) }
    }

    /// 0 ..< count in an order drawn from (seed, epoch).
    static func permutation(_ count: Int, seed: UInt64, epoch: Int) -> [Int32] {
        var generator = SeededGenerator(seed, UInt64(epoch), 0x5A4D_504C)
        return (0..<Int32(count)).shuffled(using: &generator)
    }

    // Drawing an order takes as long as the set is large; two epochs meet where one ends.
    private let orders = OrderCache()
}
