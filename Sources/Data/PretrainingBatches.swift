import Support
import Torch
import Vision

/// Two views of each of N pictures.
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

/// Batches of BYOL's views from a folder of pictures.
public struct PretrainingBatches: BatchSource {
    private let images: ImageFolder
    private let sampler: EpochSampler
    private let augmentation: BYOLAugmentation
    private let reader: ImageReader
    private let seed: UInt64

    public init(
        _ images: ImageFolder, batchSize: Int, augmentation: BYOLAugmentation, reader: ImageReader, seed: UInt64
    ) {
        self.images = images
        sampler = EpochSampler(count: images.count, batchSize: batchSize, seed: seed)
        self.augmentation = augmentation
        self.reader = reader
        self.seed = seed
    }

    public var iterationsPerEpoch: Int { sampler.iterationsPerEpoch }

    public func batch(at iteration: Int) throws -> ViewPair {
        let epoch = UInt64(sampler.epoch(of: iteration))
        var views: [[Image]] = [[], []]
        for (place, sample) in sampler.samples(at: iteration).enumerated() {
            let image = try reader.read(from: sample, of: images.count, path: images.path).image
            for view in 0..<2 {
                // The place in the batch counts too: in a small set a picture comes more than once an epoch.
                var generator = SeededGenerator(seed, epoch, UInt64(iteration), UInt64(place), UInt64(sample), UInt64(view))
                views[view].append(augmentation(image, view: view, using: &generator))
            }
        }
        return ViewPair(PixelNormalization.imageNet(views[0]), PixelNormalization.imageNet(views[1]))
    }
}
