import COCO
import Detection
import Foundation
import NN
import Support
import Torch
import Training

/// A detector that a run left behind: its weights, its recipe and its categories.
public struct DetectorRun {
    public let detector: MaskRCNN
    public let options: FineTuningOptions
    /// By class.
    public let categories: [(id: Int, name: String)]

    /// - Parameter device: where the detector lives; nil takes a CUDA device where there is one.
    /// - Throws: `UserError` when the folder holds no finished fine-tuning run.
    public init(reading folder: String, device: Device? = nil) throws {
        try LibTorch.load()
        let device = try LibTorch.device(device)
        guard RunFolder.isFinished(folder) else {
            throw UserError("holds no finished run", file: folder, remedy: "finish it with ediy finetune --resume")
        }
        let file = "\(folder)/categories.json"
        categories = try (JSON.read(file).array ?? []).map { entry in
            guard let id = entry["id"]?.int, let name = entry["name"]?.string else {
                throw UserError("holds an entry without id and name", file: file)
            }
            return (id, name)
        }
        options = try Recipe(reading: "\(folder)/recipe.yaml").detection
        var detectorOptions = options.detector
        detectorOptions.classes = categories.count
        detector = MaskRCNN(detectorOptions, using: Generator(seed: 0))
        let weights = "\(folder)/model.safetensors"
        try detector.load(SafeTensors.read(weights), file: weights)
        detector.move(to: device)
    }

    /// Keeps beside a run what `init(reading:)` needs.
    static func writeMakings(_ recipe: Recipe, _ categories: [COCO.Category], to run: RunFolder) throws {
        try AtomicFile.write(recipe.text, to: run.path("recipe.yaml"))
        let list = categories.map { category -> JSON in ["id": .int(category.id), "name": .string(category.name)] }
        try AtomicFile.write(JSON.array(list).text(pretty: true) + "\n", to: run.path("categories.json"))
    }
}
