// The operators that networks are made of. N images, C channels, H × W pixels.

extension Tensor {
    /// 2-D convolution of (N, C, H, W) with `weight` (O, C / groups, K, K) and `bias` (O) → (N, O, H', W'), H' being
    /// (H + 2 · padding − dilation · (K − 1) − 1) / stride + 1, rounded down. Fastest with channels innermost.
    public func convolved(
        _ weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Int = 0, dilation: Int = 1, groups: Int = 1
    ) -> Tensor {
        Operator.conv2d(
            .tensor(self), .tensor(weight), .optional(bias), .ints([stride, stride]), .ints([padding, padding]),
            .ints([dilation, dilation]), .int(groups))
    }

    /// Transposed 2-D convolution of (N, C, H, W) with `weight` (C, O, K, K) and `bias` (O) → (N, O, H', W'), H' being
    /// (H − 1) · stride − 2 · padding + K.
    public func convolvedTransposed(_ weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Int = 0) -> Tensor {
        Operator.convTranspose2d(
            .tensor(self), .tensor(weight), .optional(bias), .ints([stride, stride]), .ints([padding, padding]))
    }

    /// x · weightᵀ + bias: (…, in) by `weight` (out, in) and `bias` (out) → (…, out).
    public func linear(_ weight: Tensor, bias: Tensor? = nil) -> Tensor {
        Operator.linear(.tensor(self), .tensor(weight), .optional(bias))
    }

    /// Batch normalisation of (N, C, …) over all dimensions but the second, and what follows it in a residual network, in one:
    /// relu(norm(x) + residual). With `training` the batch's statistics are used and the running ones moved towards them by
    /// `momentum`, in place; without, the running ones are used.
    ///
    /// - Parameters:
    ///   - residual: added to what is normalised, of its shape.
    ///   - activated: whether a ReLU ends it.
    public func batchNormalized(
        weight: Tensor, bias: Tensor, runningMean: Tensor, runningVariance: Tensor, training: Bool, momentum: Double,
        epsilon: Double, adding residual: Tensor? = nil, activated: Bool = false
    ) -> Tensor {
        Operator.batchNorm(
            .tensor(self), .tensor(weight), .tensor(bias), .tensor(runningMean), .tensor(runningVariance), .bool(training),
            .double(momentum), .double(epsilon), .optional(residual), .bool(activated))
    }

    /// The largest of each `kernel` × `kernel` window of (N, C, H, W) → (N, C, H', W'), H' being (H + 2 · padding − kernel) / stride + 1,
    /// rounded down. Padding is less than anything.
    public func maxPooled(kernel: Int, stride: Int, padding: Int = 0) -> Tensor {
        Operator.maxPool2d(.tensor(self), .ints([kernel, kernel]), .ints([stride, stride]), .ints([padding, padding]))
    }

    /// The mean of each window, as `maxPooled`; padding counts as zeros.
    public func averagePooled(kernel: Int, stride: Int, padding: Int = 0) -> Tensor {
        Operator.avgPool2d(.tensor(self), .ints([kernel, kernel]), .ints([stride, stride]), .ints([padding, padding]))
    }

    /// Averages over `height` × `width` cells that cover the map: (N, C, H, W) → (N, C, height, width).
    public func adaptiveAveragePooled(_ height: Int, _ width: Int) -> Tensor {
        Operator.adaptiveAvgPool2d(.tensor(self), .ints([height, width]))
    }

    /// Resized maps, (N, C, H, W) → (N, C, height, width). `alignCorners` as in PyTorch: false everywhere in the suite
    /// unless a reference says otherwise.
    public func upsampled(_ height: Int, _ width: Int, _ mode: Interpolation, alignCorners: Bool = false) -> Tensor {
        switch mode {
        case .nearest: Operator.upsampleNearest2d(.tensor(self), .ints([height, width]))
        case .bilinear: Operator.upsampleBilinear2d(.tensor(self), .ints([height, width]), .bool(alignCorners))
        case .bicubic: Operator.upsampleBicubic2d(.tensor(self), .ints([height, width]), .bool(alignCorners))
        }
    }

