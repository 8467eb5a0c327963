import Torch

/// Layer-wise adaptive rate scaling: a step whose length is a fixed part of each weight's own.
/// d = g + decay · p; d ← η ‖p‖ / ‖d‖ · d; v ← momentum · v + d; p ← p − lr · v.
///
/// Biases and the parameters of normalisations are neither decayed nor adapted. Sources: You et al. 2017 (arXiv
/// 1708.03888); BYOL (arXiv 2006.07733, section 3.3) for what is left out and for η = 10⁻³.
public struct LARS: Optimizer {
    public let parameters: [StateEntry]
    public let weightDecay: Double
    public let trustCoefficient: Double
    private let momentum: Momentum

    public init(
        _ parameters: [StateEntry], momentum: Double = 0.9, weightDecay: Double = 0, trustCoefficient: Double = 1e-3
    ) {
        self.parameters = parameters
        self.weightDecay = weightDecay
        self.trustCoefficient = trustCoefficient
        self.momentum = Momentum(momentum, parameters)
    }

    public func step(learningRate: Double) {
        withoutGrad {
            for (i, parameter) in parameters.enumerated() {
                guard let gradient = parameter.tensor.grad else { continue }
                let update = parameter.role == .weight ? adapted(gradient, parameter.tensor) : gradient
                parameter.tensor.addInPlace(momentum.accumulate(update, i), scale: -learningRate)
            }
        }
    }

    /// The decayed gradient at the length η ‖p‖; as it is where either length is 0. Stays on the device.
    private func adapted(_ gradient: Tensor, _ weight: Tensor) -> Tensor {
        if weightDecay != 0 { gradient.addInPlace(weight, scale: weightDecay) }
        let (weightNorm, updateNorm) = (weight.norm(), gradient.norm())
        let ratio = Tensor.choose(
            where: (weightNorm .> 0) .& (updateNorm .> 0), weightNorm * trustCoefficient / updateNorm,
            updateNorm.onesLike())
        return gradient * ratio
    }

    public var state: [StateEntry] { momentum.state(parameters) }
}
