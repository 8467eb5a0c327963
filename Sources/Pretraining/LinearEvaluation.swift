import DataLoading
import NN
import Support
import Torch
import Training

/// How much classes can be told from a backbone's features by a linear classifier: the backbone is frozen, its pooled features
/// are computed anew for each view, and the classifier learns by SGD on random resized crops and flips. Source: the protocol of
/// Zhang et al. 2016 as BYOL has it (arXiv 2006.07733, appendix C.1).
public struct LinearEvaluation: Stage {
    public struct Options: Sendable {
        public var epochs = 80
        public var batchSize = 1024
        /// For a batch of 256; the rate is in proportion to the batch, and falls to 0 by a cosine.
        public var baseLearningRate = 0.1
        public var momentum = 0.9
        public var weightDecay = 0.0
        public var imageSize = 224
        /// Neighbours that vote, of the k-NN accuracy.
        public var neighbours = 20
        /// Training images that neighbours are looked for among, at most.
        public var bank = 50_000
        /// Corrupt images that are put up with.
        public var maxCorruptImages = 0

        public init() {}
    }

    public let source: ClassBatches
    public let optimizer: any Optimizer
    public let schedule: Schedule
    public let iterations: Int
    private let backbone: any Backbone
    private let input: PixelNormalization
    private let classifier: Linear
    private let train: ClassFolder
    private let options: Options
    private let reader: ImageReader
    private let seed: UInt64

    /// - Parameters:
    ///   - backbone: is moved to `device`.
    ///   - input: what it takes for pixels.
    public init(
        _ backbone: any Backbone, input: PixelNormalization = .imageNet, train: ClassFolder, _ options: Options, seed: UInt64,
        device: Device = .cpu
    ) {
        backbone.setRequiresGrad(false)
        backbone.move(to: device)
        // Small, as in MoCo's linear evaluation: all classes begin alike.
        let classifier = Linear(
            backbone.lastLevel.channels, train.classes.count, initializer: .normal(deviation: 0.01), using: Generator(seed: seed))
        classifier.move(to: device)
        reader = ImageReader(maxCorruptImages: options.maxCorruptImages)
        source = ClassBatches(
            train, batchSize: min(options.batchSize, train.labels.count), imageSize: options.imageSize, reader: reader, seed: seed)
        iterations = options.epochs * source.iterationsPerEpoch
        schedule = .cosine(
            base: options.baseLearningRate * Double(min(options.batchSize, train.labels.count)) / 256, iterations: iterations)
        optimizer = SGD(classifier.parameters, momentum: options.momentum, weightDecay: options.weightDecay)
        self.backbone = backbone
        self.input = input
        self.classifier = classifier
        self.train = train
        self.options = options
        self.seed = seed
    }

    public var imagesPerIteration: Int { min(options.batchSize, train.labels.count) }
    public var state: [StateEntry] { classifier.state("classifier.") }

    public func losses(_ batch: ClassBatch, at iteration: Int) -> [Loss] {
        let labels = batch.labels.to(classifier.weight.device)
        return [Loss("loss_classes", classifier(features(batch.images)).crossEntropy(labels))]
    }

    /// Fractions of the validation images, 0 ... 1.
    public struct Accuracy: Sendable, Equatable {
        public let top1: Double
        public let top5: Double
        /// Without a classifier, from the training images' features.
        public let neighbours: Double
        public let images: Int
        public let classes: Int

        public var json: JSON {
            [
                "top1": .double(top1), "top5": .double(top5), "knn": .double(neighbours), "images": .int(images),
                "classes": .int(classes),
            ]
        }
    }

    /// Tests the classifier, as it stands, and the nearest neighbours.
    ///
    /// - Throws: `UserError` when the validation set has a class that training has not.
    public func accuracy(on val: ClassFolder, workers: Int) throws -> Accuracy {
        let numbers = Dictionary(train.classes.enumerated().map { ($1, $0) }) { $1 }
        let classes = try val.classes.map { name in
            guard let number = numbers[name] else {
                throw UserError(
                    "is no class of the training set", file: "\(val.images.folder)/\(name)",
                    remedy: "give both folders the same classes")
            }
            return number
        }
        var generator = SeededGenerator(seed, 0x4241_4E4B)
        let banked = generator.permutation(train.labels.count).prefix(options.bank).sorted()
        var (bank, bankLabels): ([Float], [Int]) = ([], [])
        bank.reserveCapacity(banked.count * backbone.lastLevel.channels)
        try forEachBatch(of: train, banked, "features of the training set", workers) { features, labels in
            bank += features.floats
            bankLabels += labels
        }
        let neighbours = NearestNeighbors(
            bank, labels: bankLabels, columns: backbone.lastLevel.channels, classes: train.classes.count,
            neighbours: options.neighbours)
        bank = []
        var (first, among, near) = (0, 0, 0)
        try forEachBatch(of: val, Array(val.labels.indices), "validation", workers) { features, labels in
            let truth = labels.map { classes[$0] }
            let best = withoutGrad { classifier(features) }.topK(min(5, train.classes.count), 1).indices.ints
            let width = best.count / truth.count
            for (i, label) in truth.enumerated() {
                let guesses = best[i * width..<(i + 1) * width]
                if guesses.first == label { first += 1 }
                if guesses.contains(label) { among += 1 }
            }
            near += neighbours.correct(features.floats, labels: truth)
        }
        let count = Double(val.labels.count)
        return Accuracy(
            top1: Double(first) / count, top5: Double(among) / count, neighbours: Double(near) / count,
            images: val.labels.count, classes: train.classes.count)
    }

    /// Pooled features of the last feature map: (N, 3, S, S) bytes → (N, C).
    private func features(_ images: Tensor) -> Tensor {
        withoutGrad {
            backbone.lastFeatureMap(input(images.to(backbone.device)), .evaluate).to(.float32).mean([2, 3])
        }
    }

    private func forEachBatch(
        of folder: ClassFolder, _ images: [Int], _ title: String, _ workers: Int, _ body: (Tensor, [Int]) throws -> Void
    ) throws {
        let batches = CenterCropBatches(folder, images: images, batchSize: 64, imageSize: options.imageSize, reader: reader)
        let loader = BatchLoader(batches, iterations: 0..<batches.count, workers: workers)
        defer { loader.close() }
        let progress = ProgressLine(title, total: batches.count, unit: "images", perStep: 64)
        while let batch = try loader.next() {
            try body(features(batch.images), batch.labels.ints)
            progress.advance()
        }
        progress.end("done")
    }
}
