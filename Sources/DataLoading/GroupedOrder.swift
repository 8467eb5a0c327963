import Support

extension EpochSampler {
    /// Batches of one group each, but for those of what fills none of its own; as many as without groups. Of images wide and
    /// high, the less is padded so. Source: Detectron2's `AspectRatioGroupedDataset`, whose stream this makes epochs of.
    ///
    /// - Parameter groups: a number for each sample.
    public init(batchSize: Int, seed: UInt64, groups: [Int], shard: Shard = .whole) {
        let kinds = Set(groups).sorted()
        guard kinds.count > 1 else {
            self.init(count: groups.count, batchSize: batchSize, seed: seed, shard: shard)
            return
        }
        self.init(count: groups.count, batchSize: batchSize, seed: seed, shard: shard) { seed, epoch in
            let order = Self.permutation(groups.count, seed: seed, epoch: epoch)
            var batches: [ArraySlice<Int32>] = [], rest: [Int32] = []
            func cut(_ samples: [Int32]) -> ArraySlice<Int32> {
                let whole = samples.count / batchSize * batchSize
                batches += stride(from: 0, to: whole, by: batchSize).map { samples[$0..<$0 + batchSize] }
                return samples[whole...]
            }
            for kind in kinds { rest += cut(order.filter { groups[Int($0)] == kind }) }
            let left = cut(rest)
            var generator = SeededGenerator(seed, UInt64(epoch), 0x6A0F)
            return batches.shuffled(using: &generator).flatMap { $0 } + left
        }
    }
}
