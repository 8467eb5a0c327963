import ArgumentParser
import Benchmarking
import Support
import Torch
import Training

struct PretrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pretrain", abstract: "Pretrain a backbone on unlabeled images.",
        discussion: """
            Leaves backbone.safetensors, with torchvision's names, in the run folder, and regions.json: how different a
            picture's regions are to it. SIGINT saves and stops; --resume goes on, to the same numbers.

              ediy pretrain benchmarks/shapes.yaml --method e-diy --output runs/e-diy

            On 8 GPUs, a process on each; the recipe's batch is split over them:
              torchrun --no-python --nproc-per-node 8 ediy pretrain RECIPE.yaml --method byol --output runs/byol
            """)

    @Argument(help: "The recipe, a YAML file; see benchmarks/.") var recipe: String
    @Option(help: "What to pretrain with: byol, e-diy, or a variant of the recipe.") var method: String
    @Option(help: "The run folder.") var output: String
    @Option(
        help: """
            Images to pretrain on, instead of the recipe's dataset: a folder with JPEG files, a text file with their paths, or \
            tar shards as WebDataset's, 'shard-{000000..000146}.tar'.
            """) var images: String?
    @Option(help: "The dataset's folder: where COCO lies, or where shapes is made.") var data: String?
    @Option(help: "Decides weights, views and their order.") var seed = Seed(0)
    @OptionGroup var place: DeviceOptions
    @Flag(help: "Go on with a run that was stopped.") var resume = false

    func run() throws {
        let loaded = try Recipe(reading: recipe)
        guard let variant = loaded.variant(method) else {
            throw UserError("--method \(method) is not known", remedy: "use byol, e-diy, or a variant of the recipe")
        }
        let group = try ProcessGroup.fromEnvironment()
        let folder = try images ?? group.leaderFirst {
            try DatasetFiles(loaded.dataset, folder: data, standard: "runs/data/\(loaded.name)").unlabeledImages
        }
        let runner = StageRunner(loaded, path: recipe, device: place.device, stop: .listening(), group: group)
        try runner.pretrain(variant, images: folder, seed: seed.value, output: output, resume: resume).exitIfStopped()
    }
}

extension Outcome {
    /// A run stopped by a signal is no success to a script.
    func exitIfStopped() throws {
        if case .stopped = self { throw ExitCode(130) }
    }
}
