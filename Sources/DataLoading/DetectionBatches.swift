import COCO
import Support
import Torch
import Vision

/// How images are made ready for a detector.
public struct DetectionInput: Sendable, Equatable {
    public var edges: ShortestEdge
    public var minSizeTest: Int
    public var testResizing = TestResizing.pillow
    public var normalization = PixelNormalization.imageNet
    public var flipProbability = 0.5
    /// Sides of a batch are made multiples of it.
    public var divisor = 1
    /// Whether training batches are of wide images or of high ones, as far as they can be: less is padded.
    public var groupsByAspect = true

    /// How an image comes to its size when it is predicted on.
    public enum TestResizing: Sendable {
        /// As bytes, by Pillow's arithmetic, as Detectron2's are.
        case pillow
        /// Normalised first, then bilinearly without antialiasing, as torchvision's detectors do it themselves
        /// (`GeneralizedRCNNTransform`).
        case torchvision
    }

    /// Detectron2's for the 1x schedule: 640 to 800 in steps of 32, at most 1333, tested at 800.
    public init(edges: ShortestEdge = ShortestEdge(Array(stride(from: 640, through: 800, by: 32)), longest: 1333), minSizeTest: Int = 800) {
        self.edges = edges
        self.minSizeTest = minSizeTest
    }
}

/// Training batches of a COCO dataset: images without objects are left out, crowds are no targets.
public struct DetectionBatches: BatchSource {
    private let dataset: Dataset
    private let folder: String
    /// The images that have objects.
    private let usable: [Int]
    private let sampler: EpochSampler
    private let input: DetectionInput
    private let reader: ImageReader
    private let seed: UInt64
    private let shard: Shard

    /// - Parameters:
    ///   - batchSize: images a batch of all processes.
    ///   - fraction: the part of the images with objects that is learned from; which they are depends on the dataset alone, not
    ///     on the seed, so that runs can be compared.
    ///   - shard: the part of each batch that is this process's.
    /// - Throws: `UserError` when no image has an object.
    public init(
        _ dataset: Dataset, folder: String, batchSize: Int, input: DetectionInput, reader: ImageReader, seed: UInt64,
        fraction: Double = 1, shard: Shard = .whole
    ) throws {
        self.dataset = dataset
        self.folder = folder
        let all = dataset.images.indices.filter { image in
            dataset.annotations(ofImage: image).contains { !dataset.isCrowd[Int($0)] }
        }
        guard !all.isEmpty else {
            throw UserError("no image has an object to learn from", file: folder, remedy: "check the annotation file")
        }
        var generator = SeededGenerator(0xF4AC)
        let usable = fraction < 1 ? all.shuffled(using: &generator).prefix(max(Int(Double(all.count) * fraction), 1)).sorted() : all
        self.usable = usable
        sampler =
            input.groupsByAspect
            ? EpochSampler(
                batchSize: batchSize, seed: seed,
                groups: usable.map { dataset.images[$0].width > dataset.images[$0].height ? 1 : 0 }, shard: shard)
            : EpochSampler(count: usable.count, batchSize: batchSize, seed: seed, shard: shard)
        self.input = input
        self.reader = reader
        self.seed = seed
        self.shard = shard
    }

    public var iterationsPerEpoch: Int { sampler.iterationsPerEpoch }

    public func batch(at iteration: Int) throws -> DetectionBatch {
        var images: [Image] = []
        var sizes: [ImageSizes] = []
        var targets: [DetectionTarget] = []
        for (place, sample) in zip(sampler.share, sampler.samples(at: iteration)) {
            let (found, image) = try reader.read(from: sample, of: usable.count) { index in
                "\(folder)/\(dataset.images[usable[index]].fileName)"
            }
            var generator = generator(iteration, place)
            let (resized, size, target) = try prepare(image, usable[found], using: &generator)
            images.append(resized)
            sizes.append(size)
            targets.append(target)
        }
        return DetectionBatch(
            images: DetectionBatch.padded(
                images.map { input.normalization([$0]) }, divisor: input.divisor, least: largest(at: iteration)),
            sizes: sizes, targets: targets)
    }

    private func generator(_ iteration: Int, _ place: Int) -> SeededGenerator {
        SeededGenerator(seed, UInt64(iteration), UInt64(place), 0xDE7E)
    }

    /// What the images of all processes fit in. They are padded alike: the padding is part of what a normalisation and the
    /// proposals see, and all wait for the process with the largest images anyhow.
    private func largest(at iteration: Int) -> (width: Int, height: Int) {
        guard shard != .whole else { return (1, 1) }
        return sampler.wholeBatch(at: iteration).enumerated().reduce((1, 1)) { largest, next in
            var generator = generator(iteration, next.offset)
            let info = dataset.images[usable[next.element]]
            let size = input.edges.size(width: info.width, height: info.height, edge: input.edges.draw(using: &generator))
            return (max(largest.0, size.width), max(largest.1, size.height))
        }
    }

