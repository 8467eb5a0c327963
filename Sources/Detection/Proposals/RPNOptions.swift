import NN
import Recipes
import Torch

/// What a recipe says of the proposal network. Defaults: Detectron2's.
public struct RPNOptions: Sendable {
    /// √area in pixels: all of them at each cell of a single feature map; of several maps one for each.
    public var anchorSizes: [Double] = [32, 64, 128, 256, 512]
    /// Height over width.
    public var anchorRatios: [Double] = [0.5, 1, 2]
    /// Whether the corners of anchors are whole pixels, as torchvision has them.
    public var anchorsRounded = false
    /// Anchors per image that are learned from.
    public var batch = 256
    public var positiveFraction = 0.5
    public var iou: (low: Double, high: Double) = (0.3, 0.7)
    public var boxWeights: [Double] = [1, 1, 1, 1]
    public var boxLoss = BoxLoss.smoothL1(beta: 0)
    /// Per feature map.
    public var preNMSTopK: (train: Int, test: Int)
    /// Per image.
    public var postNMSTopK: (train: Int, test: Int)
    public var nms = 0.7

    /// - Parameter maps: how many feature maps proposals are made on. Of one, as many are taken as of several together.
    public init(maps: Int) {
        preNMSTopK = maps == 1 ? (12000, 6000) : (2000, 1000)
        postNMSTopK = maps == 1 ? (2000, 1000) : (1000, 1000)
    }

    /// - Parameter levels: the feature maps that proposals are made on.
    mutating func read(_ recipe: RecipeSection, levels: [FeatureLevel]) throws {
        anchorSizes = try recipe.list(
            "anchor_sizes", default: anchorSizes,
            KeyDoc(
                "Sizes (√area) of anchors, all of them at a cell of a single feature map, or one for each of several", unit: "pixels",
                source: "Faster R-CNN (arXiv 1506.01497), section 3.1.1; FPN (arXiv 1612.03144), section 4.1"))
        guard levels.count == 1 || anchorSizes.count == levels.count else {
            throw recipe.error("anchor_sizes", "must be \(levels.count) numbers with such a design: one for each feature map")
        }
        anchorRatios = try recipe.list(
            "anchor_ratios", default: anchorRatios,
            KeyDoc("Height over width of anchors", source: "Faster R-CNN (arXiv 1506.01497), section 3.1.1"))
        anchorsRounded = try recipe.value(
            "anchors_rounded", default: anchorsRounded,
            KeyDoc("Whether anchors have whole pixels for corners", source: "torchvision, AnchorGenerator"))
        batch = try recipe.positive(
            "rpn_batch", default: batch,
            KeyDoc("Anchors per image that are learned from", unit: "anchors", source: "Faster R-CNN (arXiv 1506.01497), section 3.1.3"))
        positiveFraction = try recipe.fraction(
            "rpn_positive_fraction", default: positiveFraction,
            KeyDoc("Part of them that lies on objects, at most", source: "Faster R-CNN (arXiv 1506.01497), section 3.1.3"))
        let bounds = try recipe.value(
            "rpn_iou", default: [iou.low, iou.high],
            KeyDoc(
                "Overlaps (IoU) below which an anchor is background, and from which on it lies on an object",
                source: "Faster R-CNN (arXiv 1506.01497), section 3.1.2"))
        guard bounds.count == 2, 0 <= bounds[0], bounds[0] <= bounds[1], bounds[1] <= 1 else {
            throw recipe.error("rpn_iou", "must be two numbers, 0 to 1, the lower first: [0.3, 0.7]")
        }
        iou = (bounds[0], bounds[1])
        boxWeights = try recipe.boxWeights(
            "rpn_box_weights", default: boxWeights,
            KeyDoc("What an anchor's offsets x, y, width, height are multiplied by", source: "Detectron2, RPN.BBOX_REG_WEIGHTS"))
        boxLoss = try recipe.boxLoss(
            "rpn_box_loss", beta: "rpn_smooth_l1_beta",
            KeyDoc(
                "How far proposals are from the objects",
                source: "Detectron2, RPN.BBOX_REG_LOSS_TYPE"))
        try readSelection(recipe)
    }

    private mutating func readSelection(_ recipe: RecipeSection) throws {
        func topK(_ key: String, _ standard: Int, _ meaning: String, _ source: String) throws -> Int {
            let doc = KeyDoc("Best proposals per \(meaning)", unit: "proposals", source: "Detectron2, RPN.\(source)")
            return try recipe.positive(key, default: standard, doc)
        }
        preNMSTopK = (
            try topK("pre_nms_topk", preNMSTopK.train, "feature map before suppression, in training", "PRE_NMS_TOPK_TRAIN"),
            try topK("pre_nms_topk_test", preNMSTopK.test, "feature map before suppression, in the test", "PRE_NMS_TOPK_TEST")
        )
        postNMSTopK = (
            try topK("post_nms_topk", postNMSTopK.train, "image after suppression, in training", "POST_NMS_TOPK_TRAIN"),
            try topK("post_nms_topk_test", postNMSTopK.test, "image after suppression, in the test", "POST_NMS_TOPK_TEST")
        )
        nms = try recipe.fraction(
            "proposal_nms", default: nms,
            KeyDoc(
                "Overlap (IoU) with a better proposal above which one is dropped",
                source: "Faster R-CNN (arXiv 1506.01497), section 3.3"))
    }

    /// Takes over what weights tell: the anchors, which Detectron2's older files have as buffers.
    ///
    /// - Parameter maps: how many feature maps proposals are made on.
    mutating func read(_ weights: DetectorShapes, maps count: Int) {
        if weights.layout == .torchvision { anchorsRounded = true }
        let maps = weights.anchors
        guard maps.count == count,
            maps.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0.width > 0 && $0.height > 0 && ($0.width * $0.height).isFinite } })
        else { return }
        // Sizes are outermost: the ratios of a map's first size are those of all.
        let first = maps[0].map { $0.width * $0.height }
        let ratios = first.prefix { abs($0 / first[0] - 1) < 0.01 }.count
        anchorRatios = maps[0].prefix(ratios).map { Self.tidied($0.height / $0.width) }
        anchorSizes = maps.flatMap { map in
            stride(from: 0, to: map.count, by: ratios).map { Self.tidied((map[$0].width * map[$0].height).squareRoot()) }
        }
    }

    /// Without the rounding of single precision.
    private static func tidied(_ value: Double) -> Double { (value * 1e4).rounded() / 1e4 }

    /// The anchors of each feature map: of one map all sizes, of several each its own.
    func anchors(_ levels: [FeatureLevel]) -> [Anchors] {
        let sizes = levels.count == 1 ? [anchorSizes] : anchorSizes.map { [$0] }
        precondition(sizes.count == levels.count, "\(sizes.count) anchor sizes for \(levels.count) feature maps")
        return zip(sizes, levels).map { Anchors(sizes: $0, ratios: anchorRatios, stride: $1.stride, rounded: anchorsRounded) }
    }

    /// - Parameter maps: the sizes of the feature maps.
    func cost(_ levels: [FeatureLevel], at maps: [Cost.MapSize]) -> Cost {
        let perCell = anchors(levels)[0].countPerCell, channels = levels[0].channels
        // The same weights on every map.
        let each = maps.map { map in
            Cost.convolution(channels, channels, kernel: 3, at: map, .bias)
                + Cost.convolution(channels, perCell * 5, kernel: 1, at: map, .bias)
        }
        return each.dropFirst().reduce(each[0]) { sum, cost in
            var again = cost
            again.parameters = 0
            return sum + again
        }
    }
}
