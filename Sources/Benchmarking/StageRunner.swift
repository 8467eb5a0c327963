import COCO
import Data
import Detection
import Foundation
import NN
import Pretraining
import Support
import Torch
import Training
import Vision

/// Carries out one stage of a recipe in a run folder, from the beginning or from where it was stopped.
public struct StageRunner {
    /// Pictures that region statistics are measured on.
    static let regionSample = 64

    let recipe: Recipe
    let recipePath: String
    let device: Device?
    let stop: StopSignal
    let group: ProcessGroup?

    /// - Parameters:
    ///   - device: where tensors live; nil takes a CUDA device where there is one.
    ///   - group: the processes that carry it out together, all by the same calls; nil for one by itself.
    public init(_ recipe: Recipe, path: String, device: Device? = nil, stop: StopSignal, group: ProcessGroup? = nil) {
        self.recipe = recipe
        recipePath = path
        self.device = device
        self.stop = stop
        self.group = group
    }

    // MARK: - Pretraining

    /// Pretrains, and writes backbone.safetensors and regions.json.
    ///
    /// - Parameter images: a folder of pictures, a list of their paths, or tar shards.
    public func pretrain(
        _ variant: Variant, images: String, seed: UInt64, output: String, resume: Bool
    ) throws -> Outcome {
        try Torch.load()
        let device = try Torch.device(device, in: group)
        let split = try BatchSplit("pretraining", variant.options.batchSize, variant.options.normalization, group)
        let pictures = try openPictures(images)
        let run = try RunFolder(
            output,
            RunDescription(
                stage: .pretrain, method: variant.name, seed: seed, dataset: recipe.dataset.name,
                settings: recipe.settings(of: variant) + split.settings), resume: resume, by: group)
        let stage = Pretraining(
            variant.method, variant.options, images: pictures, seed: seed, device: device, shard: split.shard)
        var options = recipe.pretrainingRun
        options.precision = variant.precision
        return try train(stage, run, options) {
            try group.leaderAlone { try keep(stage.method, variant, pictures, run) }
        }
    }

    private func keep(
        _ method: any PretrainingMethod, _ variant: Variant, _ pictures: any PictureSource, _ run: RunFolder
    ) throws {
        let statistics = try regions(of: method.backbone, pictures)
        if statistics.isCollapsed {
            StandardError.line(
                "\(run.folder): the features have collapsed: deviation \(statistics.featureDeviation), an even spread's is "
                    + "\(1 / Double(statistics.channels).squareRoot())")
        }
        try AtomicFile.write(statistics.json.text(pretty: true) + "\n", to: run.path("regions.json"))
        try SafeTensors.write(
            method.backbone.stateDict, metadata: ["format": "pt", "method": variant.method.rawValue],
            to: run.path("backbone.safetensors"))
    }

    private func regions(of backbone: ResNet, _ pictures: any PictureSource) throws -> RegionStatistics {
        let side = recipe.pretraining.imageSize
        let reader = ImageReader(damagedLimit: recipe.pretraining.damagedLimit)
        let images = try (0..<min(Self.regionSample, pictures.count)).map { i in
            try reader.read(from: i, of: pictures.count, name: pictures.name) { try pictures.picture($0).decoded() }.value
                .resized(width: side, height: side, filter: .bilinear)
        }
        let batches = stride(from: 0, to: images.count, by: 16).map { start in
            PixelNormalization.imageNet(Array(images[start..<min(start + 16, images.count)]))
        }
        return RegionStatistics(of: backbone, images: batches, grid: recipe.pretraining.regions.grid)
    }

    // MARK: - Fine-tuning

