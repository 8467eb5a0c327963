import Torch

/// What the batch normalisations of a network do while it learns.
public enum Normalization: String, Sendable, CaseIterable {
    /// The batch's statistics, scale and shift learned: the protocol for self-supervised weights.
    case bn
    /// As `bn`, by the statistics of all processes' batches taken together (`ProcessGroup.current`); in a process by itself
    /// it is the same.
    case syncBN = "sync_bn"
    /// The running statistics, scale and shift fixed: Detectron2's default for supervised weights.
    case frozenBN = "frozen_bn"

    /// Whether scale and shift are learned, and the batch's statistics used.
    public var learns: Bool { self != .frozenBN }
}

/// Batch normalisation of (N, channels, …), PyTorch's momentum and ε. Source: Ioffe and Szegedy 2015.
public struct BatchNorm: Module {
    public let weight: Tensor
    public let bias: Tensor
    public let runningMean: Tensor
    public let runningVariance: Tensor
    public let batchesTracked: Tensor
    public let normalization: Normalization

    static let momentum = 0.1
    static let epsilon = 1e-5

    /// - Parameter scale: what the learned scale begins with; 0 makes a residual branch begin silent.
    public init(_ channels: Int, _ normalization: Normalization = .bn, scale: Double = 1) {
        self.normalization = normalization
        weight = .full([channels], scale)
        bias = .zeros([channels])
        runningMean = .zeros([channels])
        runningVariance = .ones([channels])
        batchesTracked = .zeros([], dtype: .int64)
        if normalization.learns {
            weight.requiringGrad()
            bias.requiringGrad()
        }
    }

    public func callAsFunction(_ x: Tensor, _ mode: Mode) -> Tensor { self(x, mode, adding: nil, activated: false) }

    /// relu(norm(x) + residual), either part optional: faster in one, and with less memory, than one after the other.
    public func callAsFunction(_ x: Tensor, _ mode: Mode, adding residual: Tensor? = nil, activated: Bool) -> Tensor {
        if mode == .train, normalization == .syncBN, let group = ProcessGroup.current {
            let normalized = x.batchNormalized(
                weight: weight, bias: bias, runningMean: runningMean, runningVariance: runningVariance,
                batchesTracked: batchesTracked, momentum: Self.momentum, epsilon: Self.epsilon, over: group)
            let sum = residual.map { normalized + $0 } ?? normalized
            return activated ? sum.relu() : sum
        }
        // One value a channel has no variance, and none has no mean.
        let training = mode == .train && normalization.learns && x.count > x.size(1)
        if training { batchesTracked.addInPlace(Tensor(scalar: 1, dtype: .int64)) }
        return x.batchNormalized(
            weight: weight, bias: bias, runningMean: runningMean, runningVariance: runningVariance, training: training,
            momentum: Self.momentum, epsilon: Self.epsilon, adding: residual, activated: activated)
    }

    public func state(_ prefix: String) -> [StateEntry] {
        let learned: StateEntry.Role = normalization.learns ? .norm : .buffer
        return [
            StateEntry("\(prefix)weight", weight, learned),
            StateEntry("\(prefix)bias", bias, learned),
            StateEntry("\(prefix)running_mean", runningMean, .buffer),
            StateEntry("\(prefix)running_var", runningVariance, .buffer),
            StateEntry("\(prefix)num_batches_tracked", batchesTracked, .buffer),
        ]
    }
}

extension Module {
    /// Has each batch normalisation that uses its running statistics divide by √variance, with no ε: the variances are made
    /// smaller by it. torchvision's own detectors are trained so.
    public func normalizeWithoutEpsilon() {
        withoutGrad {
            for entry in state("") where entry.name.hasSuffix("running_var") {
                entry.tensor.copyInPlace(entry.tensor - BatchNorm.epsilon)
            }
        }
    }
}
