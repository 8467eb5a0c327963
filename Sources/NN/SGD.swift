import Torch

/// Stochastic gradient descent with momentum, as `torch.optim.SGD` computes it:
/// d = g + decay · p; v ← momentum · v + d; p ← p − lr · v.
public struct SGD: Optimizer {
    public let parameters: [StateEntry]
    public let weightDecay: Double
    private let momentum: Momentum

    public init(_ parameters: [StateEntry], momentum: Double = 0.9, weightDecay: Double = 0) {
        self.parameters = parameters
        self.weightDecay = weightDecay
        self.momentum = Momentum(momentum, parameters)
    }

    public func step(learningRate: Double) {
        withoutGrad {
            for (i, parameter) in parameters.enumerated() {
                guard let gradient = parameter.tensor.grad else { continue }
                if weightDecay != 0 { gradient.addInPlace(parameter.tensor, scale: weightDecay) }
                parameter.tensor.addInPlace(momentum.accumulate(gradient, i), scale: -learningRate)
            }
        }
    }

    public var state: [StateEntry] { momentum.state(parameters) }
}