    /// Fine-tunes, predicts on the validation images and evaluates; writes model.safetensors, results.json,
    /// evaluation.json and regions.json.
    ///
    /// - Parameters:
    ///   - backbone: a weight file; nil begins from scratch.
    ///   - method: the row of the report.
    public func finetune(
        backbone: String?, method: String, files: DatasetFiles, seed: UInt64, output: String, resume: Bool
    ) throws -> Outcome {
        try Torch.load()
        let device = try Torch.device(device, in: group)
        let split = try BatchSplit("detection", recipe.detection.batchSize, recipe.detection.detector.normalization, group)
        let weights = try backbone.map { try SafeTensors.read($0) }
        let train = try Dataset.read(files.trainAnnotations)
        let run = try RunFolder(
            output,
            RunDescription(
                stage: .finetune, method: method, seed: seed, dataset: recipe.dataset.name,
                settings: recipe.detectionSettings + split.settings), resume: resume, by: group)
        let stage = try FineTuning(
            recipe.detection, dataset: train, images: files.trainImages, backbone: weights, backboneFile: backbone, seed: seed,
            device: device, shard: split.shard)
        // Before training changes it: what the detector begins with.
        try group.leaderAlone {
            let initial = try openPictures(files.unlabeledImages)
            if !FileManager.default.fileExists(atPath: run.path("regions.json")) {
                try AtomicFile.write(
                    regions(of: stage.detector.backbone, initial).json.text(pretty: true) + "\n", to: run.path("regions.json"))
            }
            try DetectorRun.writeMakings(recipePath, train.categories, to: run)
        }
        return try self.train(stage, run, recipe.detectionRun) {
            try ProcessGroup.$current.withValue(group) { try stage.makeStatisticsPrecise() }
            try group.leaderAlone {
                try SafeTensors.write(
                    stage.detector.stateDict, metadata: ["format": "pt", "method": method], to: run.path("model.safetensors"))
            }
            try evaluate(stage.detector, train.categories.map(\.id), files, run, at: stage.iterations)
        }
    }

    private func evaluate(
        _ detector: MaskRCNN, _ categoryIDs: [Int], _ files: DatasetFiles, _ run: RunFolder, at iteration: Int
    ) throws {
        let val = try Dataset.read(files.valAnnotations)
        let items = val.images.map { PredictionBatches.Item(imageID: $0.id, path: "\(files.valImages)/\($0.fileName)") }
        try group.predict(
            detector, items, options: recipe.detection, categoryIDs: categoryIDs, workers: recipe.detectionRun.workers,
            title: "predict \(run.description.method)", to: run.path("results.json"))
        try group.leaderAlone { try evaluate(run, on: val, files, at: iteration) }
    }

    private func evaluate(_ run: RunFolder, on val: Dataset, _ files: DatasetFiles, at iteration: Int) throws {
        let results = try Results.read(run.path("results.json"))
        let types = recipe.detection.detector.masks ? IoUType.detection : [.bbox]
        let evaluations = try types.map { type in
            (type: type, evaluation: try Evaluator().evaluate(results, against: val, by: type))
        }
        let json = evaluations.map { (key: $0.type.rawValue, value: $0.evaluation.json) }
        try EventFile.write(evaluations, results, on: val, images: files.valImages, to: run.folder, at: iteration)
        try AtomicFile.write(JSON.object(json).text(pretty: true) + "\n", to: run.path("evaluation.json"))
    }

    // MARK: - Both

    /// The loop, then `finish` on its result; run.json says at each moment what holds.
    private func train<S: Stage>(
        _ stage: S, _ run: RunFolder, _ options: TrainingOptions, then finish: () throws -> Void
    ) throws -> Outcome {
        try group.leaderAlone { try run.write(status: .running) }
        var options = options
        options.device = try Torch.device(device, in: group)
        options.group = group
        let (outcome, seconds) = try Trainer(stage, in: run, options: options, stop: stop).train()
        switch outcome {
        case .stopped(let iteration):
            try group.leaderAlone {
                try run.write(status: .stopped, cost: (iteration * stage.imagesPerIteration, seconds))
            }
        case .finished:
            try finish()
            try group.leaderAlone {
                try run.write(status: .finished, cost: (stage.iterations * stage.imagesPerIteration, seconds))
            }
        }
        return outcome
    }
}
