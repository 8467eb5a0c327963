import Support
import Torch
import Vision

/// Images with their classes.
public struct ClassBatch: Sendable {
    /// Bytes (N, 3, S, S).
    public let images: Tensor
    /// (N) int64.
    public let labels: Tensor
}

/// Batches as classifiers are trained on: a random resized crop of 0.08 to 1 of the image, and a flip.
public struct ClassBatches: BatchSource {
    private let folder: ClassFolder
    private let sampler: EpochSampler
    private let augmentation: ViewAugmentation
    private let reader: ImageReader
    private let seed: UInt64

    public init(_ folder: ClassFolder, batchSize: Int, imageSize: Int, reader: ImageReader, seed: UInt64) {
        self.folder = folder
        sampler = EpochSampler(count: folder.labels.count, batchSize: batchSize, seed: seed)
        augmentation = ViewAugmentation(imageSize: imageSize)
        self.reader = reader
        self.seed = seed
    }

    public var iterationsPerEpoch: Int { sampler.iterationsPerEpoch }

    public func batch(at iteration: Int) throws -> ClassBatch {
        let images = folder.images
        let read = try sampler.samples(at: iteration).enumerated().map { place, sample in
            try reader.read(from: sample, of: images.count, name: images.name) { index in
                let file = try images.image(index)
                var generator = SeededGenerator(seed, UInt64(iteration), UInt64(place), UInt64(sample))
                let view = ViewAugmentation.View(
                    box: augmentation.crop.draw(width: file.width, height: file.height, using: &generator),
                    isFlipped: generator.chance(augmentation.flipProbability))
                return try ViewAugmentation.images([(augmentation, view)], of: file, decoding: .fast)[0]
            }
        }
        return ClassBatch(images: Tensor(pixelsOf: read.map(\.value)), labels: Tensor(read.map { folder.labels[$0.index] }))
    }
}

/// Some of a folder's images in order, as classifiers are tested on: see `CenterCrop`. The last batch may be smaller.
public struct CenterCropBatches: BatchSource {
    private let folder: ClassFolder
    private let images: [Int]
    private let batchSize: Int
    private let crop: CenterCrop
    private let reader: ImageReader

    /// - Parameter images: places in the folder.
    public init(_ folder: ClassFolder, images: [Int], batchSize: Int, imageSize: Int, reader: ImageReader) {
        self.folder = folder
        self.images = images
        self.batchSize = batchSize
        crop = CenterCrop(size: imageSize)
        self.reader = reader
    }

    public var count: Int { (images.count + batchSize - 1) / batchSize }

    public func batch(at iteration: Int) throws -> ClassBatch {
        let files = folder.images
        let read = try images[iteration * batchSize..<min((iteration + 1) * batchSize, images.count)].map { sample in
            try reader.read(from: sample, of: files.count, name: files.name) { crop(try files.image($0).decoded()) }
        }
        return ClassBatch(images: Tensor(pixelsOf: read.map(\.value)), labels: Tensor(read.map { folder.labels[$0.index] }))
    }
}
