import Support
import Torch
import Vision

/// Two views of each of N images, as batches hold them (uint8) or as networks take them (normalised).
public struct ViewPair: Sendable {
    /// (N, 3, S, S)
    public let first: Tensor
    /// (N, 3, S, S)
    public let second: Tensor

    public init(_ first: Tensor, _ second: Tensor) {
        self.first = first
        self.second = second
    }
}

/// Batches of BYOL's views in bytes: a quarter of what floats would take to a device.
public struct PretrainingBatches: BatchSource {
    private let images: any ImageSource
    private let sampler: EpochSampler
    private let augmentation: BYOLAugmentation
    private let decoding: BYOLAugmentation.Decoding
    private let reader: ImageReader
    private let seed: UInt64

    /// - Parameters:
    ///   - batchSize: images per batch, of all processes.
    ///   - shard: the part of each batch that is this process's.
    public init(
        _ images: any ImageSource, batchSize: Int, augmentation: BYOLAugmentation, decoding: BYOLAugmentation.Decoding,
        reader: ImageReader, seed: UInt64, shard: Shard = .whole
    ) {
        self.images = images
        sampler = EpochSampler(count: images.count, batchSize: batchSize, seed: seed, shard: shard) {
            images.order(seed: $0, epoch: $1)
        }
        self.augmentation = augmentation
        self.decoding = decoding
        self.reader = reader
        self.seed = seed
    }

    public var iterationsPerEpoch: Int { sampler.iterationsPerEpoch }

    public func batch(at iteration: Int) throws -> ViewPair {
        let epoch = sampler.epoch(of: iteration)
        images.prepare(sampler.places(at: iteration), seed: seed, epoch: epoch)
        var views: [[Image]] = [[], []]
        for (place, sample) in zip(sampler.share, sampler.samples(at: iteration)) {
            let pair = try reader.read(from: sample, of: images.count, name: images.name) { index in
                let file = try images.image(index)
                let drawn = (0..<2).map { view in
                    // The place in the batch counts too: in a small set an image comes more than once an epoch.
                    var generator = SeededGenerator(
                        seed, UInt64(epoch), UInt64(iteration), UInt64(place), UInt64(sample), UInt64(view))
                    return augmentation.draw(width: file.width, height: file.height, view: view, using: &generator)
                }
                return try augmentation.apply(drawn, to: file, decoding: decoding)
            }.value
            for view in 0..<2 { views[view].append(pair[view]) }
        }
        return ViewPair(Tensor(pixelsOf: views[0]), Tensor(pixelsOf: views[1]))
    }
}
