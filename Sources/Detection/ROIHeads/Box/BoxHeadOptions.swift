import NN
import Recipes
import Torch

/// What a recipe says of the box head. Defaults: Detectron2's.
public struct BoxHeadOptions: ROIHeadOptions {
    /// nil where heads share features.
    public var layers: BoxLayerOptions?
    /// Of a box's offsets: x, y, width, height.
    public var boxWeights: [Double] = [10, 10, 5, 5]
    public var loss = BoxLoss.smoothL1(beta: 0)
    /// One box per ROI whatever its class, instead of one for each.
    public var isClassAgnostic = false
    public var scoreThreshold = 0.05
    public var nms = 0.5
    public var detectionsPerImage = 100

    public init(sharesFeatures: Bool) { layers = sharesFeatures ? nil : BoxLayerOptions() }

    public static var isStandard: Bool { true }
    public static func isIn(_ recipe: RecipeSection, default standard: Bool) -> Bool { true }
    public static func isIn(_ weights: DetectorShapes) -> Bool { true }

    public var learnsFromForeground: Bool { false }
    public func objectLimit(of rois: Int) -> Int { detectionsPerImage }

    public func makeHead(
        on features: ROIFeatureShape, classes: Int, normalization: Normalization, using generator: Generator
    ) -> () -> any ROIHead {
        let layers = layers.map { BoxLayers($0, channels: features.channels, normalization: normalization, using: generator) }
        return {
            BoxHead(
                self, layers: layers,
                predictor: BoxPredictor(
                    channels: layers?.outputChannels ?? features.channels, classes: classes, isClassAgnostic: isClassAgnostic,
                    boxWeights: boxWeights, using: generator))
        }
    }

    public func cost(on features: ROIFeatureShape, classes: Int, normalization: Normalization) -> Cost {
        let body = layers?.cost(channels: features.channels, normalization: normalization) ?? (cost: Cost(), length: features.channels)
        return body.cost + .linear(body.length, classes + 1) + .linear(body.length, (isClassAgnostic ? 1 : classes) * 4)
    }

    public mutating func read(_ recipe: RecipeSection) throws {
        try layers?.read(recipe)
        boxWeights = try recipe.boxWeights(
            "box_weights", default: boxWeights,
            KeyDoc("What a box's offsets x, y, width, height are multiplied by", source: "Detectron2, BBOX_REG_WEIGHTS"))
        loss = try recipe.boxLoss(
            "box_loss", beta: "smooth_l1_beta",
            KeyDoc(
                "How far predicted boxes are from the objects'",
                source: "Fast R-CNN (arXiv 1504.08083), section 2.3"))
        isClassAgnostic = try recipe.value(
            "class_agnostic_boxes", default: isClassAgnostic,
            KeyDoc("Whether an ROI has one box whatever its class", source: "Detectron2, CLS_AGNOSTIC_BBOX_REG"))
        scoreThreshold = try recipe.fraction(
            "score_threshold", default: scoreThreshold,
            KeyDoc("Score above which an object is found", source: "Detectron2, SCORE_THRESH_TEST"))
        nms = try recipe.fraction(
            "nms", default: nms,
            KeyDoc(
                "Overlap (IoU) with a better object of its class above which an object is dropped",
                source: "Detectron2, NMS_THRESH_TEST"))
        detectionsPerImage = try recipe.positive(
            "detections_per_image", default: detectionsPerImage,
            KeyDoc("Objects found per image, at most", unit: "objects", source: "Detectron2, DETECTIONS_PER_IMAGE"))
    }

    public mutating func read(_ weights: DetectorShapes, on features: ROIFeatureShape) throws {
        try layers?.read(weights, channels: features.channels)
        isClassAgnostic = try weights.classes > 1 && weights.shape("roi_heads.box_predictor.bbox_pred.weight")[0] == 4
    }
}

extension RCNNOptions {
    /// The first head.
    public var box: BoxHeadOptions {
        get { self[BoxHeadOptions.self] ?? BoxHeadOptions(sharesFeatures: neck.sharesROIFeatures) }
        set { self[BoxHeadOptions.self] = newValue }
    }
}

extension RecipeSection {
    private enum BoxLossName: String, CaseIterable {
        case smoothL1 = "smooth_l1"
        case giou
    }

    /// A loss by its name, and the key of its β where it has one.
    func boxLoss(_ key: String, beta betaKey: String, _ doc: KeyDoc) throws -> BoxLoss {
        switch try choice(key, default: BoxLossName.smoothL1, doc) {
        case .giou: return .giou
        case .smoothL1:
            let beta = try value(
                betaKey, default: 0.0,
                KeyDoc(
                    "Below what distance smooth L1 is quadratic; 0 is L1",
                    source: "Fast R-CNN (arXiv 1504.08083), equation 3"))
            guard beta >= 0 else { throw error(betaKey, "must not be below 0") }
            return .smoothL1(beta: beta)
        }
    }

    /// Of a box's four offsets.
    func boxWeights(_ key: String, default standard: [Double], _ doc: KeyDoc) throws -> [Double] {
        let values = try list(key, default: standard, doc)
        guard values.count == 4 else { throw error(key, "must be 4 numbers: of x, y, width, height") }
        return values
    }
}
