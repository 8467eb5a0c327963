import Torch

/// How gradients are kept short before an optimizer's step. Sources: `torch.nn.utils.clip_grad_value_` and
/// `clip_grad_norm_`; Detectron2's `CLIP_GRADIENTS` for the names.
public enum GradientClip: Sendable, Equatable {
    /// Each number within ± the limit.
    case value(Double)
    /// The gradient of each parameter, at most this long.
    case norm(Double)
    /// The gradients of all parameters taken together, at most this long.
    case fullModel(Double)

    /// Shortens the gradients that are there, in place.
    public func apply(to parameters: [StateEntry]) {
        withoutGrad {
            let gradients = parameters.compactMap(\.tensor.grad)
            switch self {
            case .value(let limit):
                for gradient in gradients { gradient.copyInPlace(gradient.clamped(min: -limit, max: limit)) }
            case .norm(let limit):
                for gradient in gradients { Self.shorten([gradient], to: limit) }
            case .fullModel(let limit):
                Self.shorten(gradients, to: limit)
            }
        }
    }

    /// Stays on the device: how long the gradients are is never asked for.
    private static func shorten(_ gradients: [Tensor], to limit: Double) {
        guard !gradients.isEmpty else { return }
        let length = Tensor.stacked(gradients.map { $0.norm() }).norm()
        let factor = (limit / (length + 1e-6)).clamped(max: 1)
        for gradient in gradients { gradient.copyInPlace(gradient * factor) }
    }
}

/// An optimizer whose gradients are clipped before each step.
public struct ClippedOptimizer: Optimizer {
    private let base: any Optimizer
    private let clip: GradientClip

    public init(_ base: any Optimizer, _ clip: GradientClip) {
        self.base = base
        self.clip = clip
    }

    public var parameters: [StateEntry] { base.parameters }
    public var state: [StateEntry] { base.state }

    public func step(learningRate: Double) {
        clip.apply(to: parameters)
        base.step(learningRate: learningRate)
    }
}
