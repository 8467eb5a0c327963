import COCO
import DataLoading
import Foundation
import Support
import Torch

/// How fast a detector predicted, and with how much memory.
public struct InferenceCost: Sendable {
    /// Those that `seconds` were spent on: all but the first batch's, which finds caches and memory empty.
    public var images = 0
    /// Waiting for images, the network, and masks pasted; not what the caller did with them.
    public var seconds = 0.0
    /// The most that the process has held so far, in bytes.
    public var peakMemory = 0

    public init() {}

    /// `1.234 s an image, peak memory 2.10 GiB`
    public var text: String {
        String(format: "%.3f s an image, peak memory %.2f GiB", seconds / Double(max(images, 1)), Double(peakMemory) / 0x1p30)
    }

    public var json: JSON {
        ["images": .int(images), "seconds": .double(seconds), "peak_memory_bytes": .int(peakMemory)]
    }
}

extension RCNN {
    /// Predicts on every image, in order, handing each image's detections to `body`, and says on standard error what it took.
    ///
    /// - Parameters:
    ///   - categoryIDs: the dataset's ids, by class.
    ///   - shard: the part of the batches that is this process's; only their images are predicted on.
    ///   - title: what the progress line begins with.
    @discardableResult
    public func predict(
        _ items: [PredictionBatches.Item], input: DetectionInput, categoryIDs: [Int], batchSize: Int = 1, workers: Int = 1,
        reader: ImageReader? = nil, shard: Shard = .whole, title: String, _ body: (PredictionBatches.Item, [Detection]) throws -> Void
    ) throws -> InferenceCost {
        let source = PredictionBatches(items, batchSize: batchSize, input: input, reader: reader, shard: shard)
        let loader = BatchLoader(source, iterations: 0..<source.iterations, workers: workers)
        defer { loader.close() }
        let progress =
            shard.index == 0
            ? ProgressLine(title, total: source.iterations, unit: "images", perStep: batchSize * shard.count) : nil
        let device = backbone.device
        var cost = InferenceCost(), iteration = 0, begin = ContinuousClock.now
        while let batch = try loader.next() {
            let onDevice = DetectionBatch(images: batch.images.to(device), sizes: batch.sizes, targets: [])
            let found = batch.sizes.isEmpty ? [] : predict(onDevice, categoryIDs: categoryIDs)
            if iteration > 0 || source.iterations == 1 {
                cost.images += found.count
                cost.seconds += (ContinuousClock.now - begin) / .seconds(1)
            }
            // Of an image that could not be read there is nothing.
            var read = zip(batch.sizes, found).makeIterator(), next = read.next()
            for item in source.items(at: iteration) {
                let isRead = next?.0.imageID == item.imageID
                try body(item, isRead ? next?.1 ?? [] : [])
                if isRead { next = read.next() }
            }
            iteration += 1
            progress?.advance()
            begin = ContinuousClock.now
        }
        cost.peakMemory = PeakMemory.bytes
        progress?.end("done")
        if cost.images > 0, shard.index == 0 { StandardError.line("\(title): \(cost.text)") }
        return cost
    }
}
