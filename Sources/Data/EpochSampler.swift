import Support

/// Which samples an iteration takes: each epoch in an order of its own, drawn from (seed, epoch); the samples that do not
/// fill a last batch are left out of that epoch. A set smaller than a batch is run through several times to fill one.
public struct EpochSampler: Sendable {
    public let count: Int
    public let batchSize: Int
    public let seed: UInt64
    private let order: @Sendable (_ seed: UInt64, _ epoch: Int) -> [Int32]

    /// - Parameters:
    ///   - count: samples in the set; at least 1.
    ///   - order: all samples in the order of an epoch; a permutation where none is given.
    public init(
        count: Int, batchSize: Int, seed: UInt64,
        order: (@Sendable (_ seed: UInt64, _ epoch: Int) -> [Int32])? = nil
    ) {
        precondition(count > 0 && batchSize > 0, "\(count) samples in batches of \(batchSize)")
        self.count = count
        self.batchSize = batchSize
        self.seed = seed
        self.order = order ?? { Self.permutation(count, seed: $0, epoch: $1) }
    }

    public var iterationsPerEpoch: Int { max(count / batchSize, 1) }

    /// The epoch that an iteration is in, both counted from 0.
    public func epoch(of iteration: Int) -> Int { iteration / iterationsPerEpoch }

    /// The places in its epoch's order that an iteration takes; a place beyond the last goes round.
    public func places(at iteration: Int) -> Range<Int> {
        let start = iteration % iterationsPerEpoch * batchSize
        return start..<start + batchSize
    }

    /// The samples of an iteration, `batchSize` of them.
    public func samples(at iteration: Int) -> [Int] {
        let all = orders.order(epoch: epoch(of: iteration)) { order(seed, $0) }
        return places(at: iteration).map { Int(all[$0 % count]) }
    }

    /// 0 ..< count in an order drawn from (seed, epoch).
    static func permutation(_ count: Int, seed: UInt64, epoch: Int) -> [Int32] {
        var generator = SeededGenerator(seed, UInt64(epoch), 0x5A4D_504C)
        return (0..<Int32(count)).shuffled(using: &generator)
    }

    // Drawing an order takes as long as the set is large; two epochs meet where one ends.
    private let orders = OrderCache()
}
