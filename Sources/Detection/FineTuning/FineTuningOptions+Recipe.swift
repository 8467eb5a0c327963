import DataLoading
import NN
import Recipes
import Training

extension FineTuningOptions {
    /// Reads the section `detection`; what is not given keeps its default.
    ///
    /// - Throws: `UserError` with the line of what is wrong.
    public init(_ recipe: RecipeSection) throws {
        self.init()
        detector = try RCNNOptions(recipe)
        try readStage(recipe)
    }

    /// Reads the section `detection` of the recipe at `path`, and keeps what is not given as it is: for a detector that stands.
    public mutating func read(overridesIn path: String) throws {
        let recipe = try RecipeSection(reading: path).section("detection")
        try detector.read(recipe)
        try readStage(recipe)
        // Known, and of training alone.
        var training = TrainingOptions()
        try training.readPrecision(recipe)
        try recipe.finish()
    }

    private mutating func readStage(_ recipe: RecipeSection) throws {
        try input.read(recipe, divisor: detector.neck.sizeDivisor)
        batchSize = try recipe.positive(
            "batch", default: batchSize,
            KeyDoc("Images per step, of all processes", unit: "images", source: "Detectron2, IMS_PER_BATCH"))
        iterations = try recipe.positive(
            "iterations", default: iterations,
            KeyDoc("Steps of training", unit: "steps", source: "Detectron2's 1x schedule"))
        try readSchedule(recipe)
        try readOptimizer(recipe)
        preciseBatches = try recipe.count(
            "precise_bn_batches", default: preciseBatches,
            KeyDoc(
                "Training batches that running statistics are recomputed on before the test; 0 keeps the averages",
                unit: "batches", source: "arXiv 2105.07576, section 3"))
        testBatchSize = try recipe.positive("batch_test", default: testBatchSize, KeyDoc("Images per step of the test", unit: "images"))
        trainFraction = try recipe.fraction(
            "train_fraction", default: trainFraction, KeyDoc("Part of the training images that is learned from, the same for every seed"))
        guard trainFraction > 0 else { throw recipe.error("train_fraction", "must be above 0") }
        maxCorruptImages = try recipe.count(
            "max_corrupt_images", default: maxCorruptImages,
            KeyDoc("Images that may be damaged before training ends with an error", unit: "images"))
    }

    private mutating func readSchedule(_ recipe: RecipeSection) throws {
        learningRate = try recipe.positive(
            "learning_rate", default: learningRate, KeyDoc("Learning rate for a batch of reference_batch", source: "Detectron2, BASE_LR"))
        referenceBatch = try recipe.positive(
            "reference_batch", default: batchSize,
            KeyDoc(
                "Batch that learning_rate is meant for: it is scaled by batch over it",
                unit: "images", source: "Goyal et al. 2017 (arXiv 1706.02677)"))
        milestones = try recipe.value(
            "milestones", default: milestones, KeyDoc("Steps at which the rate falls", unit: "steps", source: "Detectron2's 1x schedule"))
        rateDecay = try recipe.fraction(
            "learning_rate_decay", default: rateDecay,
            KeyDoc("What it falls to, of itself", source: "Detectron2, GAMMA"))
        warmup = try recipe.count(
            "warmup", default: warmup,
            KeyDoc("Steps until the full rate", unit: "steps", source: "Detectron2, WARMUP_ITERS"))
        warmupStart = try recipe.fraction(
            "warmup_start", default: warmupStart,
            KeyDoc("Part of the rate that the warm-up begins with", source: "Detectron2, WARMUP_FACTOR"))
    }

    private mutating func readOptimizer(_ recipe: RecipeSection) throws {
        momentum = try recipe.fraction("momentum", default: momentum, KeyDoc("Momentum of SGD", source: "Detectron2, MOMENTUM"))
        weightDecay = try recipe.value(
            "weight_decay", default: weightDecay,
            KeyDoc("L2 penalty of weights", source: "Detectron2, WEIGHT_DECAY"))
        normDecay = try recipe.value(
            "weight_decay_norm", default: normDecay,
            KeyDoc("L2 penalty of scales and shifts of normalisations", source: "Detectron2, WEIGHT_DECAY_NORM"))
        gradientClip = try recipe.gradientClip()
    }
}

