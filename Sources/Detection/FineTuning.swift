import COCO
import DataLoading
import NN
import Support
import Torch
import Training

/// How Mask R-CNN is fine-tuned. Defaults: Detectron2's 1x schedule and solver.
public struct FineTuningOptions: Sendable {
    public var detector = MaskRCNNOptions()
    public var input = DetectionInput()
    public var batchSize = 16
    public var iterations = 90_000
    public var learningRate = 0.02
    /// The batch that `learningRate` is meant for: it is scaled linearly to `batchSize`. nil leaves it as it is. Source: Goyal
    /// et al. 2017 (arXiv 1706.02677).
    public var referenceBatch: Int?
    /// At each the rate is multiplied by `rateDecay`.
    public var milestones = [60_000, 80_000]
    public var rateDecay = 0.1
    /// Iterations until the full rate, from `warmupStart` of it on.
    public var warmup = 1000
    public var warmupStart = 0.001
    public var momentum = 0.9
    public var weightDecay = 1e-4
    /// Of the scales and shifts of normalisations.
    public var normDecay = 0.0
    public var gradientClip: GradientClip?
    /// Training batches that the running statistics are recomputed on before the evaluation; 0 keeps the running averages.
    public var preciseBatches = 0
    /// Images an inference step.
    public var testBatchSize = 1
    /// The part of the training images that is learned from: the same ones for every seed.
    public var trainFraction = 1.0
    /// Damaged images that are put up with.
    public var maxCorruptImages = 0

    public init() {}

    public var schedule: Schedule {
        let scale = referenceBatch.map { Double(batchSize) / Double($0) } ?? 1
        return .multiStep(
            base: learningRate * scale, milestones: milestones, factor: rateDecay, warmup: warmup, warmupFactor: warmupStart)
    }
}

/// Learning to detect on a COCO dataset.
public struct FineTuning: Stage {
    public let detector: MaskRCNN
    public let source: DetectionBatches
    public let optimizer: any Optimizer
    private let options: FineTuningOptions
    private let seed: UInt64
    private let device: Device

    /// - Parameters:
    ///   - backbone: a backbone's weights by torchvision's names; nil begins from scratch.
    ///   - backboneFile: what errors name.
    ///   - shard: the part of each batch that is this process's.
    /// - Throws: `UserError` when the weights are of another network, or the dataset has nothing to learn from.
    public init(
        _ options: FineTuningOptions, dataset: Dataset, images: String, backbone: StateDict?, backboneFile: String? = nil,
        seed: UInt64, device: Device = .cpu, shard: Shard = .whole
    ) throws {
        self.options = options
        self.seed = seed
        self.device = device
        var detectorOptions = options.detector
        detectorOptions.classes = dataset.categories.count
        detector = MaskRCNN(detectorOptions, using: Generator(seed: seed))
        if let backbone { try detector.backbone.load(backbone, file: backboneFile) }
        detector.move(to: device)
        source = try DetectionBatches(
            dataset, folder: images, batchSize: options.batchSize, input: options.input,
            reader: ImageReader(maxCorruptImages: options.maxCorruptImages), seed: seed, learnsMasks: options.detector.masks,
            fraction: options.trainFraction, shard: shard)
        let sgd = SGD(
            detector.parameters, momentum: options.momentum, weightDecay: options.weightDecay, normDecay: options.normDecay)
        optimizer = options.gradientClip.map { ClippedOptimizer(sgd, $0) } ?? sgd
    }

    public var iterations: Int { options.iterations }
    public var imagesPerIteration: Int { options.batchSize }
    public var schedule: Schedule { options.schedule }
    public var state: [StateEntry] { detector.state("") }

    /// Recomputes the running statistics on training batches, where the options ask for it. What comes after training is
    /// taken for further iterations, so that the same run gives the same numbers.
    public func makeStatisticsPrecise() throws {
        try detector.recomputeStatistics(batches: options.preciseBatches) { batch in
            let iteration = options.iterations + batch
            _ = try losses(source.batch(at: iteration), at: iteration)
        }
    }

    public func losses(_ batch: DetectionBatch, at iteration: Int) throws -> [Loss] {
        var generator = SeededGenerator(seed, UInt64(iteration), 0x5A3F_1E)
        return detector.losses(
            DetectionBatch(images: batch.images.to(device), sizes: batch.sizes, targets: batch.targets), using: &generator)
    }
}
