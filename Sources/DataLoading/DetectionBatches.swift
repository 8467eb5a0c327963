import COCO
import Support
import Torch
import Vision

/// Training batches of a COCO dataset: images without objects are left out, crowds are no targets, and where masks are learned
/// objects without one are none either, as in Detectron2.
public struct DetectionBatches: BatchSource {
    /// An image that has objects.
    private struct Sample {
        /// Its place in the dataset.
        let image: Int
        let path: String
        /// In pixels, as annotated.
        let width: Int
        let height: Int
    }

    private let dataset: Dataset
    /// Of each annotation whether it is an object to learn from.
    private let isLearned: [Bool]
    private let learnsMasks: Bool
    private let samples: [Sample]
    private let sampler: EpochSampler
    private let input: DetectionInput
    private let reader: ImageReader
    private let seed: UInt64
    private let shard: Shard

    /// - Parameters:
    ///   - batchSize: images per batch, of all processes.
    ///   - learnsMasks: whether an object needs a mask to be learned from; those that have none are counted on standard error.
    ///   - fraction: the part of the images with objects that is learned from; which they are depends on the dataset alone, not
    ///     on the seed, so that runs can be compared.
    ///   - shard: the part of each batch that is this process's.
    /// - Throws: `UserError` when no image has an object, or a size, a file name or a box is missing.
    public init(
        _ dataset: Dataset, folder: String, batchSize: Int, input: DetectionInput, reader: ImageReader, seed: UInt64,
        learnsMasks: Bool, fraction: Double = 1, shard: Shard = .whole
    ) throws {
        self.dataset = dataset
        self.learnsMasks = learnsMasks
        try dataset.require(.imageSizes, for: "training")
        try dataset.require(.fileNames, for: "training")
        try dataset.require(.boxes, for: "training") { !dataset.isCrowd[$0] }
        let isLearned = try Self.learned(dataset, withMask: learnsMasks, tells: shard.index == 0)
        self.isLearned = isLearned
        let all = try dataset.images.indices.filter { image in
            dataset.annotations(ofImage: image).contains { isLearned[Int($0)] }
        }.map { image in
            let info = dataset.images[image]
            return Sample(
                image: image, path: try dataset.path(ofImage: image, in: folder), width: info.width ?? 0, height: info.height ?? 0)
        }
        guard !all.isEmpty else {
            throw UserError("no image has an object to learn from", file: folder, remedy: "check the annotation file")
        }
        var generator = SeededGenerator(0xF4AC)
        let count = max(Int(Double(all.count) * fraction), 1)
        let samples =
            fraction < 1 ? all.shuffled(using: &generator).prefix(count).sorted { $0.image < $1.image } : all
        self.samples = samples
        sampler =
            input.groupsByAspect
            ? EpochSampler(
                batchSize: batchSize, seed: seed, groups: samples.map { $0.width > $0.height ? 1 : 0 }, shard: shard)
            : EpochSampler(count: samples.count, batchSize: batchSize, seed: seed, shard: shard)
        self.input = input
        self.reader = reader
        self.seed = seed
        self.shard = shard
    }

    /// Of each annotation whether it is an object to learn from: no crowd, and with a mask where one is needed, as in Detectron2's
    /// `load_coco_json` and `filter_empty_instances`.
    private static func learned(_ dataset: Dataset, withMask needsMask: Bool, tells: Bool) throws -> [Bool] {
        guard needsMask else { return dataset.isCrowd.map { !$0 } }
        let hasOutline = dataset.isCrowd.indices.map { dataset.isCrowd[$0] || dataset.hasOutline($0) }
        if let first = hasOutline.firstIndex(of: false) {
            let (lacking, all) = (hasOutline.count { !$0 }, dataset.isCrowd.count { !$0 })
            guard lacking < all else {
                throw UserError(
                    "no object has a mask, and the recipe trains a mask head", file: dataset.file,
                    remedy: "write 'masks: false' in its section detection, or add segmentation to the annotations")
            }
            if tells {
                StandardError.line(
                    "\(dataset.file): \(lacking) of \(all) objects have no mask, the first annotation "
                        + "\(dataset.names[dataset.annotationIDs[first]]): they are left out of training, as in Detectron2")
            }
        }
        return zip(dataset.isCrowd, hasOutline).map { !$0 && $1 }
    }

