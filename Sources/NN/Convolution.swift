import Torch

/// 2-D convolution of (N, inputs, H, W), with weights laid out channels last.
public struct Conv2d: Module {
    /// (outputs, inputs, kernel, kernel)
    public let weight: Tensor
    /// (outputs)
    public let bias: Tensor?
    public let stride: Int
    public let padding: Int

    public init(
        _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0, bias: Bool = true,
        initializer: Initializer = .standard, using generator: Generator
    ) {
        let area = kernel * kernel
        weight = initializer.weight(
            [outputs, inputs, kernel, kernel], fanIn: inputs * area, fanOut: outputs * area, using: generator
        ).contiguous(.channelsLast).requiringGrad()
        self.bias =
            bias ? initializer.bias(outputs, fanIn: inputs * area, using: generator).requiringGrad() : nil
        self.stride = stride
        self.padding = padding
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        x.convolved(weight, bias: bias, stride: stride, padding: padding)
    }

    public func state(_ prefix: String) -> [StateEntry] {
        [StateEntry("\(prefix)weight", weight, .weight)] + (bias.map { [StateEntry("\(prefix)bias", $0, .bias)] } ?? [])
    }
}

/// Transposed 2-D convolution of (N, inputs, H, W).
public struct ConvTranspose2d: Module {
    /// (inputs, outputs, kernel, kernel)
    public let weight: Tensor
    /// (outputs)
    public let bias: Tensor?
    public let stride: Int
    public let padding: Int

    public init(
        _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0, bias: Bool = true,
        initializer: Initializer = .standard, using generator: Generator
    ) {
        let area = kernel * kernel
        // PyTorch reads the fans off the weight's first two sizes, which are swapped here, and so do we.
        weight = initializer.weight(
            [inputs, outputs, kernel, kernel], fanIn: outputs * area, fanOut: inputs * area, using: generator
        ).requiringGrad()
        self.bias =
            bias ? initializer.bias(outputs, fanIn: outputs * area, using: generator).requiringGrad() : nil
        self.stride = stride
        self.padding = padding
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        x.convolvedTransposed(weight, bias: bias, stride: stride, padding: padding)
    }

    public func state(_ prefix: String) -> [StateEntry] {
        [StateEntry("\(prefix)weight", weight, .weight)] + (bias.map { [StateEntry("\(prefix)bias", $0, .bias)] } ?? [])
    }
}