    /// Values of (N, C, H, W) at `grid` (N, H', W', 2), x and y from −1 to 1 over the map, bilinear, zeros outside → (N, C, H', W').
    public func gridSampled(_ grid: Tensor, alignCorners: Bool = false) -> Tensor {
        Operator.gridSample(.tensor(self), .tensor(grid), .int(0), .int(0), .bool(alignCorners))
    }

    /// eˣ over the sum of them along a dimension.
    public func softmax(_ dimension: Int) -> Tensor { Operator.softmax(.tensor(self), .int(dimension)) }

    /// The logarithm of `softmax`, without its underflow.
    public func logSoftmax(_ dimension: Int) -> Tensor { Operator.logSoftmax(.tensor(self), .int(dimension)) }

    /// x / max(‖x‖₂, ε) along a dimension, in float32 where x is in 16 bits.
    public func unitLength(_ dimension: Int = -1, epsilon: Double = 1e-12) -> Tensor {
        let x = dtype.size < 4 ? to(.float32) : self
        return x / x.norm([dimension], keepDimensions: true).clamped(min: epsilon)
    }

    /// How maps are resized. Bicubic as PyTorch has it, a = −0.75.
    public enum Interpolation: Sendable {
        case nearest, bilinear, bicubic
    }
}

/// How a loss over many elements becomes one number, numbered as torch numbers them.
public enum LossReduction: Int, Sendable {
    case none = 0
    case mean = 1
    case sum = 2
}

extension Tensor {
    /// Softmax cross entropy of logits (R, K) against classes (R) int64; without a reduction (R).
    public func crossEntropy(_ classes: Tensor, reduction: LossReduction = .mean) -> Tensor {
        Operator.crossEntropy(.tensor(self), .tensor(classes), .none, .int(reduction.rawValue))
    }

    /// Binary cross entropy of logits against targets in [0, 1] of their shape.
    public func binaryCrossEntropyWithLogits(_ targets: Tensor, reduction: LossReduction = .mean) -> Tensor {
        Operator.bceWithLogits(.tensor(self), .tensor(targets), .none, .none, .int(reduction.rawValue))
    }

    /// |self − target|, of one shape.
    public func l1Loss(_ target: Tensor, reduction: LossReduction = .mean) -> Tensor {
        Operator.l1Loss(.tensor(self), .tensor(target), .int(reduction.rawValue))
    }

    /// With d = |self − target|: d² / (2 · beta) below `beta`, d − beta / 2 above. Girshick 2015 (arXiv 1504.08083), equation 3.
    public func smoothL1Loss(_ target: Tensor, beta: Double, reduction: LossReduction = .mean) -> Tensor {
        Operator.smoothL1Loss(.tensor(self), .tensor(target), .int(reduction.rawValue), .double(beta))
    }
}

extension Operator {
    static let conv2d = Operator("ediy::conv2d")
    static let convTranspose2d = Operator("ediy::conv_transpose2d")
    static let linear = Operator("ediy::linear")
    static let batchNorm = Operator("ediy::batch_norm")
    static let maxPool2d = Operator("aten::max_pool2d")
    static let avgPool2d = Operator("aten::avg_pool2d")
    static let adaptiveAvgPool2d = Operator("aten::adaptive_avg_pool2d")
    static let upsampleNearest2d = Operator("aten::upsample_nearest2d")
    static let upsampleBilinear2d = Operator("aten::upsample_bilinear2d")
    static let upsampleBicubic2d = Operator("aten::upsample_bicubic2d")
    static let gridSample = Operator("aten::grid_sampler")
    static let softmax = Operator("aten::softmax", "int")
    static let logSoftmax = Operator("aten::log_softmax", "int")
    static let crossEntropy = Operator("aten::cross_entropy_loss")
    static let bceWithLogits = Operator("aten::binary_cross_entropy_with_logits")
    static let l1Loss = Operator("aten::l1_loss")
    static let smoothL1Loss = Operator("aten::smooth_l1_loss")
}
