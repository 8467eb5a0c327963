import Torch

extension Module {
    /// Sets the running statistics of every batch normalisation that learns to those of `count` batches together: the mean of
    /// the batches' means, and the variance around it. Running averages lag behind the weights, and weigh the last batches
    /// most. Source: precise BN (arXiv 2105.07576, section 3), as fvcore's `update_bn_stats` computes it for Detectron2.
    ///
    /// - Parameter forward: puts batch 0, 1, … through the network as it learns; its gradients are not recorded.
    public func recomputeStatistics(batches count: Int, _ forward: (Int) throws -> Void) rethrows {
        let norms = runningStatistics
        try withoutGrad {
            for batch in 0..<count {
                for norm in norms { norm.begin() }
                try forward(batch)
                for norm in norms { norm.end() }
            }
            for norm in norms { norm.finish() }
        }
    }

    private var runningStatistics: [RunningStatistics] {
        let entries = state("")
        let tensors = Dictionary(entries.map { ($0.name, $0.tensor) }) { first, _ in first }
        return entries.compactMap { entry in
            guard entry.role == .norm, entry.name.hasSuffix("weight") else { return nil }
            let prefix = entry.name.dropLast("weight".count)
            guard let mean = tensors["\(prefix)running_mean"], let variance = tensors["\(prefix)running_var"],
                let count = tensors["\(prefix)num_batches_tracked"]
            else { return nil }
            return RunningStatistics(mean: mean, variance: variance, count: count)
        }
    }
}

/// One normalisation's running statistics, and the sums of the batches'.
private final class RunningStatistics {
    private let mean, variance, count: Tensor
    private let oldMean, oldVariance: Tensor
    private var oldCount = 0.0
    private var batches = 0.0
    private var sum, sumOfSquares: Tensor

    init(mean: Tensor, variance: Tensor, count: Tensor) {
        (self.mean, self.variance, self.count) = (mean, variance, count)
        (oldMean, oldVariance) = (mean.cloned(), variance.cloned())
        (sum, sumOfSquares) = (mean.zerosLike(), mean.zerosLike())
    }

    func begin() {
        mean.copyInPlace(oldMean)
        variance.copyInPlace(oldVariance)
        oldCount = count.item
    }

    /// The batch's statistics, by how far they moved the running ones; none where the batch gave the layer too little.
    func end() {
        guard count.item > oldCount else { return }
        let batchMean = moved(mean, oldMean), batchVariance = moved(variance, oldVariance)
        sum = sum + batchMean
        sumOfSquares = sumOfSquares + batchVariance + batchMean * batchMean
        batches += 1
    }

    func finish() {
        guard batches > 0 else { return begin() }
        let average = sum / batches
        mean.copyInPlace(average)
        variance.copyInPlace((sumOfSquares / batches - average * average).clamped(min: 0))
    }

    private func moved(_ now: Tensor, _ old: Tensor) -> Tensor { old + (now - old) / BatchNorm.momentum }
}
