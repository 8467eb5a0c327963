import NN
import Recipes
import Support
import Torch

/// All stages of a backbone but the last make the feature map, and the last one is the head on ROIs of it, shared by all heads.
/// Source: He et al. 2016 (arXiv 1512.03385), appendix A, as Detectron2's `Res5ROIHeads` has it; MoCo (arXiv 1911.05722,
/// appendix) for the normalisation after it.
struct C4: Neck {
    private let backbone: any StagedBackbone
    private let pooler: ROIPooler
    private let side: Int
    /// After the last stage, where the protocol has one.
    private let norm: BatchNorm?

    init(_ options: C4Options, on backbone: any StagedBackbone, pooling: ROIPoolingOptions, normalization: Normalization) {
        self.backbone = backbone
        pooler = ROIPooler(strides: [backbone.levelBeforeLastStage.stride], pooling)
        side = options.poolSize
        norm = options.norm ? BatchNorm(backbone.lastLevel.channels, normalization) : nil
    }

    func featureMaps(_ images: Tensor, _ mode: Mode) -> [Tensor] { [backbone.featureMapBeforeLastStage(images, mode)] }

    func roiFeatures(_ rois: Tensor, of maps: [Tensor], _ mode: Mode) -> ROIFeatures {
        let features = backbone.lastStage(pooler(rois, of: maps, side: side), mode)
        return .shared(norm.map { $0(features, mode) } ?? features, rois: rois)
    }

    func state(_ prefix: String) -> [StateEntry] { norm?.state("\(prefix)roi_heads.norm.") ?? [] }
}

/// What a recipe says of `C4`.
public struct C4Options: NeckOptions {
    /// The side of a pooled ROI, before the last stage halves it.
    public var poolSize = 14
    /// A normalisation after the last stage, as MoCo's protocol has it.
    public var norm = true

    public init() {}

    public var sizeDivisor: Int { 1 }
    public var sharesROIFeatures: Bool { true }

    public func levels(on backbone: any BackboneOptions) -> [FeatureLevel] { [staged(backbone).levelBeforeLastStage] }

    public func roiFeatures(on backbone: any BackboneOptions) -> ROIFeatureShape {
        ROIFeatureShape(channels: backbone.lastLevel.channels, sharedSide: (poolSize + 1) / 2)
    }

    public func cost(
        on backbone: any BackboneOptions, at size: Cost.MapSize, normalization: Normalization, frozenParts: Int
    ) -> NeckCost {
        let body = backbone.cost(at: size, normalization: normalization, frozenParts: frozenParts)
        let pooled = Cost.MapSize(height: poolSize, width: poolSize)
        var (head, map) = staged(backbone).lastStageCost(at: pooled, normalization: normalization, frozenParts: frozenParts)
        if norm {
            let channels = backbone.lastLevel.channels
            head.parameters += normalization.learns ? 2 * channels : 0
            head.keptValues += Double(channels) * map.cells
        }
        return NeckCost(body: body.beforeLastPart, maps: [body.maps[body.maps.count - 2]], perROI: head)
    }

    public func makeNeck(
        on backbone: any Backbone, pooling: ROIPoolingOptions, normalization: Normalization, using generator: Generator
    ) -> any Neck {
        guard let backbone = backbone as? any StagedBackbone else { preconditionFailure("C4 on a backbone without stages") }
        return C4(self, on: backbone, pooling: pooling, normalization: normalization)
    }

    public mutating func read(_ recipe: RecipeSection, on backbone: any BackboneOptions) throws {
        guard backbone is any StagedBackboneOptions else {
            throw recipe.error("design", "c4 needs a backbone whose last stage can be a head, and \(backbone.word) has none")
        }
        poolSize = try recipe.positive(
            "pool_size", default: poolSize,
            KeyDoc(
                "Side of a pooled ROI, before the last stage halves it",
                unit: "cells", source: "Detectron2, ROI_BOX_HEAD.POOLER_RESOLUTION"))
        norm = try recipe.value(
            "res5_norm", default: norm,
            KeyDoc(
                "Whether the last stage, the head, ends with one more batch normalisation",
                source: "MoCo (arXiv 1911.05722), appendix A.5"))
    }

    /// It has no names of its own to be known by: it is what a detector has that has no other neck.
    public func isIn(_ weights: DetectorShapes) -> Bool { false }

    public mutating func read(_ weights: DetectorShapes) throws { norm = weights.has("roi_heads.norm.") }

    private func staged(_ backbone: any BackboneOptions) -> any StagedBackboneOptions {
        guard let staged = backbone as? any StagedBackboneOptions else { preconditionFailure("C4 on a backbone without stages") }
        return staged
    }
}

extension RCNNOptions {
    /// nil with another neck.
    public var c4: C4Options? {
        get { neck as? C4Options }
        set { if let newValue { neck = newValue } }
    }
}
