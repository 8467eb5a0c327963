import Foundation
import Pretraining
import Runs
import Support
import Torch
import Training

/// Every stage of every method and seed of a recipe, in one folder. Stages that are finished are not done again, and one
/// that was stopped goes on.
///
/// The folder: benchmark.json; dataset/ where the recipe makes one; METHOD-seedN/pretrain/ and METHOD-seedN/finetune/.
public struct Benchmark {
    private let recipe: Recipe
    private let runner: StageRunner
    private let files: DatasetFiles
    private let folder: String
    private let group: ProcessGroup?

    /// - Parameters:
    ///   - data: the COCO folder, for recipes that need one.
    ///   - images: images to pretrain on instead of the recipe's.
    ///   - watched: images to measure backbones on instead of the recipe's.
    ///   - device: where tensors live; nil takes a CUDA device where there is one.
    ///   - group: the processes that run it together; nil for one by itself.
    public init(
        _ recipe: Recipe, data: String?, images: String? = nil, watched: String? = nil, folder: String,
        device: Device? = nil, stop: StopSignal, group: ProcessGroup? = nil
    ) throws {
        self.recipe = recipe
        self.folder = folder
        self.group = group
        runner = StageRunner(recipe, device: device, stop: stop, group: group)
        files = try group.leaderFirst {
            try Folder.make(folder)
            return try DatasetFiles(
                recipe.dataset, folder: data, standard: "\(folder)/dataset", images: images, watched: watched)
        }
        try group.leaderAlone { try description.write(to: folder) }
    }

    /// Runs what is not done yet.
    ///
    /// - Returns: false when a signal stopped it.
    public func run() throws -> Bool {
        let matrix = StageMatrix(methods: recipe.methods, seeds: recipe.seeds) { recipe.variant($0) != nil }
        for stage in matrix.stages {
            guard try !group.leaderDecides({ isDone(stage) }) else { continue }
            if group.isLeader {
                let left = matrix.secondsLeft(at: stage, isDone: isDone) { Self.found(folder($0))?.cost?.seconds }
                StandardError.line(matrix.line(at: stage) + (left.map { ", about \(ProgressLine.time($0)) of training left in all" } ?? ""))
                if StandardError.isTerminal { StandardError.write(matrix.text(at: stage, isDone: isDone) + "\n") }
            }
            guard try run(stage) == .finished else { return false }
        }
        return true
    }

    private func folder(_ stage: StageMatrix.Stage) -> String {
        "\(folder)/\(BenchmarkFile.runFolder(stage.method, stage.seed, stage.kind))"
    }

    private func isDone(_ stage: StageMatrix.Stage) -> Bool { Self.found(folder(stage))?.status == .finished }

    /// Nil where no run has begun; one that cannot be read says so once it is opened.
    private static func found(_ folder: String) -> RunFile? { try? RunFile(reading: folder) }

    private func run(_ stage: StageMatrix.Stage) throws -> Outcome {
        let variant = recipe.variant(stage.method)
        if stage.kind == .pretrain, let variant {
            return try runner.pretrain(
                variant, images: files.unlabeledImages, watched: files.watchedImages, seed: stage.seed, output: folder(stage),
                resume: true)
        }
        let pretraining = StageMatrix.Stage(method: stage.method, seed: stage.seed, kind: .pretrain)
        return try runner.finetune(
            backbone: variant.map { _ in "\(folder(pretraining))/backbone.safetensors" }, method: stage.method, files: files,
            seed: stage.seed, output: folder(stage), resume: true)
    }

    /// What the folder holds by its place in it, so that it can be moved; all else by its absolute path.
    private func place(_ path: String) -> String {
        let base = URL(fileURLWithPath: folder).standardizedFileURL.path + "/"
        let absolute = URL(fileURLWithPath: path).standardizedFileURL.path
        return absolute.hasPrefix(base) ? String(absolute.dropFirst(base.count)) : absolute
    }

    private var description: BenchmarkFile {
        let variants = recipe.methods.compactMap(recipe.variant)
        var losses: [(name: String, title: String)] = []
        for loss in variants.flatMap({ type(of: $0.method).lossTitles }) where !losses.contains(where: { $0.name == loss.name }) {
            losses.append(loss)
        }
        return BenchmarkFile(
            name: recipe.name, recipe: recipe.path, annotations: place(files.valAnnotations), images: place(files.valImages),
            methods: recipe.methods, seeds: recipe.seeds, baseline: recipe.baseline, candidate: recipe.candidate,
            methodTitles: recipe.methods.compactMap { name in MethodTitles.title(name).map { (name, $0) } },
            lossTitles: [(.pretrain, losses), (.finetune, MethodTitles.detection)])
    }
}
