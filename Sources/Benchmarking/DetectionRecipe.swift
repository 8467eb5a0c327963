import Recipes
import DataLoading
import Detection
import NN
import Training

extension FineTuningOptions {
    /// Reads the section `detection`; what is not given keeps its default.
    init(_ recipe: RecipeSection) throws {
        self.init()
        detector = try MaskRCNNOptions(recipe)
        try readStage(recipe)
    }

    /// Reads the section `detection` of the recipe at `path`, and keeps what is not given as it is: for a detector that stands.
    mutating func read(overridesIn path: String) throws {
        let recipe = try RecipeSection(reading: path).section("detection")
        try detector.read(recipe)
        try readStage(recipe)
        _ = try recipe.choice("precision", default: TrainingOptions().precision)
        try recipe.finish()
    }

    private mutating func readStage(_ recipe: RecipeSection) throws {
        try readInput(recipe)
        batchSize = try recipe.positive("batch", default: batchSize)
        iterations = try recipe.positive("iterations", default: iterations)
        learningRate = try recipe.positive("learning_rate", default: learningRate)
        referenceBatch = try recipe.positive("reference_batch", default: batchSize)
        milestones = try recipe.value("milestones", default: milestones)
        rateDecay = try recipe.fraction("learning_rate_decay", default: rateDecay)
        warmup = try recipe.value("warmup", default: warmup)
        warmupStart = try recipe.fraction("warmup_start", default: warmupStart)
        momentum = try recipe.fraction("momentum", default: momentum)
        weightDecay = try recipe.value("weight_decay", default: weightDecay)
        normDecay = try recipe.value("weight_decay_norm", default: normDecay)
        gradientClip = try recipe.gradientClip()
        preciseBatches = try recipe.count("precise_bn_batches", default: preciseBatches)
        testBatchSize = try recipe.positive("batch_test", default: testBatchSize)
        trainFraction = try recipe.fraction("train_fraction", default: trainFraction)
        guard trainFraction > 0 else { throw recipe.error("train_fraction", "must be above 0") }
        maxCorruptImages = try recipe.value("max_corrupt_images", default: maxCorruptImages)
    }

    private mutating func readInput(_ recipe: RecipeSection) throws {
        let edges = try recipe.value("min_size", default: input.edges.lengths)
        let longest = try recipe.positive("max_size", default: input.edges.longest)
        guard !edges.isEmpty, edges.allSatisfy({ (32...8192).contains($0) }), (32...8192).contains(longest) else {
            throw recipe.error("min_size", "and max_size must be 32 to 8192 pixels")
        }
        let sampling = try recipe.choice("min_size_sampling", default: input.edges.sampling)
        guard sampling == .list || edges.count == 2 && edges[0] <= edges[1] else {
            throw recipe.error("min_size", "must be two lengths, the shorter one first, with min_size_sampling: range")
        }
        input.edges = ShortestEdge(edges, longest: longest, sampling: sampling)
        input.minSizeTest = try recipe.positive("min_size_test", default: input.minSizeTest)
        input.flipProbability = try recipe.fraction("flip", default: input.flipProbability)
        input.divisor = try recipe.positive("size_divisor", default: detector.design.sizeDivisor)
        input.groupsByAspect = try recipe.value("aspect_ratio_grouping", default: input.groupsByAspect)
        let standard = input.normalization
        let mean = try recipe.value("pixel_mean", default: standard.mean)
        let deviation = try recipe.list("pixel_std", default: standard.deviation)
        guard mean.count == 3, deviation.count == 3 else {
            throw recipe.error("pixel_mean", "and pixel_std must be 3 numbers each, grey levels of 0 to 255")
        }
        input.normalization = PixelNormalization(
            mean: mean, deviation: deviation, order: try recipe.choice("channel_order", default: standard.order))
    }
}

extension RecipeSection {
    /// By the names of Detectron2's `CLIP_TYPE`.
    private enum ClipName: String, CaseIterable {
        case none
        case value
        case norm
        case fullModel = "full_model"
    }

    fileprivate func gradientClip() throws -> GradientClip? {
        let name = try choice("gradient_clip", default: ClipName.none)
        guard name != .none else { return nil }
        let limit = try positive("gradient_clip_at", default: 1.0)
        return switch name {
        case .none: nil
        case .value: .value(limit)
        case .norm: .norm(limit)
        case .fullModel: .fullModel(limit)
        }
    }
}
