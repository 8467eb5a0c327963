import NN
import Recipes
import Torch

/// What a recipe says of the mask head. Defaults: Detectron2's.
public struct MaskHeadOptions: ROIHeadOptions {
    /// The side of an ROI pooled for its mask; without meaning where heads share features.
    public var poolSize = 14
    /// Before the one that doubles.
    public var convolutions: Int
    public var channels = 256
    /// A normalisation after each convolution, in place of its bias.
    public var norm = true
    /// From what probability on a pixel belongs to a mask.
    public var threshold = 0.5
    public var pasting = MaskPasting.sampled
    private let sharesFeatures: Bool

    public init(sharesFeatures: Bool) {
        self.sharesFeatures = sharesFeatures
        convolutions = sharesFeatures ? 0 : 4
    }

    public static var isStandard: Bool { true }

    public static func isIn(_ recipe: RecipeSection, default standard: Bool) throws -> Bool {
        try recipe.value(
            "masks", default: standard,
            KeyDoc("Whether masks are predicted: Mask R-CNN, and Faster R-CNN without", source: "Detectron2, MASK_ON"))
    }

    public static func isIn(_ weights: DetectorShapes) -> Bool { weights.has("roi_heads.mask_head.") }

    public var learnsFromForeground: Bool { true }
    public func objectLimit(of rois: Int) -> Int { rois }

    public func makeHead(
        on features: ROIFeatureShape, classes: Int, normalization: Normalization, using generator: Generator
    ) -> () -> any ROIHead {
        { MaskHead(self, channels: features.channels, classes: classes, normalization: normalization, using: generator) }
    }

    public func cost(on features: ROIFeatureShape, classes: Int, normalization: Normalization) -> Cost {
        let size = features.map(side: poolSize)
        var cost = Cost(), current = features.channels
        for _ in 0..<convolutions {
            cost += .convolution(current, channels, kernel: 3, at: size, Cost.After(norm ? normalization : nil))
            current = channels
        }
        let doubled = Cost.MapSize(height: 2 * size.height, width: 2 * size.width)
        // A transposed convolution of 2 × 2 with stride 2: each cell it gives comes from one.
        var deconvolution = Cost.convolution(current, channels, kernel: 1, at: doubled, .bias)
        deconvolution.parameters += 3 * current * channels
        return cost + deconvolution + .convolution(channels, classes, kernel: 1, at: doubled, .bias)
    }

    public mutating func read(_ recipe: RecipeSection) throws {
        if !sharesFeatures {
            poolSize = try recipe.positive(
                "mask_pool_size", default: poolSize,
                KeyDoc(
                    "Side of an ROI pooled for its mask, which is twice as large",
                    unit: "cells", source: "Detectron2, ROI_MASK_HEAD.POOLER_RESOLUTION"))
        }
        convolutions = try recipe.count(
            "mask_convolutions", default: convolutions,
            KeyDoc("3×3 convolutions of the mask head", source: "Detectron2, ROI_MASK_HEAD.NUM_CONV"))
        channels = try recipe.positive(
            "mask_channels", default: channels, KeyDoc("Channels of the mask head", source: "Detectron2, ROI_MASK_HEAD.CONV_DIM"))
        norm = try recipe.value(
            "mask_head_norm", default: norm,
            KeyDoc(
                "Whether the mask head's convolutions are batch-normalised",
                source: "Detectron2, ROI_MASK_HEAD.NORM; PixPro (arXiv 2011.10043)"))
        threshold = try recipe.fraction(
            "mask_threshold", default: threshold,
            KeyDoc("Probability from which on a pixel belongs to a mask", source: "Detectron2, paste_masks_in_image"))
    }

    public mutating func read(_ weights: DetectorShapes, on features: ROIFeatureShape) throws {
        convolutions = weights.count("roi_heads.mask_head.mask_fcn")
        channels = try weights.shape("roi_heads.mask_head.predictor.weight").dropFirst().first ?? channels
        norm = weights.has("roi_heads.mask_head.mask_fcn1.norm.")
        if weights.layout == .torchvision { pasting = .resized }
    }
}

extension RCNNOptions {
    /// nil in Faster R-CNN.
    public var mask: MaskHeadOptions? {
        get { self[MaskHeadOptions.self] }
        set { self[MaskHeadOptions.self] = newValue }
    }
}
