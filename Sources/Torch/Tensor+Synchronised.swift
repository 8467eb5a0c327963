extension Tensor {
    /// Batch normalisation over all dimensions but the second, by the statistics of all processes' batches taken together, each
    /// value counting the same: output and gradients are those of one batch. Parts may be of different sizes, and empty. Of one
    /// value a channel altogether the running statistics are used, and stay. Source: `torch.nn.SyncBatchNorm`, for CUDA alone.
    ///
    /// Gradients of `weight` and `bias` are those of this process's part: they are yet to be summed.
    ///
    /// - Parameter batchesTracked: one more where the running statistics moved.
    public func batchNormalized(
        weight: Tensor, bias: Tensor, runningMean: Tensor, runningVariance: Tensor, batchesTracked: Tensor, momentum: Double,
        epsilon: Double, over group: ProcessGroup
    ) -> Tensor {
        Operator.syncBatchNorm(
            .tensor(self), .tensor(weight), .tensor(bias), .tensor(runningMean), .tensor(runningVariance),
            .tensor(batchesTracked), .double(momentum), .double(epsilon), .int(group.address))
    }
}

extension Operator {
    static let syncBatchNorm = Operator("ediy::sync_batch_norm")
}
