import COCO
import Detection
import Foundation
import NN
import Runs
import Support
import Torch
import Training

/// A detector that a run left behind: its weights, its recipe and its categories.
public struct DetectorRun {
    public let detector: RCNN
    public let options: FineTuningOptions
    /// By class.
    public let categories: [(id: Int, name: String)]

    /// - Parameter device: where the detector lives; nil takes a CUDA device where there is one.
    /// - Throws: `UserError` when the folder holds no finished fine-tuning run.
    public init(reading folder: String, device: Device? = nil) throws {
        try LibTorch.load()
        let device = try LibTorch.device(device)
        guard try RunFile(reading: folder).status == .finished else {
            throw UserError("holds no finished run", file: folder, remedy: "finish it with ediy finetune --resume")
        }
        categories = try CategoriesFile(reading: folder).categories
        options = try Recipe(reading: "\(folder)/recipe.yaml").detection
        var detectorOptions = options.detector
        detectorOptions.classes = categories.count
        detector = RCNN(detectorOptions, using: Generator(seed: 0))
        let weights = "\(folder)/model.safetensors"
        try detector.load(SafeTensors.read(weights), file: weights)
        detector.move(to: device)
    }

    /// Keeps beside a run what `init(reading:)` needs.
    static func writeMakings(_ recipe: Recipe, _ categories: [COCO.Category], to run: RunFolder) throws {
        try AtomicFile.write(recipe.text, to: run.path("recipe.yaml"))
        try CategoriesFile(categories.map { ($0.id, $0.name) }).write(to: run.folder)
    }
}
