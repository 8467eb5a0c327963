import COCO
import DataLoading
import Detection
import Foundation
import NN
import Pretraining
import Reporting
import Runs
import Support
import Torch
import Training
import Vision

/// Carries out one stage of a recipe in a run folder, from the beginning or from where it was stopped.
public struct StageRunner {
    let recipe: Recipe
    let device: Device?
    let stop: StopSignal
    let group: ProcessGroup?

    /// - Parameters:
    ///   - device: where tensors live; nil takes a CUDA device where there is one.
    ///   - group: the processes that carry it out together, all by the same calls; nil for one by itself.
    public init(_ recipe: Recipe, device: Device? = nil, stop: StopSignal, group: ProcessGroup? = nil) {
        self.recipe = recipe
        self.device = device
        self.stop = stop
        self.group = group
    }

    // MARK: - Pretraining

    /// Pretrains, and writes backbone.safetensors and regions.json: what `WatchedImages` measures at the end, and before.
    ///
    /// - Parameters:
    ///   - images: a folder of images, a list of their paths, or tar shards.
    ///   - watched: the same, of images that the backbone is measured on after each epoch.
    public func pretrain(
        _ variant: Variant, images: String, watched: String, seed: UInt64, output: String, resume: Bool
    ) throws -> Outcome {
        try LibTorch.load()
        let device = try LibTorch.device(device, in: group)
        let split = try BatchSplit("pretraining", variant.options.batchSize, variant.options.normalization, group)
        let source = try openImages(images)
        let run = try RunFolder(
            output,
            RunDescription(
                stage: .pretrain, method: variant.name, seed: seed, dataset: recipe.dataset.name,
                settings: recipe.settings(of: variant) + [("pretraining.images", .int(source.count))] + split.settings,
                titles: .init(method: MethodTitles.title(variant.name), losses: type(of: variant.method).lossTitles)),
            resume: resume, by: group)
        // The leader alone measures: the others would come to the same numbers, and more slowly together.
        var watch: WatchedImages?
        try group.leaderAlone {
            watch = try self.watch(watched, variant.options, grid: variant.method.regionGrid ?? recipe.regionGrid, seed: seed)
        }
        let stage = PretrainingStage(
            variant.method, variant.options, name: variant.name, images: source, seed: seed, device: device, shard: split.shard,
            watching: recipe.watchedImages > 0 ? watch : nil)
        // Every start makes the same weights first.
        let untrained = watch?.measure(stage.method.backbone)
        if recipe.watchedImages > 0, let untrained { StandardError.line("\(variant.name) untrained: \(untrained.text)") }
        var options = recipe.pretrainingRun
        options.precision = variant.precision
        return try train(stage, run, options) {
            try group.leaderAlone {
                if let watch, let untrained {
                    let measured = stage.measured(after: stage.iterations) ?? watch.measure(stage.method.backbone)
                    if measured.regions.isCollapsed { StandardError.line("\(output): the features have collapsed: \(measured.text)") }
                    try RegionsFile(measured.numbers, untrained: untrained.numbers).write(to: run.folder)
                }
                try SafeTensors.write(
                    stage.method.backbone.stateDict, metadata: ["format": "pt", "method": variant.method.word],
                    to: run.path("backbone.safetensors"))
            }
        }
    }

    private func watch(_ images: String, _ options: PretrainingOptions, grid: Int, seed: UInt64) throws -> WatchedImages {
        try WatchedImages(
            openImages(images), count: recipe.watchedImages > 0 ? recipe.watchedImages : Recipe.standardWatchedImages,
            size: options.imageSize, grid: grid, seed: seed,
            reader: ImageReader(maxCorruptImages: options.maxCorruptImages))
    }

    // MARK: - Fine-tuning

