import ArgumentParser
import Benchmarking
import Pretraining
import Support
import Torch
import Training

struct PretrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pretrain", abstract: "Pretrain a backbone on unlabeled images.",
        discussion: """
            Leaves backbone.safetensors, with torchvision's names, in the run folder, and regions.json: how different a
            image's regions are to it. SIGINT saves and stops; --resume goes on, to the same numbers.

              ediy pretrain benchmarks/shapes.yaml --method e-diy --output runs/e-diy
              ediy pretrain benchmarks/imagenet-byol-100ep.yaml --method e-diy --images imagenet/train --watch imagenet/val \\
                   --output runs/e-diy-imagenet

            After each epoch the backbone is measured on a few images, always the same: the mean cosine of an image's
            regions, the effective ranks of the features of regions and of images, their deviation (0 when they have
            collapsed, which is said), and, where the images lie in a folder for each class, how often an image's class
            is told by the others' (k-NN). The numbers are in metrics.jsonl and in TensorBoard's files; training is the same
            without them. `run: {watched_images: N}` in the recipe says how many, 0 none.

            On 8 GPUs, a process on each; the recipe's batch is split over them:
              torchrun --no-python --nproc-per-node 8 ediy pretrain RECIPE.yaml --method byol --output runs/byol
            """)

    @Argument(help: "The recipe, a YAML file; see benchmarks/.") var recipe: String
    @Option(help: "What to pretrain with: \(Methods.words.joined(separator: ", ")), or a variant of the recipe.") var method: String
    @Option(help: "The run folder.") var output: String
    @OptionGroup var sources: PretrainingImages
    @Option(help: "The dataset's folder: where COCO lies, or where shapes is made.") var data: String?
    @Option(help: "Decides weights, views and their order.") var seed = Seed(0)
    @OptionGroup var place: DeviceOptions
    @Flag(help: "Go on with a run that was stopped.") var resume = false

    func run() throws {
        let loaded = try Recipe(reading: recipe)
        guard let variant = loaded.variant(method) else {
            throw UserError(
                "--method \(method) is not known", remedy: "use \(Methods.words.joined(separator: ", ")), or a variant of the recipe")
        }
        let group = try ProcessGroup.fromEnvironment()
        let (images, watched) = try group.leaderFirst { try sources.paths(loaded, data: data) }
        let stop = StopSignal.listening()
        let runner = StageRunner(loaded, device: place.device, stop: stop, group: group)
        try runner.pretrain(
            variant, images: images, watched: watched, seed: seed.value, output: output, resume: resume
        ).exitIfStopped(stop)
    }
}

/// What is pretrained on, where it is not the recipe's dataset.
struct PretrainingImages: ParsableArguments {
    @Option(
        help: """
            Images to pretrain on, instead of the recipe's dataset: a folder of images, a text file with their paths, or \
            tar shards as WebDataset's, 'shard-{000000..000146}.tar'.
            """) var images: String?
    @Option(
        help: """
            Images to measure the backbone on, named in the same ways, instead of the dataset's validation images; in a folder \
            for each class, also its k-NN accuracy.
            """) var watch: String?

    /// - Throws: `UserError` when the recipe's dataset is needed and is not named.
    func paths(_ recipe: Recipe, data: String?) throws -> (images: String, watched: String) {
        // The dataset is not asked for where nothing of it is needed.
        if let images, data == nil || watch != nil { return (images, watch ?? images) }
        let files = try DatasetFiles(
            recipe.dataset, folder: data, standard: "runs/data/\(recipe.name)", images: images, watched: watch)
        return (files.unlabeledImages, files.watchedImages)
    }
}

extension Outcome {
    /// A run stopped by a signal is no success to a script.
    func exitIfStopped(_ stop: StopSignal) throws {
        if case .stopped = self { throw ExitCode(stop.status) }
    }
}
