import Recipes
import Detection
import NN

extension MaskRCNNOptions {
    /// Reads the detector's own keys of the section `detection`; what is not given keeps the default of the design. The keys
    /// of the other design are unknown keys.
    init(_ recipe: RecipeSection) throws {
        self.init(try recipe.choice("design", default: Design.c4))
        try read(recipe)
    }

    /// Reads the same keys, and keeps what is not given as it is.
    mutating func read(_ recipe: RecipeSection) throws {
        guard try recipe.choice("design", default: design) == design else {
            throw recipe.error("design", "is not that of the weights, which is \(design.rawValue)")
        }
        let backbone = try recipe.backbone(default: ResNetOptions(depth, width: width))
        guard let resNet = backbone as? ResNetOptions else { throw recipe.error("backbone", "must be a ResNet for a detector") }
        (depth, width) = (resNet.depth, resNet.width)
        strideIn1x1 = try recipe.value("stride_in_1x1", default: strideIn1x1)
        normalization = try recipe.choice("normalization", default: normalization)
        freezeAt = try recipe.count("freeze_at", default: freezeAt)
        guard freezeAt <= 5 else { throw recipe.error("freeze_at", "must be 0 to 5: the stem and four stages") }
        extraNorm = try recipe.value("extra_norm", default: extraNorm)
        try readProposals(recipe)
        try readRegions(recipe)
        if design == .fpn { try readPyramid(recipe) }
        scoreThreshold = try recipe.fraction("score_threshold", default: scoreThreshold)
        nms = try recipe.fraction("nms", default: nms)
        detectionsPerImage = try recipe.positive("detections_per_image", default: detectionsPerImage)
        maskThreshold = try recipe.fraction("mask_threshold", default: maskThreshold)
    }

    private mutating func readProposals(_ recipe: RecipeSection) throws {
        anchorSizes = try recipe.list("anchor_sizes", default: anchorSizes)
        guard design == .c4 || anchorSizes.count == 5 else {
            throw recipe.error("anchor_sizes", "must be 5 numbers with design fpn: one for each map of the pyramid")
        }
        anchorRatios = try recipe.list("anchor_ratios", default: anchorRatios)
        anchorsRounded = try recipe.value("anchors_rounded", default: anchorsRounded)
        rpnBatch = try recipe.positive("rpn_batch", default: rpnBatch)
        rpnPositiveFraction = try recipe.fraction("rpn_positive_fraction", default: rpnPositiveFraction)
        let iou = try recipe.value("rpn_iou", default: [rpnIoU.low, rpnIoU.high])
        guard iou.count == 2, 0 <= iou[0], iou[0] <= iou[1], iou[1] <= 1 else {
            throw recipe.error("rpn_iou", "must be two numbers, 0 to 1, the lower first: [0.3, 0.7]")
        }
        rpnIoU = (iou[0], iou[1])
        rpnBoxWeights = try recipe.weights("rpn_box_weights", default: rpnBoxWeights)
        rpnBoxLoss = try recipe.boxLoss("rpn_box_loss", beta: "rpn_smooth_l1_beta")
        preNMSTopK = (
            try recipe.positive("pre_nms_topk", default: preNMSTopK.train),
            try recipe.positive("pre_nms_topk_test", default: preNMSTopK.test)
        )
        postNMSTopK = (
            try recipe.positive("post_nms_topk", default: postNMSTopK.train),
            try recipe.positive("post_nms_topk_test", default: postNMSTopK.test)
        )
        proposalNMS = try recipe.fraction("proposal_nms", default: proposalNMS)
    }

    private mutating func readRegions(_ recipe: RecipeSection) throws {
        roiBatch = try recipe.positive("roi_batch", default: roiBatch)
        roiPositiveFraction = try recipe.fraction("roi_positive_fraction", default: roiPositiveFraction)
        roiIoU = try recipe.fraction("roi_iou", default: roiIoU)
        poolSize = try recipe.positive("pool_size", default: poolSize)
        samplingRatio = try recipe.count("sampling_ratio", default: samplingRatio)
        roiAligned = try recipe.value("roi_aligned", default: roiAligned)
        boxWeights = try recipe.weights("box_weights", default: boxWeights)
        boxLoss = try recipe.boxLoss("box_loss", beta: "smooth_l1_beta")
        classAgnosticBoxes = try recipe.value("class_agnostic_boxes", default: classAgnosticBoxes)
        masks = try recipe.value("masks", default: masks)
        maskConvolutions = try recipe.count("mask_convolutions", default: maskConvolutions)
        maskChannels = try recipe.positive("mask_channels", default: maskChannels)
    }

    private mutating func readPyramid(_ recipe: RecipeSection) throws {
        pyramidChannels = try recipe.positive("pyramid_channels", default: pyramidChannels)
        maskPoolSize = try recipe.positive("mask_pool_size", default: maskPoolSize)
        boxConvolutions = try recipe.count("box_convolutions", default: boxConvolutions)
        boxConvolutionChannels = try recipe.positive("box_convolution_channels", default: boxConvolutionChannels)
        boxLayers = try recipe.count("box_layers", default: boxLayers)
        boxLayerSize = try recipe.positive("box_layer_size", default: boxLayerSize)
    }
}

extension RecipeSection {
    private enum BoxLossName: String, CaseIterable {
        case smoothL1 = "smooth_l1"
        case giou
    }

    /// A loss by its name, and the key of its β where it has one.
    fileprivate func boxLoss(_ key: String, beta betaKey: String) throws -> BoxLoss {
        switch try choice(key, default: BoxLossName.smoothL1) {
        case .giou: return .giou
        case .smoothL1:
            let beta = try value(betaKey, default: 0.0)
            guard beta >= 0 else { throw error(betaKey, "must not be below 0") }
            return .smoothL1(beta: beta)
        }
    }

    /// Of a box's four offsets.
    fileprivate func weights(_ key: String, default standard: [Double]) throws -> [Double] {
        let values = try list(key, default: standard)
        guard values.count == 4 else { throw error(key, "must be 4 numbers: of x, y, width, height") }
        return values
    }
}