    /// Fine-tunes, predicts on the validation images and evaluates; writes model.safetensors, results.json,
    /// inference.json (speed and memory), evaluation.json, analysis.json and regions.json.
    ///
    /// - Parameters:
    ///   - backbone: a weight file of any kind that `WeightFile` reads; nil begins from scratch.
    ///   - method: the row of the report.
    public func finetune(
        backbone: String?, method: String, files: DatasetFiles, seed: UInt64, output: String, resume: Bool
    ) throws -> Outcome {
        try LibTorch.load()
        let device = try LibTorch.device(device, in: group)
        let split = try BatchSplit("detection", recipe.detection.batchSize, recipe.detection.detector.normalization, group)
        let weights = try backbone.map { try BackboneWeights($0) }
        let state = try weights?.state(for: recipe.detection.detector.backbone)
        let train = try Dataset.read(files.trainAnnotations)
        let sets = DetectionSets(
            train: train, trainImages: files.trainImages, val: try Dataset.read(files.valAnnotations), valImages: files.valImages)
        let valCategoryIDs = try sets.valCategoryIDs()
        try group.leaderAlone {
            try sets.check(usesMasks: recipe.detection.detector.mask != nil, maxCorruptImages: recipe.detection.maxCorruptImages)
        }
        let run = try RunFolder(
            output,
            RunDescription(
                stage: .finetune, method: method, seed: seed, dataset: recipe.dataset.name,
                settings: recipe.detectionSettings + split.settings,
                backbone: backbone ?? Recipe.scratch,
                titles: .init(method: MethodTitles.title(method), losses: MethodTitles.detection)), resume: resume, by: group)
        let stage = try FineTuning(
            recipe.detection, dataset: train, images: files.trainImages, backbone: state, backboneFile: backbone,
            seed: seed, device: device, shard: split.shard)
        // Before training changes it: what the detector begins with.
        try group.leaderAlone {
            weights?.tell(recipe.detection)
            if !FileManager.default.fileExists(atPath: run.path(RegionsFile.name)) {
                // The recipe has the last word on pixels, as in training.
                let said = recipe.detection.input.normalization
                let normalization = said == .imageNet ? weights.map { PixelNormalization($0.weights.convention) } ?? said : said
                try writeRegions(of: stage.detector.backbone, normalization, files, seed: seed, to: run)
            }
            try DetectorRun.writeMakings(recipe, train.categories, to: run)
        }
        return try self.train(stage, run, recipe.detectionRun) {
            try ProcessGroup.$current.withValue(group) { try stage.makeStatisticsPrecise() }
            try group.leaderAlone {
                try SafeTensors.write(
                    stage.detector.stateDict, metadata: ["format": "pt", "method": method], to: run.path("model.safetensors"))
            }
            try evaluate(stage.detector, valCategoryIDs, files, run, at: stage.iterations)
        }
    }

    /// regions.json: the numbers on watched images, and maps of validation images for people.
    ///
    /// - Parameter normalization: how the backbone takes its pixels.
    private func writeRegions(
        of backbone: any Backbone, _ normalization: PixelNormalization, _ files: DatasetFiles, seed: UInt64, to run: RunFolder
    ) throws {
        let statistics = try watch(files.watchedImages, recipe.pretraining, grid: recipe.regionGrid, seed: seed)
            .measure(backbone, normalization: normalization)
        let options = recipe.pretraining
        let maps = RegionMap.maps(
            of: backbone, on: try Dataset.read(files.valAnnotations), images: files.valImages, normalization: normalization,
            side: options.imageSize, grid: recipe.regionGrid)
        try RegionsFile(statistics.numbers, maps: maps).write(to: run.folder)
    }

    private func evaluate(
        _ detector: RCNN, _ categoryIDs: [Int], _ files: DatasetFiles, _ run: RunFolder, at iteration: Int
    ) throws {
        let val = try Dataset.read(files.valAnnotations)
        let items = try val.images.indices.map {
            PredictionBatches.Item(imageID: val.images[$0].id, path: try val.path(ofImage: $0, in: files.valImages))
        }
        let cost = try group.predict(
            detector, items, options: recipe.detection, categoryIDs: categoryIDs, workers: recipe.detectionRun.workers,
            title: "predict \(run.description.method)", to: run.path("results.json"))
        try group.leaderAlone {
            try AtomicFile.write(cost.json.text(pretty: true) + "\n", to: run.path("inference.json"))
            try evaluate(run, on: val, files, at: iteration)
        }
    }

    private func evaluate(_ run: RunFolder, on val: Dataset, _ files: DatasetFiles, at iteration: Int) throws {
        let results = try Results.read(run.path("results.json"))
        let types = recipe.detection.detector.mask == nil ? [.bbox] : IoUType.detection
        let evaluations = try types.map { type in
            (type: type, evaluation: try Evaluator().evaluate(results, against: val, by: type))
        }
        var json = evaluations.map { (key: $0.type.rawValue, value: $0.evaluation.json) }
        if recipe.dataset.metrics == .voc {
            let voc = try VOCEvaluation(results, against: val)
            StandardError.line("\(run.folder): Pascal VOC\n\(voc.text)")
            json.append((key: "voc", value: voc.json))
        }
        try EventFile.write(evaluations, results, on: val, images: files.valImages, to: run.folder, at: iteration)
        try AtomicFile.write(
            RunAnalysis(results, evaluations, against: val).json.text() + "\n", to: run.path("analysis.json"))
        try AtomicFile.write(JSON.object(json).text(pretty: true) + "\n", to: run.path("evaluation.json"))
    }

    // MARK: - Both

    /// The loop, then `finish` on its result; run.json says at each moment what holds.
    private func train<S: Stage>(
        _ stage: S, _ run: RunFolder, _ options: TrainingOptions, then finish: () throws -> Void
    ) throws -> Outcome {
        try group.leaderAlone { try run.write(status: .running) }
        var options = options
        options.device = try LibTorch.device(device, in: group)
        options.group = group
        let (outcome, seconds) = try Trainer(stage, in: run, options: options, stop: stop).train()
        switch outcome {
        case .stopped(let iteration):
            try group.leaderAlone {
                try run.write(status: .stopped, cost: RunCost(images: iteration * stage.imagesPerIteration, seconds: seconds))
            }
        case .finished:
            try finish()
            try group.leaderAlone {
                try run.write(status: .finished, cost: RunCost(images: stage.iterations * stage.imagesPerIteration, seconds: seconds))
            }
        }
        return outcome
    }
}
