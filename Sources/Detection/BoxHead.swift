import NN
import Torch

/// What is made of a pooled region before its class and box are predicted: 3×3 convolutions, then fully connected layers,
/// each with ReLU; none and two of them in FPN's own, four and one in the protocols with normalisation. Source: Detectron2's
/// `FastRCNNConvFCHead`.
///
/// R regions, S × S cells.
public struct BoxHead: Module {
    private let convolutions: [ConvNorm]
    private let layers: [Linear]
    public let outputChannels: Int

    /// - Parameter channels: of the pooled region.
    public init(channels: Int, _ options: MaskRCNNOptions, using generator: Generator) {
        var convolutions: [ConvNorm] = [], layers: [Linear] = []
        var current = channels
        for _ in 0..<options.boxConvolutions {
            convolutions.append(
                ConvNorm(
                    current, options.boxConvolutionChannels, kernel: 3, normalization: options.extraNormalization,
                    initializer: .heNormalFanOut, using: generator))
            current = options.boxConvolutionChannels
        }
        current *= options.poolSize * options.poolSize
        for _ in 0..<options.boxLayers {
            layers.append(Linear(current, options.boxLayerSize, initializer: .xavierFanIn, using: generator))
            current = options.boxLayerSize
        }
        (self.convolutions, self.layers, outputChannels) = (convolutions, layers, current)
    }

    /// (R, C, S, S) → (R, `outputChannels`)
    func callAsFunction(_ pooled: Tensor, _ mode: Mode) -> Tensor {
        let features = convolutions.reduce(pooled) { $1($0, mode, activated: true) }
        return layers.reduce(features.flattened(from: 1)) { $1($0).relu() }
    }

    public func state(_ prefix: String) -> [StateEntry] {
        convolutions.enumerated().flatMap { $1.state("\(prefix)conv\($0 + 1).") }
            + layers.enumerated().flatMap { $1.state("\(prefix)fc\($0 + 1).") }
    }
}
