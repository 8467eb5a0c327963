import ArgumentParser
import DataLoading
import Foundation
import NN
import Pretraining
import Runs
import Support
import Torch
import Training

struct LinearCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "linear", abstract: "Test a frozen backbone by a linear classifier, and by nearest neighbours.",
        discussion: """
            The field's protocol: a linear classifier learns on the pooled features of random resized crops and flips, and is
            tested on the middle of the validation images (256 and 224 at ImageNet's size). Beside top-1 and top-5 it prints
            the accuracy of k nearest neighbours among the training features, which needs no training at all.

              ediy linear runs/e-diy/backbone.safetensors --train imagenet/train --val imagenet/val --output runs/linear

            DIR/CLASS/….jpg, the same classes in both folders. Of a detection dataset: see `ediy dataset crops`. SIGINT saves
            and stops; --resume goes on, to the same numbers. The output folder is a run's, with metrics.jsonl,
            classifier.safetensors and linear.json.
            """)

    @Argument(help: "A backbone's weights: safetensors, .pth or .pkl, as `ediy weights inspect` knows them.") var weights: String
    @Option(help: "Training images, in a folder for each class.") var train: String
    @Option(help: "Validation images, in a folder for each class.") var val: String
    @Option(help: "The run folder.") var output: String
    @Option(help: "Passes over the training images.") var epochs = 80
    @Option(help: "Images per step.") var batch = 1024
    @Option(help: "For a batch of 256; in proportion to the batch, falling to 0 by a cosine.") var learningRate = 0.1
    @Option(help: "The decay of the classifier's weights.") var weightDecay = 0.0
    @Option(help: "The side that images are shown at.") var imageSize = 224
    @Option(help: "Neighbours that vote.") var neighbours = 20
    @Option(help: "Training images, at most, that neighbours are looked for among.") var bank = 50_000
    @Option(help: "Corrupt images that are put up with.") var maxCorruptImages = 0
    @Option(help: "Threads that read images; no number depends on it.") var workers = 1
    @Option(help: "Decides the classifier's first weights, the crops and their order.") var seed = Seed(0)
    @OptionGroup var place: DeviceOptions
    @Flag(help: "Go on with a run that was stopped.") var resume = false

    func validate() throws {
        guard epochs > 0, batch > 0, neighbours > 0, bank > 1, maxCorruptImages >= 0, (0...256).contains(workers) else {
            throw ValidationError("--epochs, --batch, --neighbours and --bank must be above 0, --workers 0 to 256")
        }
        guard learningRate > 0, learningRate.isFinite, weightDecay >= 0 else {
            throw ValidationError("--learning-rate must be above 0, and --weight-decay not below")
        }
        guard (32...2048).contains(imageSize) else { throw ValidationError("--image-size must be 32 to 2048") }
    }

    func run() throws {
        try Self.requireOneProcess()
        let stop = StopSignal.listening()
        try LibTorch.load()
        let device = try LibTorch.device(place.device)
        let backbone = try BackboneWeights(weights)
        let trainSet = try ClassFolder(train), valSet = try ClassFolder(val)
        let stage = try LinearEvaluation(
            backbone.makeNetwork(), input: PixelNormalization(backbone.weights.convention), train: trainSet, options, seed: seed.value,
            device: device)
        let run = try RunFolder(output, description(trainSet, backbone), resume: resume)
        var loop = TrainingOptions()
        loop.workers = workers
        loop.device = device
        loop.checkpointInterval = max(stage.source.iterationsPerEpoch, 200)
        try run.write(status: .running)
        let (outcome, seconds) = try Trainer(stage, in: run, options: loop, stop: stop).train()
        func cost(_ iterations: Int) -> RunCost { RunCost(images: iterations * stage.imagesPerIteration, seconds: seconds) }
        if case .stopped(let iteration) = outcome { try run.write(status: .stopped, cost: cost(iteration)) }
        try outcome.exitIfStopped(stop)
        let accuracy = try stage.accuracy(on: valSet, workers: workers)
        try SafeTensors.write(StateDict(stage.state), metadata: ["format": "pt"], to: run.path("classifier.safetensors"))
        try AtomicFile.write(accuracy.json.text(pretty: true) + "\n", to: run.path("linear.json"))
        try run.write(status: .finished, cost: cost(stage.iterations))
        print(
            String(
                format: "top-1 %.2f%%  top-5 %.2f%%  %d-NN %.2f%%  of %d images, %d classes", 100 * accuracy.top1,
                100 * accuracy.top5, neighbours, 100 * accuracy.neighbours, accuracy.images, accuracy.classes))
    }

    private var options: LinearEvaluation.Options {
        var options = LinearEvaluation.Options()
        options.epochs = epochs
        options.batchSize = batch
        options.baseLearningRate = learningRate
        options.weightDecay = weightDecay
        options.imageSize = imageSize
        options.neighbours = neighbours
        options.bank = bank
        options.maxCorruptImages = maxCorruptImages
        return options
    }

    private func description(_ train: ClassFolder, _ backbone: BackboneWeights) -> RunDescription {
        RunDescription(
            stage: .linear, method: backbone.name, seed: seed.value,
            dataset: URL(fileURLWithPath: self.train).standardizedFileURL.path,
            settings: [
                ("weights", .string(weights)), ("epochs", .int(epochs)), ("batch", .int(batch)),
                ("learning_rate", .double(learningRate)), ("weight_decay", .double(weightDecay)), ("image_size", .int(imageSize)),
                ("neighbours", .int(neighbours)), ("bank", .int(bank)), ("max_corrupt_images", .int(maxCorruptImages)),
                ("images", .int(train.labels.count)), ("classes", .int(train.classes.count)),
            ])
    }
}
