import NN
import Torch

/// Linear, batch normalisation, ReLU, linear: BYOL's projector and predictor (arXiv 2006.07733, section 3.3). On the
/// regions of a feature map, one per row, it is what 1×1 convolutions are.
///
/// (rows, inputs) → (rows, outputs)
public struct ProjectionHead: Module {
    private let layers: Sequential

    public init(
        _ inputs: Int, hidden: Int, _ outputs: Int, normalization: Normalization = .bn, using generator: Generator
    ) {
        // The normalisation has a shift of its own.
        layers = Sequential([
            Linear(inputs, hidden, bias: false, using: generator), BatchNorm(hidden, normalization), ReLU(),
            Linear(hidden, outputs, bias: false, using: generator),
        ])
    }

    public func callAsFunction(_ x: Tensor, _ mode: Mode) -> Tensor { layers(x, mode) }

    public func state(_ prefix: String) -> [StateEntry] { layers.state(prefix) }

    /// Of one row.
    static func cost(_ inputs: Int, hidden: Int, _ outputs: Int) -> Cost {
        var norm = Cost()
        norm.parameters = 2 * hidden
        norm.keptValues = Double(hidden)
        return .linear(inputs, hidden, bias: false) + norm + .linear(hidden, outputs, bias: false)
    }
}
