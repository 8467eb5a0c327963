import Support
import Torch
import Vision

/// Views of each of N images, as batches hold them (uint8) or as networks take them (normalised).
public struct ViewBatch: Sendable {
    /// (N, 3, S, S) each; S may differ between views.
    public let views: [Tensor]

    public init(_ views: [Tensor]) { self.views = views }
}

/// Batches of views in bytes: a quarter of what floats would take to a device.
public struct PretrainingBatches: BatchSource {
    private let images: any ImageSource
    private let sampler: EpochSampler
    private let augmentations: [ViewAugmentation]
    private let decoding: ViewAugmentation.Decoding
    private let reader: ImageReader
    private let seed: UInt64

    /// - Parameters:
    ///   - batchSize: images per batch, of all processes.
    ///   - views: how each view of an image is made; at least one.
    ///   - shard: the part of each batch that is this process's.
    public init(
        _ images: any ImageSource, batchSize: Int, views: [ViewAugmentation], decoding: ViewAugmentation.Decoding,
        reader: ImageReader, seed: UInt64, shard: Shard = .whole
    ) {
        self.images = images
        sampler = EpochSampler(count: images.count, batchSize: batchSize, seed: seed, shard: shard) {
            images.order(seed: $0, epoch: $1)
        }
        augmentations = views
        self.decoding = decoding
        self.reader = reader
        self.seed = seed
    }

    public var iterationsPerEpoch: Int { sampler.iterationsPerEpoch }

    public func batch(at iteration: Int) throws -> ViewBatch {
        let epoch = sampler.epoch(of: iteration)
        images.prepare(sampler.places(at: iteration), seed: seed, epoch: epoch)
        var views = [[Image]](repeating: [], count: augmentations.count)
        for (place, sample) in zip(sampler.share, sampler.samples(at: iteration)) {
            let made = try reader.read(from: sample, of: images.count, name: images.name) { index in
                let file = try images.image(index)
                let drawn = augmentations.enumerated().map { view, augmentation in
                    // The place in the batch counts too: in a small set an image comes more than once an epoch.
                    var generator = SeededGenerator(
                        seed, UInt64(epoch), UInt64(iteration), UInt64(place), UInt64(sample), UInt64(view))
                    return (augmentation, augmentation.draw(width: file.width, height: file.height, using: &generator))
                }
                return try ViewAugmentation.images(drawn, of: file, decoding: decoding)
            }.value
            for (view, image) in made.enumerated() { views[view].append(image) }
        }
        return ViewBatch(views.map(Tensor.init(pixelsOf:)))
    }
}