extension DetectionInput {
    /// Reads the keys of how images are made ready, and keeps what is not given.
    ///
    /// - Parameter standard: what the sides of a batch are made multiples of, where the recipe does not say.
    mutating func read(_ recipe: RecipeSection, divisor standard: Int) throws {
        let lengths = try recipe.value(
            "min_size", default: edges.lengths,
            KeyDoc("Shorter sides of training images", unit: "pixels", source: "Detectron2, MIN_SIZE_TRAIN"))
        let longest = try recipe.positive(
            "max_size", default: edges.longest,
            KeyDoc("Longer side of images, at most", unit: "pixels", source: "Detectron2, MAX_SIZE_TRAIN"))
        guard !lengths.isEmpty, lengths.allSatisfy({ (32...8192).contains($0) }), (32...8192).contains(longest) else {
            throw recipe.error("min_size", "and max_size must be 32 to 8192 pixels")
        }
        let sampling = try recipe.choice(
            "min_size_sampling", default: edges.sampling,
            KeyDoc("Whether an image takes one of the list, or a length between two", source: "Detectron2, MIN_SIZE_TRAIN_SAMPLING"))
        guard sampling == .list || lengths.count == 2 && lengths[0] <= lengths[1] else {
            throw recipe.error("min_size", "must be two lengths, the shorter one first, with min_size_sampling: range")
        }
        edges = ShortestEdge(lengths, longest: longest, sampling: sampling)
        minSizeTest = try recipe.positive(
            "min_size_test", default: minSizeTest,
            KeyDoc("Shorter side of test images", unit: "pixels", source: "Detectron2, MIN_SIZE_TEST"))
        flipProbability = try recipe.fraction(
            "flip", default: flipProbability, KeyDoc("Probability that a training image is mirrored", source: "Detectron2, RANDOM_FLIP"))
        divisor = try recipe.positive(
            "size_divisor", default: standard,
            KeyDoc("What the sides of a batch are padded to multiples of", unit: "pixels", source: "Detectron2, FPN.size_divisibility"))
        groupsByAspect = try recipe.value(
            "aspect_ratio_grouping", default: groupsByAspect,
            KeyDoc("Whether batches are of wide images or of high ones", source: "Detectron2, ASPECT_RATIO_GROUPING"))
        try readPixels(recipe)
    }

    private mutating func readPixels(_ recipe: RecipeSection) throws {
        let mean = try recipe.value(
            "pixel_mean", default: normalization.mean,
            KeyDoc(
                "What is subtracted from pixels, in the network's order of channels",
                unit: "grey levels", source: "Detectron2, PIXEL_MEAN"))
        let deviation = try recipe.list(
            "pixel_std", default: normalization.deviation,
            KeyDoc("What they are divided by", unit: "grey levels", source: "Detectron2, PIXEL_STD"))
        guard mean.count == 3, deviation.count == 3 else {
            throw recipe.error("pixel_mean", "and pixel_std must be 3 numbers each, grey levels of 0 to 255")
        }
        let order = try recipe.choice(
            "channel_order", default: normalization.order, KeyDoc("The network's order of channels", source: "Detectron2, INPUT.FORMAT"))
        normalization = PixelNormalization(mean: mean, deviation: deviation, order: order)
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
        let name = try choice(
            "gradient_clip", default: ClipName.none,
            KeyDoc("What of gradients is bounded: each value, each tensor's norm, or that of all", source: "Detectron2, CLIP_TYPE"))
        guard name != .none else { return nil }
        let limit = try positive("gradient_clip_at", default: 1.0, KeyDoc("The bound", source: "Detectron2, CLIP_VALUE"))
        return switch name {
        case .none: nil
        case .value: .value(limit)
        case .norm: .norm(limit)
        case .fullModel: .fullModel(limit)
        }
    }
}
