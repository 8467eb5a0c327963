import NN
import Recipes
import Training

extension PretrainingOptions {
    /// Reads the keys of the section `pretraining` that are every method's; what is not given keeps its default.
    ///
    /// - Throws: `UserError` with the line of what cannot be.
    public mutating func read(_ recipe: RecipeSection) throws {
        backbone = try recipe.backbone(default: backbone)
        // libtorch 1.13's backward pass of narrower convolutions writes beyond its memory.
        guard backbone.width >= 8 else { throw recipe.error("width", "must be at least 8") }
        normalization = try recipe.choice(
            "normalization", default: normalization,
            KeyDoc(
                "What batch normalisations take for statistics: each process's batch (bn), or the batches of all processes together "
                    + "(sync_bn)", source: "arXiv 2006.07733, appendix F"))
        guard normalization.learns else {
            throw recipe.error("normalization", "must be sync_bn or bn: with frozen_bn nothing would be normalised")
        }
        imageSize = try recipe.positive(
            "image_size", default: imageSize, KeyDoc("Side of a view", unit: "pixels", source: "arXiv 2006.07733, appendix B"))
        batchSize = try recipe.positive(
            "batch", default: batchSize,
            KeyDoc("Images per batch, over all processes", unit: "images", source: "arXiv 2006.07733, section 3.3"))
        guard batchSize >= 2 else { throw recipe.error("batch", "must be at least 2: batch normalisation needs it") }
        accumulation = try recipe.positive(
            "accumulate", default: accumulation,
            KeyDoc(
                "Batches whose gradients make one step, one after the other, in the memory of one; batch statistics stay those of one",
                unit: "batches"))
        epochs = try recipe.positive(
            "epochs", default: epochs, KeyDoc("Passes over the images", unit: "epochs", source: "arXiv 2006.07733, appendix F"))
        warmupEpochs = try recipe.value(
            "warmup_epochs", default: warmupEpochs,
            KeyDoc("Passes in which the learning rate rises from 0", unit: "epochs", source: "arXiv 2006.07733, section 3.3"))
        guard (0...epochs).contains(warmupEpochs) else { throw recipe.error("warmup_epochs", "must be 0 to epochs") }
        baseLearningRate = try recipe.positive(
            "base_learning_rate", default: baseLearningRate,
            KeyDoc(
                "Learning rate of a step of 256 images; in proportion to the images of a step, and falling to 0 by half a cosine",
                source: "arXiv 2006.07733, appendix F, 100 epochs"))
        optimizer = try recipe.choice(
            "optimizer", default: optimizer,
            KeyDoc("Layer-wise adaptive rates (lars), or plain momentum (sgd)", source: "arXiv 2006.07733, section 3.3"))
        momentum = try recipe.fraction("momentum", default: momentum, "The optimizer's momentum")
        weightDecay = try recipe.value(
            "weight_decay", default: weightDecay,
            KeyDoc("Decay of weights; with lars not of biases and normalisations", source: "arXiv 2006.07733, appendix F, 100 epochs"))
        minCropScale = try recipe.fraction(
            "min_crop_scale", default: minCropScale,
            KeyDoc("The fraction of an image's area that a view shows at least", source: "arXiv 2006.07733, appendix B"))
        exactDecode = try recipe.value(
            "exact_decode", default: exactDecode,
            KeyDoc(
                "Whether images are decoded whole and views made with Pillow's arithmetic, step by step; else only what views show is "
                    + "decoded, as small as they allow, in two thirds of the time"))
        maxCorruptImages = try recipe.count(
            "max_corrupt_images", default: maxCorruptImages,
            KeyDoc("Images that cannot be decoded and are replaced by the next one, before the run fails", unit: "images"))
    }
}
