import Data
import Detection
import NN

extension FineTuningOptions {
    /// Reads the section `detection`; what is not given keeps its default.
    init(_ recipe: RecipeSection) throws {
        self.init()
        detector.depth = try recipe.depth("backbone", default: detector.depth)
        detector.width = try recipe.positive("width", default: detector.width)
        detector.normalization = try recipe.choice("normalization", default: detector.normalization)
        detector.extraNorm = try recipe.value("extra_norm", default: detector.extraNorm)
        detector.anchorSizes = try recipe.list("anchor_sizes", default: detector.anchorSizes)
        detector.anchorRatios = try recipe.list("anchor_ratios", default: detector.anchorRatios)
        detector.rpnBatch = try recipe.positive("rpn_batch", default: detector.rpnBatch)
        detector.proposalsBeforeNMS = (
            try recipe.positive("proposals_before_nms", default: detector.proposalsBeforeNMS.train),
            try recipe.positive("proposals_before_nms_test", default: detector.proposalsBeforeNMS.test)
        )
        detector.proposalsAfterNMS = (
            try recipe.positive("proposals_after_nms", default: detector.proposalsAfterNMS.train),
            try recipe.positive("proposals_after_nms_test", default: detector.proposalsAfterNMS.test)
        )
        detector.proposalNMS = try recipe.part("proposal_nms", default: detector.proposalNMS)
        detector.roiBatch = try recipe.positive("roi_batch", default: detector.roiBatch)
        detector.roiPositiveFraction = try recipe.part("roi_positive_fraction", default: detector.roiPositiveFraction)
        detector.poolSize = try recipe.positive("pool_size", default: detector.poolSize)
        detector.maskChannels = try recipe.positive("mask_channels", default: detector.maskChannels)
        detector.scoreThreshold = try recipe.part("score_threshold", default: detector.scoreThreshold)
        detector.nms = try recipe.part("nms", default: detector.nms)
        detector.detectionsPerImage = try recipe.positive("detections_per_image", default: detector.detectionsPerImage)
        let edges = try recipe.value("short_side", default: input.edges.lengths)
        let longest = try recipe.positive("long_side", default: input.edges.longest)
        guard !edges.isEmpty, edges.allSatisfy({ (32...8192).contains($0) }), (32...8192).contains(longest) else {
            throw recipe.error("short_side", "and long_side must be 32 to 8192 pixels")
        }
        input.edges = ShortestEdge(edges, longest: longest)
        input.testEdge = try recipe.positive("short_side_test", default: input.testEdge)
        input.flipProbability = try recipe.part("flip", default: input.flipProbability)
        batchSize = try recipe.positive("batch", default: batchSize)
        iterations = try recipe.positive("iterations", default: iterations)
        learningRate = try recipe.positive("learning_rate", default: learningRate)
        milestones = try recipe.value("milestones", default: milestones)
        warmup = try recipe.value("warmup", default: warmup)
        momentum = try recipe.part("momentum", default: momentum)
        weightDecay = try recipe.value("weight_decay", default: weightDecay)
        damagedLimit = try recipe.value("damaged_images", default: damagedLimit)
    }
}

extension RecipeSection {
    /// Numbers above 0, at least one.
    fileprivate func list(_ key: String, default standard: [Double]) throws -> [Double] {
        let values = try value(key, default: standard)
        guard !values.isEmpty, values.allSatisfy({ $0 > 0 }) else { throw error(key, "must be numbers above 0") }
        return values
    }
}
