import Recipes
import NN
import Pretraining

extension PretrainingOptions {
    /// Reads the section `pretraining`; what is not given keeps its default.
    init(_ recipe: RecipeSection) throws {
        self.init()
        depth = try recipe.depth("backbone", default: depth)
        width = try recipe.positive("width", default: width)
        // libtorch 1.13's backward pass of narrower convolutions writes beyond its memory.
        guard width >= 8 else { throw recipe.error("width", "must be at least 8") }
        normalization = try recipe.choice("normalization", default: normalization)
        guard normalization.learns else {
            throw recipe.error("normalization", "must be sync_bn or bn: with frozen_bn nothing would be normalised")
        }
        imageSize = try recipe.positive("image_size", default: imageSize)
        batchSize = try recipe.positive("batch", default: batchSize)
        guard batchSize >= 2 else { throw recipe.error("batch", "must be at least 2: batch normalisation needs it") }
        accumulation = try recipe.positive("accumulate", default: accumulation)
        viewsTogether = try recipe.value("views_together", default: viewsTogether)
        epochs = try recipe.positive("epochs", default: epochs)
        warmupEpochs = try recipe.value("warmup_epochs", default: warmupEpochs)
        guard (0...epochs).contains(warmupEpochs) else { throw recipe.error("warmup_epochs", "must be 0 to epochs") }
        baseLearningRate = try recipe.positive("base_learning_rate", default: baseLearningRate)
        optimizer = try recipe.choice("optimizer", default: optimizer)
        momentum = try recipe.fraction("momentum", default: momentum)
        weightDecay = try recipe.value("weight_decay", default: weightDecay)
        targetMomentum = try recipe.fraction("target_momentum", default: targetMomentum)
        hiddenSize = try recipe.positive("hidden_size", default: hiddenSize)
        projectionSize = try recipe.positive("projection_size", default: projectionSize)
        minCropScale = try recipe.fraction("min_crop_scale", default: minCropScale)
        exactDecode = try recipe.value("exact_decode", default: exactDecode)
        maxCorruptImages = try recipe.value("max_corrupt_images", default: maxCorruptImages)
        let regions = try recipe.section("regions")
        self.regions.grid = try regions.positive("grid", default: self.regions.grid)
        self.regions.hiddenSize = try regions.positive("hidden_size", default: self.regions.hiddenSize)
        self.regions.projectionSize = try regions.positive("projection_size", default: self.regions.projectionSize)
        self.regions.invariance = try regions.value("invariance", default: self.regions.invariance)
        self.regions.diversity = try regions.value("diversity", default: self.regions.diversity)
        self.regions.matching = try regions.choice("matching", default: self.regions.matching)
        let pairs = try regions.value("best_pairs", default: 0)
        guard pairs >= 0 else { throw regions.error("best_pairs", "must be 0, for a partner a region, or more") }
        self.regions.bestPairs = pairs == 0 ? nil : pairs
        self.regions.pushedRegions = try regions.positive("pushed_regions", default: self.regions.pushedRegions)
        self.regions.margin = try regions.value("margin", default: self.regions.margin)
    }
}

extension RecipeSection {
    /// A network's depth: r18, r34, r50, r101, r152.
    func depth(_ key: String, default standard: ResNet.Depth) throws -> ResNet.Depth {
        let name = try choice(key, default: DepthName(standard))
        return name.depth
    }
}

private enum DepthName: String, CaseIterable {
    case r18, r34, r50, r101, r152

    init(_ depth: ResNet.Depth) {
        self =
            switch depth {
            case .r18: .r18
            case .r34: .r34
            case .r50: .r50
            case .r101: .r101
            case .r152: .r152
            }
    }

    var depth: ResNet.Depth {
        switch self {
        case .r18: .r18
        case .r34: .r34
        case .r50: .r50
        case .r101: .r101
        case .r152: .r152
        }
    }
}
