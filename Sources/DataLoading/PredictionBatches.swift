import Support
import Torch
import Vision

/// Images to predict on, in order, a batch per iteration; none is left out but those that cannot be read, where some may be so. Of
/// several processes each takes every so many-th batch, so that batches are those of one process.
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
    private let reader: ImageReader?
    private let shard: Shard

    /// - Parameter reader: puts up with some images that cannot be read, for which a batch has no sizes; without it none may be so.
    public init(_ items: [Item], batchSize: Int, input: DetectionInput, reader: ImageReader? = nil, shard: Shard = .whole) {
        self.items = items
        self.batchSize = batchSize
        self.input = input
        self.reader = reader
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
            guard let image = try reader.map({ try $0.readIfWhole(item.path) }) ?? ImageFile.read(item.path) else { continue }
            let tensor = input.prepared(image)
            images.append(tensor)
            sizes.append(
                ImageSizes(
                    imageID: item.imageID, originalWidth: image.width, originalHeight: image.height, width: tensor.size(3),
                    height: tensor.size(2)))
        }
        guard !images.isEmpty else { return DetectionBatch(images: Tensor.zeros([0, 3, 1, 1]), sizes: [], targets: []) }
        return DetectionBatch(images: DetectionBatch.padded(images, divisor: input.divisor), sizes: sizes, targets: [])
    }
}