    public var iterationsPerEpoch: Int { sampler.iterationsPerEpoch }

    public func batch(at iteration: Int) throws -> DetectionBatch {
        var images: [Image] = []
        var sizes: [ImageSizes] = []
        var targets: [DetectionTarget] = []
        for (place, sample) in zip(sampler.share, sampler.samples(at: iteration)) {
            let (found, image) = try reader.read(from: sample, of: samples.count) { samples[$0].path }
            var generator = generator(iteration, place)
            let (resized, size, target) = try prepare(image, samples[found], using: &generator)
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
            let sample = samples[next.element]
            let size = input.edges.size(width: sample.width, height: sample.height, edge: input.edges.draw(using: &generator))
            return (max(largest.0, size.width), max(largest.1, size.height))
        }
    }

    private func prepare(
        _ image: Image, _ sample: Sample, using generator: inout SeededGenerator
    ) throws -> (Image, ImageSizes, DetectionTarget) {
        guard (image.width, image.height) == (sample.width, sample.height) else {
            throw UserError(
                "is \(image.width)×\(image.height), and the annotations say \(sample.width)×\(sample.height)",
                file: sample.path, remedy: "check that images and annotations belong together")
        }
        let edge = input.edges.draw(using: &generator)
        let flip = generator.chance(input.flipProbability)
        let (width, height) = input.edges.size(width: image.width, height: image.height, edge: edge)
        var resized = image.resized(width: width, height: height, filter: .bilinear)
        if flip { resized = resized.flippedHorizontally() }
        let size = ImageSizes(
            imageID: dataset.images[sample.image].id, originalWidth: sample.width, originalHeight: sample.height, width: width,
            height: height)
        return (resized, size, try target(sample.image, size, flip: flip))
    }

    /// The objects of an image, scaled and mirrored as the image is.
    private func target(_ index: Int, _ size: ImageSizes, flip: Bool) throws -> DetectionTarget {
        let (scaleX, scaleY) = (
            Double(size.width) / Double(size.originalWidth), Double(size.height) / Double(size.originalHeight)
        )
        let width = Double(size.width)
        func x(_ value: Double) -> Double { flip ? width - value * scaleX : value * scaleX }
        var boxes: [Float] = []
        var classes: [Int] = []
        var polygons: [[[Double]]] = []
        for annotation in dataset.annotations(ofImage: index).map(Int.init) where isLearned[annotation] {
            let corners = size.corners(of: dataset.boxes[annotation], flip: flip)
            // Boxes without extent teach nothing.
            guard corners[2] - corners[0] > 1e-5, corners[3] - corners[1] > 1e-5 else { continue }
            let outlines = try outlines(annotation)
            guard !outlines.isEmpty || !learnsMasks else { continue }
            boxes += corners
            classes.append(Int(dataset.categoryIndices[annotation]))
            polygons.append(
                outlines.map { polygon in
                    polygon.enumerated().map { i, value in i % 2 == 0 ? x(value) : value * scaleY }
                })
        }
        return DetectionTarget(boxes: boxes, classes: classes, polygons: polygons)
    }

    /// An object's polygons; those around its pixels where it is written as run lengths.
    private func outlines(_ annotation: Int) throws -> [[Double]] {
        guard dataset.hasRuns(annotation) else { return dataset.polygons(of: annotation).filter(Dataset.isOutline) }
        guard let mask = try dataset.mask(of: annotation) else { return [] }
        return Outline.polygons(of: mask.decode(), width: mask.width, height: mask.height)
    }
}

extension Dataset {
    /// Whether a polygon encloses anything: at least three points. Source: Detectron2's `load_coco_json`.
    static func isOutline(_ polygon: [Double]) -> Bool { polygon.count >= 6 && polygon.count % 2 == 0 }

    /// Whether an object has a mask to learn from.
    func hasOutline(_ annotation: Int) -> Bool {
        hasRuns(annotation) || polygons(of: annotation).contains(where: Self.isOutline)
    }
}
