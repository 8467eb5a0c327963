import NN
import Torch

/// Linear, batch normalisation, ReLU, linear: BYOL's projector and predictor (arXiv 2006.07733, section 3.3). On the
/// regions of a map, one a row, it is what 1×1 convolutions are.
///
/// (rows, inputs) → (rows, outputs)
public struct ProjectionHead: Module {
    private let linear1: Linear
    private let norm: BatchNorm
    private let linear2: Linear

    public init(_ inputs: Int, hidden: Int, _ outputs: Int, using generator: Generator) {
        // The normalisation has a shift of its own.
        linear1 = Linear(inputs, hidden, bias: false, using: generator)
        norm = BatchNorm(hidden)
        linear2 = Linear(hidden, outputs, bias: false, using: generator)
    }

    public func callAsFunction(_ x: Tensor, _ mode: Mode) -> Tensor {
        linear2(norm(linear1(x), mode).relu())
    }

    public func state(_ prefix: String) -> [StateEntry] {
        linear1.state("\(prefix)0.") + norm.state("\(prefix)1.") + linear2.state("\(prefix)3.")
    }
}
