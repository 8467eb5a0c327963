import Support

/// Which samples an iteration takes: each epoch in an order of its own, drawn from (seed, epoch); the samples that do not
/// fill a last batch are left out of that epoch. A set smaller than a batch is run through several times to fill one.
public struct EpochSampler: Sendable {
    public let count: Int
    public let batchSize: Int
    public let seed: UInt64

    /// - Parameter count: samples in the set; at least 1.
    public init(count: Int, batchSize: Int, seed: UInt64) {
        precondition(count > 0 && batchSize > 0, "\(count) samples in batches of \(batchSize)")
        self.count = count
        self.batchSize = batchSize
        self.seed = seed
    }

    public var iterationsPerEpoch: Int { max(count / batchSize, 1) }

    /// The epoch that an iteration is in, both counted from 0.
    public func epoch(of iteration: Int) -> Int { iteration / iterationsPerEpoch }

    /// The samples of an iteration, `batchSize` of them.
    public func samples(at iteration: Int) -> [Int] {
        let start = iteration % iterationsPerEpoch * batchSize
        let order = orders.order(epoch: epoch(of: iteration)) { makeOrder(epoch: $0) }
        return (start..<start + batchSize).map { order[$0 % count] }
    }

    private func makeOrder(epoch: Int) -> [Int] {
        var generator = SeededGenerator(seed, UInt64(epoch), 0x5A4D_504C)
        return generator.permutation(count)
    }

    // Drawing an order takes as long as the set is large; two epochs meet where one ends.
    private let orders = OrderCache()
}
