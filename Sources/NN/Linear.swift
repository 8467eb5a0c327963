import Torch

/// x · weightᵀ + bias, for (…, inputs).
public struct Linear: Module {
    /// (outputs, inputs)
    public let weight: Tensor
    /// (outputs)
    public let bias: Tensor?

    public init(
        _ inputs: Int, _ outputs: Int, bias: Bool = true, initializer: Initializer = .standard, using generator: Generator
    ) {
        weight = initializer.weight([outputs, inputs], fanIn: inputs, fanOut: outputs, using: generator).requiringGrad()
        self.bias = bias ? initializer.bias(outputs, fanIn: inputs, using: generator).requiringGrad() : nil
    }

    public func callAsFunction(_ x: Tensor) -> Tensor { x.linear(weight, bias: bias) }

    public func state(_ prefix: String) -> [StateEntry] {
        [StateEntry("\(prefix)weight", weight, .weight)] + (bias.map { [StateEntry("\(prefix)bias", $0, .bias)] } ?? [])
    }
}
