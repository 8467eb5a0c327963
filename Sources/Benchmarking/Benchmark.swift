import Foundation
import Pretraining
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

    /// - Parameters:
    ///   - data: the COCO folder, for recipes that need one.
    ///   - device: where tensors live; nil takes a CUDA device where there is one.
    public init(
        _ recipe: Recipe, path: String, data: String?, folder: String, device: Device? = nil, stop: StopSignal
    ) throws {
        self.recipe = recipe
        self.folder = folder
        runner = StageRunner(recipe, path: path, device: device, stop: stop)
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw UserError("cannot be made", file: folder, remedy: "check the path and the permissions")
        }
        files = try DatasetFiles(recipe.dataset, folder: data, standard: "\(folder)/dataset")
        try AtomicFile.write(description.text(pretty: true) + "\n", to: "\(folder)/benchmark.json")
    }

    /// Runs what is not done yet.
    ///
    /// - Returns: false when a signal stopped it.
    public func run() throws -> Bool {
        for seed in recipe.seeds {
            for method in recipe.methods {
                guard try run(method, seed) == .finished else { return false }
            }
        }
        return true
    }

    private func run(_ method: String, _ seed: UInt64) throws -> Outcome {
        let base = "\(folder)/\(method)-seed\(seed)"
        var backbone: String?
        if let variant = recipe.variant(method) {
            let output = "\(base)/pretrain"
            if !RunFolder.isFinished(output) {
                StandardError.line("\(method), seed \(seed): pretraining")
                let outcome = try runner.pretrain(
                    variant, images: files.unlabeledImages, seed: seed, output: output, resume: true)
                guard outcome == .finished else { return outcome }
            }
            backbone = "\(output)/backbone.safetensors"
        }
        let output = "\(base)/finetune"
        guard !RunFolder.isFinished(output) else { return .finished }
        StandardError.line("\(method), seed \(seed): fine-tuning")
        return try runner.finetune(
            backbone: backbone, method: method, files: files, seed: seed, output: output, resume: true)
    }

    /// What the folder holds by its place in it, so that it can be moved; all else by its absolute path.
    private func place(_ path: String) -> String {
        let base = URL(fileURLWithPath: folder).standardizedFileURL.path + "/"
        let absolute = URL(fileURLWithPath: path).standardizedFileURL.path
        return absolute.hasPrefix(base) ? String(absolute.dropFirst(base.count)) : absolute
    }

    private var description: JSON {
        [
            "schema": 1, "name": .string(recipe.name), "annotations": .string(place(files.valAnnotations)),
            "images": .string(place(files.valImages)), "methods": .array(recipe.methods.map(JSON.string)),
            "seeds": .array(recipe.seeds.map { .int(Int($0)) }),
        ]
    }
}
