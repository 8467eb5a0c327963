// Our own operators for detectors, registered beside libtorch's.

extension Tensor {
    /// RoIAlign: regions of a map (N, C, H, W) resampled to one size. Source: arXiv 1703.06870, section 3.
    ///
    /// - Parameters:
    ///   - regions: (R, 5): the image's place in the batch, then x₀, y₀, x₁, y₁ in pixels of the image.
    ///   - scale: pixels of the map a pixel of the image, 1 / stride.
    ///   - samplingRatio: samples a bin and axis; 0 takes as many as the bin has pixels.
    ///   - aligned: with the half-pixel correction.
    /// - Returns: (R, C, height, width), float32 of a map in 16 bits. Gradients flow to the map alone.
    public func roiAligned(
        _ regions: Tensor, height: Int, width: Int, scale: Double, samplingRatio: Int = 0, aligned: Bool = true
    ) -> Tensor {
        Operator.roiAlign(
            .tensor(self), .tensor(regions), .double(scale), .int(height), .int(width),
            .int(samplingRatio), .bool(aligned))
    }

    /// Non-maximum suppression of these boxes (n, 4) by `scores` (n), each group (n) by itself.
    ///
    /// - Returns: the kept places by falling score, int64.
    public func suppressed(scores: Tensor, groups: Tensor, iouThreshold: Double) -> Tensor {
        Operator.nms(.tensor(self), .tensor(scores), .tensor(groups), .double(iouThreshold))
    }
}

extension Operator {
    static let roiAlign = Operator("ediy::roi_align")
    static let nms = Operator("ediy::nms")
}
