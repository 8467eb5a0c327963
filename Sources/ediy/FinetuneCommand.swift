import ArgumentParser
import Benchmarking
import Foundation
import NN
import Support
import Torch
import Training

struct FinetuneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "finetune", abstract: "Fine-tune Mask R-CNN from a backbone, and compute its COCO AP.",
        discussion: """
            Leaves model.safetensors, results.json (detections on the validation images), evaluation.json (the COCO numbers)
            and analysis.json (precision by recall, kinds of error) in the run folder. SIGINT saves and stops; --resume goes on, to the same numbers.

              ediy finetune benchmarks/shapes.yaml --backbone runs/e-diy/backbone.safetensors --output runs/detector

            On 8 GPUs, a process on each; the recipe's batch is split over them:
              torchrun --no-python --nproc-per-node 8 ediy finetune RECIPE.yaml --backbone FILE --data DIR --output DIR
            """)

    @Argument(help: "The recipe, a YAML file; see benchmarks/.") var recipe: String
    @Option(help: "Weights of a ResNet (.safetensors, .pth, .pkl; see ediy weights), or 'none' to begin from scratch.")
    var backbone: String
    @Option(help: "The run folder.") var output: String
    @Option(help: "The dataset's folder: where COCO lies, or where shapes is made.") var data: String?
    @Option(help: "What reports call it; by default what the weight file says it was made by, or its name.")
    var name: String?
    @Option(help: "Decides weights, batches and samples.") var seed = Seed(0)
    @OptionGroup var place: DeviceOptions
    @Flag(help: "Go on with a run that was stopped.") var resume = false

    func run() throws {
        let loaded = try Recipe(reading: recipe)
        let weights = backbone == Recipe.scratch ? nil : backbone
        let method = try name ?? weights.map(Self.label) ?? Recipe.scratch
        let group = try ProcessGroup.fromEnvironment()
        let files = try group.leaderFirst { try DatasetFiles(loaded.dataset, folder: data, standard: "runs/data/\(loaded.name)") }
        let stop = StopSignal.listening()
        let runner = StageRunner(loaded, device: place.device, stop: stop, group: group)
        try runner.finetune(
            backbone: weights, method: method, files: files, seed: seed.value, output: output, resume: resume
        ).exitIfStopped(stop)
    }

    private static func label(_ file: String) throws -> String {
        try WeightFile(file).notes.first { $0.name == "method" }?.value
            ?? URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
    }
}
