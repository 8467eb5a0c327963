import COCO
import DataLoading
import NN
import Support
import Torch
import Training

/// Learning to detect on a COCO dataset.
public struct FineTuning: Stage {
    public let detector: RCNN
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
        detector = RCNN(detectorOptions, using: Generator(seed: seed))
        if let backbone { try detector.backbone.load(backbone, file: backboneFile) }
        detector.move(to: device)
        source = try DetectionBatches(
            dataset, folder: images, batchSize: options.batchSize, input: options.input,
            reader: ImageReader(maxCorruptImages: options.maxCorruptImages), seed: seed, learnsMasks: options.detector.mask != nil,
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
