import NN
import Recipes
import Support
import Torch

/// What is made of an ROI's cells before its class and box are predicted: 3×3 convolutions, then fully connected layers, each
/// with ReLU; none and two of them in FPN's own, four and one in the protocols with normalised heads. Source: Detectron2's
/// `FastRCNNConvFCHead`.
///
/// R ROIs, C channels, S × S cells.
public struct BoxLayers: Module {
    private let convolutions: [ConvNorm]
    private let layers: [Linear]
    let side: Int
    public let outputChannels: Int

    /// - Parameters:
    ///   - channels: C
    ///   - normalization: of convolutions, where the options ask for one.
    init(_ options: BoxLayerOptions, channels: Int, normalization: Normalization, using generator: Generator) {
        var convolutions: [ConvNorm] = [], layers: [Linear] = []
        var current = channels
        for _ in 0..<options.convolutions {
            convolutions.append(
                ConvNorm(
                    current, options.convolutionChannels, kernel: 3, normalization: options.norm ? normalization : nil,
                    initializer: .heNormalFanOut, using: generator))
            current = options.convolutionChannels
        }
        current *= options.poolSize * options.poolSize
        for _ in 0..<options.layers {
            layers.append(Linear(current, options.layerSize, initializer: .xavierFanIn, using: generator))
            current = options.layerSize
        }
        (self.convolutions, self.layers, outputChannels, side) = (convolutions, layers, current, options.poolSize)
    }

    /// (R, C, S, S) → (R, `outputChannels`)
    func callAsFunction(_ cells: Tensor, _ mode: Mode) -> Tensor {
        let features = convolutions.reduce(cells) { $1($0, mode, activated: true) }
        return layers.reduce(features.flattened(from: 1)) { $1($0).relu() }
    }

    public func state(_ prefix: String) -> [StateEntry] {
        convolutions.enumerated().flatMap { $1.state("\(prefix)conv\($0 + 1).") }
            + layers.enumerated().flatMap { $1.state("\(prefix)fc\($0 + 1).") }
    }
}

/// What a recipe says of `BoxLayers`. Defaults: FPN's own (arXiv 1612.03144, section 4.2).
public struct BoxLayerOptions: Sendable {
    /// S
    public var poolSize = 7
    public var convolutions = 0
    public var convolutionChannels = 256
    /// Fully connected ones.
    public var layers = 2
    public var layerSize = 1024
    /// A normalisation after each convolution, in place of its bias.
    public var norm = true

    public init() {}

    mutating func read(_ recipe: RecipeSection) throws {
        poolSize = try recipe.positive(
            "pool_size", default: poolSize,
            KeyDoc("Side of an ROI pooled for its box", unit: "cells", source: "Detectron2, ROI_BOX_HEAD.POOLER_RESOLUTION"))
        convolutions = try recipe.count(
            "box_convolutions", default: convolutions,
            KeyDoc("3×3 convolutions of the box head", source: "Detectron2, ROI_BOX_HEAD.NUM_CONV"))
        convolutionChannels = try recipe.positive(
            "box_convolution_channels", default: convolutionChannels, KeyDoc("Their channels", source: "Detectron2, ROI_BOX_HEAD.CONV_DIM"))
        layers = try recipe.count(
            "box_layers", default: layers, KeyDoc("Fully connected layers of the box head", source: "Detectron2, ROI_BOX_HEAD.NUM_FC"))
        layerSize = try recipe.positive(
            "box_layer_size", default: layerSize, KeyDoc("Their outputs", source: "Detectron2, ROI_BOX_HEAD.FC_DIM"))
        norm = try recipe.value(
            "box_head_norm", default: norm,
            KeyDoc(
                "Whether the box head's convolutions are batch-normalised",
                source: "Detectron2, ROI_BOX_HEAD.NORM; PixPro (arXiv 2011.10043)"))
    }

    /// - Parameter channels: of the pooled cells.
    mutating func read(_ weights: DetectorShapes, channels: Int) throws {
        convolutions = weights.count("roi_heads.box_head.conv")
        layers = weights.count("roi_heads.box_head.fc")
        norm = weights.has("roi_heads.box_head.conv1.norm.")
        if convolutions > 0 { convolutionChannels = try weights.shape("roi_heads.box_head.conv1.weight")[0] }
        if layers > 0 { layerSize = try weights.shape("roi_heads.box_head.fc1.weight")[0] }
        // A row of what follows the pooled cells spans all of them.
        let length = try weights.shape(layers > 0 ? "roi_heads.box_head.fc1.weight" : "roi_heads.box_predictor.cls_score.weight")
        let inputs = convolutions > 0 ? convolutionChannels : channels
        guard length.count == 2, let side = (1...64).first(where: { $0 * $0 * inputs == length[1] }) else {
            throw weights.error("has a box head of an unknown size")
        }
        poolSize = side
    }

    /// Of one ROI, and the length of what it gives.
    func cost(channels: Int, normalization: Normalization) -> (cost: Cost, length: Int) {
        let size = Cost.MapSize(height: poolSize, width: poolSize)
        var cost = Cost(), current = channels
        for _ in 0..<convolutions {
            cost += .convolution(current, convolutionChannels, kernel: 3, at: size, Cost.After(norm ? normalization : nil))
            current = convolutionChannels
        }
        current *= poolSize * poolSize
        for _ in 0..<layers {
            cost += .linear(current, layerSize)
            current = layerSize
        }
        return (cost, current)
    }
}
