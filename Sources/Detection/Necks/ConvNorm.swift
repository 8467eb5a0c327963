import NN
import Torch

/// A convolution that keeps the size, with a batch normalisation in place of its bias where one is asked for; named as
/// Detectron2 names them, `weight` and `bias` or `norm.…`.
struct ConvNorm: Module {
    private let conv: Conv2d
    private let norm: BatchNorm?

    init(
        _ inputs: Int, _ outputs: Int, kernel: Int, normalization: Normalization?, initializer: Initializer,
        using generator: Generator
    ) {
        conv = Conv2d(
            inputs, outputs, kernel: kernel, padding: kernel / 2, bias: normalization == nil, initializer: initializer,
            using: generator)
        norm = normalization.map { BatchNorm(outputs, $0) }
    }

    /// - Parameter activated: whether a ReLU ends it.
    func callAsFunction(_ x: Tensor, _ mode: Mode, activated: Bool = false) -> Tensor {
        let convolved = conv(x)
        guard let norm else { return activated ? convolved.relu() : convolved }
        return norm(convolved, mode, activated: activated)
    }

    func state(_ prefix: String) -> [StateEntry] { conv.state(prefix) + (norm?.state("\(prefix)norm.") ?? []) }
}
