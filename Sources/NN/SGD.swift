import Torch

/// Stochastic gradient descent with momentum, as `torch.optim.SGD` computes it:
/// d = g + decay · p; v ← momentum · v + d; p ← p − lr · v.
public struct SGD: Optimizer {
    public let parameters: [StateEntry]
    public let weightDecay: Double
    /// Of the scales and shifts of normalisations.
    public let normDecay: Double
    private let momentum: Momentum

    /// - Parameter normDecay: by default as `weightDecay`.
    public init(_ parameters: [StateEntry], momentum: Double = 0.9, weightDecay: Double = 0, normDecay: Double? = nil) {
        self.parameters = parameters
        self.weightDecay = weightDecay
        self.normDecay = normDecay ?? weightDecay
        self.momentum = Momentum(momentum, parameters)
    }

    public func step(learningRate: Double) {
        withoutGrad {
            for (i, parameter) in parameters.enumerated() {
                guard let gradient = parameter.tensor.grad else { continue }
                let decay = parameter.role == .norm ? normDecay : weightDecay
                if decay != 0 { gradient.addInPlace(parameter.tensor, scale: decay) }
                parameter.tensor.addInPlace(momentum.accumulate(gradient, i), scale: -learningRate)
            }
        }
    }

    public var state: [StateEntry] { momentum.state(parameters) }
}
