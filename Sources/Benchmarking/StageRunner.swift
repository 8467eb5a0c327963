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

    /// - Parameter device: where tensors live; nil takes a CUDA device where there is one.
    public init(_ recipe: Recipe, path: String, device: Device? = nil, stop: StopSignal) {
        self.recipe = recipe
        recipePath = path
        self.device = device
        self.stop = stop
    }

    // MARK: - Pretraining

    /// Pretrains, and writes backbone.safetensors and regions.json.
    ///
    /// - Parameter images: a folder of pictures, a list of their paths, or tar shards.
    public func pretrain(
        _ variant: Variant, images: String, seed: UInt64, output: String, resume: Bool
    ) throws -> Outcome {
        try Torch.load()
        let device = try Torch.device(device)
        let pictures = try openPictures(images)
        let run = try RunFolder(
            output,
            RunDescription(
                stage: .pretrain, method: variant.name, seed: seed, dataset: recipe.dataset.name,
                settings: recipe.settings(of: variant)), resume: resume)
        let stage = Pretraining(variant.method, variant.options, images: pictures, seed: seed, device: device)
        var options = recipe.pretrainingRun
        options.precision = variant.precision
        return try train(stage, run, options) {
            let statistics = try regions(of: stage.method.backbone, pictures)
            if statistics.isCollapsed {
                StandardError.line(
                    "\(output): the features have collapsed: deviation \(statistics.featureDeviation), an even spread's is "
                        + "\(1 / Double(statistics.channels).squareRoot())")
            }
            try AtomicFile.write(statistics.json.text(pretty: true) + "\n", to: run.path("regions.json"))
            try SafeTensors.write(
                stage.method.backbone.stateDict, metadata: ["format": "pt", "method": variant.method.rawValue],
                to: run.path("backbone.safetensors"))
        }
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
    /// inference.json (speed and memory), evaluation.json and regions.json.
    ///
    /// - Parameters:
    ///   - backbone: a weight file of any kind that `WeightFile` reads; nil begins from scratch.
    ///   - method: the row of the report.
    public func finetune(
        backbone: String?, method: String, files: DatasetFiles, seed: UInt64, output: String, resume: Bool
    ) throws -> Outcome {
        try Torch.load()
        let device = try Torch.device(device)
        let weights = try backbone.map { try BackboneFile($0) }
        let train = try Dataset.read(files.trainAnnotations)
        let run = try RunFolder(
            output,
            RunDescription(
                stage: .finetune, method: method, seed: seed, dataset: recipe.dataset.name,
                settings: recipe.detectionSettings), resume: resume)
        let stage = try FineTuning(
            recipe.detection, dataset: train, images: files.trainImages, backbone: weights?.state, backboneFile: backbone, seed: seed,
            device: device)
        weights?.tell(recipe.detection)
        // Before training changes it: what the detector begins with.
        if !FileManager.default.fileExists(atPath: run.path("regions.json")) {
            try writeRegions(of: stage.detector.backbone, files, to: run)
        }
        try DetectorRun.writeMakings(recipePath, train.categories, to: run)
        return try self.train(stage, run, recipe.detectionRun) {
            try stage.makeStatisticsPrecise()
            try SafeTensors.write(
                stage.detector.stateDict, metadata: ["format": "pt", "method": method], to: run.path("model.safetensors"))
            try evaluate(stage.detector, train.categories.map(\.id), files, run, at: stage.iterations)
        }
    }

    /// regions.json: the numbers on unlabeled pictures, and maps of validation pictures for people.
    private func writeRegions(of backbone: ResNet, _ files: DatasetFiles, to run: RunFolder) throws {
        let statistics = try regions(of: backbone, openPictures(files.unlabeledImages))
        let options = recipe.pretraining
        let maps = RegionMap.maps(
            of: backbone, on: try Dataset.read(files.valAnnotations), images: files.valImages, side: options.imageSize,
            grid: options.regions.grid)
        let members = (statistics.json.object ?? []) + [(key: "maps", value: JSON.array(maps))]
        try AtomicFile.write(JSON.object(members).text() + "\n", to: run.path("regions.json"))
    }

    private func evaluate(
        _ detector: MaskRCNN, _ categoryIDs: [Int], _ files: DatasetFiles, _ run: RunFolder, at iteration: Int
    ) throws {
        let val = try Dataset.read(files.valAnnotations)
        let items = val.images.map { PredictionBatches.Item(imageID: $0.id, path: "\(files.valImages)/\($0.fileName)") }
        var cost = InferenceCost()
        try ResultsWriter.write(to: run.path("results.json")) { writer in
            cost = try detector.predict(
                items, input: recipe.detection.input, categoryIDs: categoryIDs, batchSize: recipe.detection.testBatchSize,
                workers: recipe.detectionRun.workers, title: "predict \(run.description.method)"
            ) { _, detections in
                for detection in detections { try writer.append(detection) }
            }
        }
        try AtomicFile.write(cost.json.text(pretty: true) + "\n", to: run.path("inference.json"))
        let results = try Results.read(run.path("results.json"))
        let types = recipe.detection.detector.masks ? IoUType.detection : [.bbox]
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
        try AtomicFile.write(JSON.object(json).text(pretty: true) + "\n", to: run.path("evaluation.json"))
    }

    // MARK: - Both

    /// The loop, then `finish` on its result; run.json says at each moment what holds.
    private func train<S: Stage>(
        _ stage: S, _ run: RunFolder, _ options: TrainingOptions, then finish: () throws -> Void
    ) throws -> Outcome {
        try run.write(status: .running)
        var options = options
        options.device = try Torch.device(device)
        let (outcome, seconds) = try Trainer(stage, in: run, options: options, stop: stop).train()
        switch outcome {
        case .stopped(let iteration):
            try run.write(status: .stopped, cost: (iteration * stage.imagesPerIteration, seconds))
        case .finished:
            try finish()
            try run.write(status: .finished, cost: (stage.iterations * stage.imagesPerIteration, seconds))
        }
        return outcome
    }
}