    private func prepare(
        _ image: Image, _ index: Int, using generator: inout SeededGenerator
    ) throws -> (Image, ImageSizes, DetectionTarget) {
        let info = dataset.images[index]
        guard (image.width, image.height) == (info.width, info.height) else {
            throw UserError(
                "is \(image.width)×\(image.height), and the annotations say \(info.width)×\(info.height)",
                file: "\(folder)/\(info.fileName)", remedy: "check that images and annotations belong together")
        }
        let edge = input.edges.draw(using: &generator)
        let flip = generator.chance(input.flipProbability)
        let (width, height) = input.edges.size(width: image.width, height: image.height, edge: edge)
        var resized = image.resized(width: width, height: height, filter: .bilinear)
        if flip { resized = resized.flippedHorizontally() }
        let size = ImageSizes(
            imageID: info.id, originalWidth: info.width, originalHeight: info.height, width: width, height: height)
        return (resized, size, try target(index, size, flip: flip))
    }

    /// The objects of an image, scaled and mirrored as the image is.
    private func target(_ index: Int, _ size: ImageSizes, flip: Bool) throws -> DetectionTarget {
        let (scaleX, scaleY) = (
            Double(size.width) / Double(size.originalWidth), Double(size.height) / Double(size.originalHeight)
        )
        let width = Double(size.width), height = Double(size.height)
        func x(_ value: Double) -> Double { flip ? width - value * scaleX : value * scaleX }
        var boxes: [Float] = []
        var classes: [Int] = []
        var polygons: [[[Double]]] = []
        for annotation in dataset.annotations(ofImage: index).map(Int.init) where !dataset.isCrowd[annotation] {
            let box = dataset.boxes[annotation]
            let (a, b) = (x(box.x), x(box.x + box.width))
            let corners = [
                min(max(min(a, b), 0), width), min(max(box.y * scaleY, 0), height),
                min(max(max(a, b), 0), width), min(max((box.y + box.height) * scaleY, 0), height),
            ]
            // Boxes without extent teach nothing.
            guard corners[2] - corners[0] > 1e-5, corners[3] - corners[1] > 1e-5 else { continue }
            boxes += corners.map(Float.init)
            classes.append(Int(dataset.categoryIndices[annotation]))
            polygons.append(
                try outlines(annotation).map { polygon in
                    polygon.enumerated().map { i, value in i % 2 == 0 ? x(value) : value * scaleY }
                })
        }
        return DetectionTarget(boxes: boxes, classes: classes, polygons: polygons)
    }

    /// An object's polygons; those around its pixels where it is written as run lengths.
    private func outlines(_ annotation: Int) throws -> [[Double]] {
        guard dataset.hasRuns(annotation) else { return dataset.polygons(of: annotation) }
        let mask = try dataset.mask(of: annotation)
        return Outline.polygons(of: mask.decode(), width: mask.width, height: mask.height)
    }
}

/// Images to predict on, in order, a batch an iteration; none is left out. Of several processes each takes every so many-th batch,
/// so that batches are those of one process.
public struct PredictionBatches: BatchSource {
    /// An image by its id in results, and its file.
    public struct Item: Sendable {
        public let imageID: Int
        public let path: String

        public init(imageID: Int, path: String) {
            self.imageID = imageID
            self.path = path
        }
    }

    private let items: [Item]
    private let batchSize: Int
    private let input: DetectionInput
    private let shard: Shard

    public init(_ items: [Item], batchSize: Int, input: DetectionInput, shard: Shard = .whole) {
        self.items = items
        self.batchSize = batchSize
        self.input = input
        self.shard = shard
    }

    /// Of this process.
    public var iterations: Int { (batches - shard.index + shard.count - 1) / shard.count }

    /// Of all processes.
    private var batches: Int { (items.count + batchSize - 1) / batchSize }

    /// The images of an iteration of this process.
    public func items(at iteration: Int) -> ArraySlice<Item> {
        let first = (iteration * shard.count + shard.index) * batchSize
        return items[first..<min(first + batchSize, items.count)]
    }

    public func batch(at iteration: Int) throws -> DetectionBatch {
        var images: [Tensor] = []
        var sizes: [ImageSizes] = []
        for item in items(at: iteration) {
            let image = try JPEG.read(item.path)
            let tensor = input.prepared(image)
            images.append(tensor)
            sizes.append(
                ImageSizes(
                    imageID: item.imageID, originalWidth: image.width, originalHeight: image.height, width: tensor.size(3),
                    height: tensor.size(2)))
        }
        return DetectionBatch(images: DetectionBatch.padded(images, divisor: input.divisor), sizes: sizes, targets: [])
    }
}

extension DetectionInput {
    /// An image to predict on, normalised and at its size: (1, 3, H, W).
    public func prepared(_ image: Image) -> Tensor {
        switch testResizing {
        case .pillow:
            let (width, height) = edges.size(width: image.width, height: image.height, edge: minSizeTest)
            return normalization([image.resized(width: width, height: height, filter: .bilinear)])
        case .torchvision:
            let (width, height) = edges.sizeRoundedDown(width: image.width, height: image.height, edge: minSizeTest)
            return normalization([image]).upsampled(height, width, .bilinear)
        }
    }
}
