import COCO
import DataLoading
import Detection
import Support
import Torch

extension ProcessGroup? {
    /// Predicts on the images, each process on its batches of them, and writes what all found to one results file, in the order of
    /// the images: the leader does, and the file is that of one process.
    ///
    /// - Returns: what the images cost all processes: their seconds together, and the memory of the one that held most.
    func predict(
        _ detector: RCNN, _ items: [PredictionBatches.Item], options: FineTuningOptions, categoryIDs: [Int], workers: Int,
        title: String, to path: String
    ) throws -> InferenceCost {
        func run(_ body: (PredictionBatches.Item, [Detection]) throws -> Void) throws -> InferenceCost {
            try detector.predict(
                items, input: options.input, categoryIDs: categoryIDs, batchSize: options.testBatchSize, workers: workers,
                reader: ImageReader(maxCorruptImages: options.maxCorruptImages), shard: Shard(self), title: title, body)
        }
        guard let group = self else {
            var cost = InferenceCost()
            try ResultsWriter.write(to: path) { writer in
                cost = try run { _, detections in
                    for detection in detections { try writer.append(detection) }
                }
            }
            return cost
        }
        // A line per detection, an empty line after each image.
        var text: [UInt8] = []
        let own = try run { _, detections in
            for detection in detections { text += Array((ResultsWriter.text(of: detection) + "\n").utf8) }
            text.append(newline)
        }
        let parts = try group.allGather(text)
        try leaderAlone {
            var readers = parts.map { $0.split(separator: newline, omittingEmptySubsequences: false)[...] }
            try ResultsWriter.write(to: path) { writer in
                for image in items.indices {
                    let owner = image / options.testBatchSize % group.size
                    while let line = readers[owner].popFirst(), !line.isEmpty {
                        try writer.append(text: String(decoding: line, as: UTF8.self))
                    }
                }
            }
        }
        var cost = InferenceCost()
        for values in try group.allGather(Tensor([Double(own.images), own.seconds, Double(own.peakMemory)])).map({ $0.array(Double.self) })
        {
            cost.images += Int(values[0])
            cost.seconds += values[1]
            cost.peakMemory = max(cost.peakMemory, Int(values[2]))
        }
        return cost
    }
}

private let newline = UInt8(ascii: "\n")
