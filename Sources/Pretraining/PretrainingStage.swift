import DataLoading
import NN
import Support
import Torch
import Training

/// Pretraining a backbone on unlabeled images.
public struct PretrainingStage: Stage {
    public let method: any PretrainingMethod
    public let source: PretrainingBatches
    public let optimizer: any Optimizer
    public let schedule: Schedule
    public let iterations: Int
    /// What lines about it call it.
    private let name: String
    private let options: PretrainingOptions
    private let device: Device
    private let watched: WatchedImages?
    private let newest = NewestMeasurement()

    /// - Parameters:
    ///   - method: the method, with its options.
    ///   - name: what lines about it call it; nil takes the method's word.
    ///   - shard: the part of each batch that is this process's.
    ///   - watched: what the backbone is measured on after each epoch, which changes no number of the training.
    public init(
        _ method: any MethodOptions, _ options: PretrainingOptions, name: String? = nil, images: any ImageSource, seed: UInt64,
        device: Device = .cpu, shard: Shard = .whole, watching watched: WatchedImages? = nil
    ) {
        self.name = name ?? method.word
        let views = method.views(options)
        let method: any PretrainingMethod = method.makeMethod(options, using: Generator(seed: seed))
        withoutGrad { for entry in method.state { entry.tensor.replaceStorage(entry.tensor.to(device)) } }
        source = PretrainingBatches(
            images, batchSize: options.batchSize, views: views, decoding: options.exactDecode ? .exact : .fast,
            reader: ImageReader(maxCorruptImages: options.maxCorruptImages), seed: seed, shard: shard)
        // An epoch's last batches may share a step with the next one's first.
        let perEpoch = source.iterationsPerEpoch
        func steps(_ epochs: Int) -> Int { epochs * perEpoch / options.accumulation }
        iterations = max(steps(options.epochs), 1)
        schedule = .cosine(
            base: options.baseLearningRate * Double(options.effectiveBatchSize) / 256, iterations: iterations,
            warmup: steps(options.warmupEpochs))
        optimizer =
            switch options.optimizer {
            case .lars: LARS(method.parameters, momentum: options.momentum, weightDecay: options.weightDecay)
            case .sgd: SGD(method.parameters, momentum: options.momentum, weightDecay: options.weightDecay)
            }
        self.method = method
        self.watched = watched
        self.options = options
        self.device = device
    }

    public var imagesPerIteration: Int { options.effectiveBatchSize }
    public var accumulation: Int { options.accumulation }
    public var state: [StateEntry] { method.state }

    public func losses(_ batch: ViewBatch, at iteration: Int) -> [Loss] {
        method.losses(batch.views.map { PixelNormalization.imageNet($0.to(device)) })
    }

    public func afterStep(at iteration: Int) { method.afterStep(at: iteration, of: iterations) }

    public func observations(at iteration: Int) -> [(name: String, value: Double)] {
        method.observations(at: iteration, of: iterations)
    }

    /// After each epoch, of the watched images.
    public func measurements(after iterations: Int) throws -> [(name: String, value: Double)] {
        func epochs(_ steps: Int) -> Int { steps * options.accumulation / source.iterationsPerEpoch }
        let epoch = epochs(iterations)
        guard let watched, epoch > epochs(iterations - 1) else { return [] }
        let measured = watched.measure(method.backbone)
        newest.value = (iterations, measured)
        let alarm = measured.regions.isCollapsed ? "  THE FEATURES HAVE COLLAPSED" : ""
        StandardError.line("\(name) epoch \(epoch) of \(options.epochs): \(measured.text)\(alarm)")
        return [("epoch", Double(epoch))] + measured.values
    }

    /// What the watched images gave after so many iterations, if that was the last time that they were measured.
    public func measured(after iterations: Int) -> WatchedImages.Measurement? {
        newest.value.flatMap { $0.iterations == iterations ? $0.measurement : nil }
    }
}

/// Outlives an epoch, so that the last one's need not be measured again.
private final class NewestMeasurement {
    var value: (iterations: Int, measurement: WatchedImages.Measurement)?
}
