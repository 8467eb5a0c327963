import NN
import Recipes
import Torch

/// A pyramid of feature maps, and ROIs pooled from the map that fits their size. Source: arXiv 1612.03144, as Detectron2's
/// `StandardROIHeads` on `FPN` has it.
struct FPN: Neck {
    private let backbone: any Backbone
    private let pyramid: FeaturePyramid
    private let pooler: ROIPooler

    init(
        _ options: FPNOptions, on backbone: any Backbone, pooling: ROIPoolingOptions, normalization: Normalization,
        using generator: Generator
    ) {
        self.backbone = backbone
        pyramid = FeaturePyramid(
            from: backbone.levels.map(\.channels), to: options.channels, normalization: options.norm ? normalization : nil,
            using: generator)
        // The coarsest map is for proposals alone.
        pooler = ROIPooler(strides: backbone.levels.map(\.stride), pooling)
    }

    func featureMaps(_ images: Tensor, _ mode: Mode) -> [Tensor] { pyramid(backbone.featureMaps(images, mode), mode) }

    func roiFeatures(_ rois: Tensor, of maps: [Tensor], _ mode: Mode) -> ROIFeatures {
        .pooled(by: pooler, from: maps, rois: rois)
    }

    func state(_ prefix: String) -> [StateEntry] { pyramid.state("\(prefix)backbone.") }
}

/// What a recipe says of `FPN`.
public struct FPNOptions: NeckOptions {
    /// Of each feature map.
    public var channels = 256
    /// A normalisation after each convolution, in place of its bias.
    public var norm = true

    public init() {}

    /// The pyramid halves five times; the last time is rounded.
    public var sizeDivisor: Int { 32 }
    public var sharesROIFeatures: Bool { false }

    public func levels(on backbone: any BackboneOptions) -> [FeatureLevel] {
        let strides = backbone.levels.map(\.stride)
        return (strides + [2 * strides[strides.count - 1]]).map { FeatureLevel(stride: $0, channels: channels) }
    }

    public func roiFeatures(on backbone: any BackboneOptions) -> ROIFeatureShape { ROIFeatureShape(channels: channels) }

    public func cost(
        on backbone: any BackboneOptions, at size: Cost.MapSize, normalization: Normalization, frozenParts: Int
    ) -> NeckCost {
        let body = backbone.cost(at: size, normalization: normalization, frozenParts: frozenParts)
        let after = Cost.After(norm ? normalization : nil)
        let pyramid = zip(backbone.levels, body.maps).reduce(Cost()) { sum, level in
            sum + .convolution(level.0.channels, channels, kernel: 1, at: level.1, after)
                + .convolution(channels, channels, kernel: 3, at: level.1, after)
        }
        return NeckCost(body: body.total + pyramid, maps: body.maps + [body.maps[body.maps.count - 1].halved])
    }

    public func makeNeck(
        on backbone: any Backbone, pooling: ROIPoolingOptions, normalization: Normalization, using generator: Generator
    ) -> any Neck {
        FPN(self, on: backbone, pooling: pooling, normalization: normalization, using: generator)
    }

    public mutating func read(_ recipe: RecipeSection, on backbone: any BackboneOptions) throws {
        channels = try recipe.positive(
            "pyramid_channels", default: channels,
            KeyDoc("Channels of the pyramid's feature maps", source: "FPN (arXiv 1612.03144), section 3"))
        norm = try recipe.value(
            "neck_norm", default: norm,
            KeyDoc("Whether the pyramid's convolutions are batch-normalised", source: "MoCo (arXiv 1911.05722), section 4.2"))
    }

    public func isIn(_ weights: DetectorShapes) -> Bool { weights.has("backbone.fpn_") }

    public mutating func read(_ weights: DetectorShapes) throws {
        channels = try weights.shape("backbone.fpn_output2.weight")[0]
        norm = weights.has("backbone.fpn_lateral2.norm.")
    }
}

extension RCNNOptions {
    /// nil with another neck.
    public var fpn: FPNOptions? {
        get { neck as? FPNOptions }
        set { if let newValue { neck = newValue } }
    }
}
