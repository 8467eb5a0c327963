import COCO
import Data
import NN
import Support
import Torch
import Training

/// How Mask R-CNN is fine-tuned. Defaults: Detectron2's 1x schedule.
public struct FineTuningOptions: Sendable {
    public var detector = MaskRCNNOptions()
    public var input = DetectionInput()
    public var batchSize = 16
    public var iterations = 90_000
    public var learningRate = 0.02
    public var milestones = [60_000, 80_000]
    public var warmup = 1000
    public var momentum = 0.9
    public var weightDecay = 1e-4
    /// Damaged pictures that are put up with.
    public var damagedLimit = 0

    public init() {}

    public var schedule: Schedule {
        .multiStep(base: learningRate, milestones: milestones, warmup: warmup)
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
    /// - Throws: `UserError` when the weights are of another network, or the dataset has nothing to learn from.
    public init(
        _ options: FineTuningOptions, dataset: Dataset, images: String, backbone: StateDict?, backboneFile: String? = nil,
        seed: UInt64, device: Device = .cpu
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
            reader: ImageReader(damagedLimit: options.damagedLimit), seed: seed)
        optimizer = SGD(detector.parameters, momentum: options.momentum, weightDecay: options.weightDecay)
    }

    public var iterations: Int { options.iterations }
    public var imagesPerIteration: Int { options.batchSize }
    public var schedule: Schedule { options.schedule }
    public var state: [StateEntry] { detector.state("") }

    public func losses(_ batch: DetectionBatch, at iteration: Int) throws -> [Loss] {
        var generator = SeededGenerator(seed, UInt64(iteration), 0x5A3F_1E)
        return detector.losses(
            DetectionBatch(images: batch.images.to(device), sizes: batch.sizes, targets: batch.targets), using: &generator)
    }
}

extension MaskRCNN {
    /// Predicts on every image, in order, handing each image's detections to `body`.
    ///
    /// - Parameters:
    ///   - categoryIDs: the dataset's ids, by class.
    ///   - title: what the progress line begins with.
    public func predict(
        _ items: [PredictionBatches.Item], input: DetectionInput, categoryIDs: [Int], batchSize: Int = 1, workers: Int = 1,
        title: String, _ body: (PredictionBatches.Item, [Detection]) throws -> Void
    ) throws {
        let source = PredictionBatches(items, batchSize: batchSize, input: input)
        let loader = BatchLoader(source, iterations: 0..<source.iterations, workers: workers)
        defer { loader.close() }
        let progress = ProgressLine(title, total: items.count, unit: "images")
        var next = 0
        let device = backbone.conv1.weight.device
        while let batch = try loader.next() {
            let onDevice = DetectionBatch(images: batch.images.to(device), sizes: batch.sizes, targets: [])
            for detections in predict(onDevice, categoryIDs: categoryIDs) {
                try body(items[next], detections)
                next += 1
                progress.advance()
            }
        }
        progress.end("done")
    }
}
