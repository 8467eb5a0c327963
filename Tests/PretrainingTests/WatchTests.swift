import DataLoading
import Foundation
import NN
import Pretraining
import Recipes
import Runs
import Support
import TestSupport
import Testing
import Torch
import Training
import Vision

extension Scratch {
    /// Images of noise in a few colours, told apart by them: a folder for each class.
    func classes(_ counts: [Int]) throws -> String {
        for (label, count) in counts.enumerated() {
            try FileManager.default.createDirectory(atPath: "\(path)/images/c\(label)", withIntermediateDirectories: true)
            for i in 0..<count {
                var generator = SeededGenerator(UInt64(label), UInt64(i))
                var pixels: [UInt8] = []
                for _ in 0..<48 * 40 {
                    let light = generator.integer(in: 0..<60)
                    pixels += (0..<3).map { UInt8((label * 67 + $0 * (80 - label * 20)) % 190 + light) }
                }
                try AtomicFile.write(
                    JPEG.encode(Image(width: 48, height: 40, pixels: pixels)), to: "\(path)/images/c\(label)/\(i).jpg")
            }
        }
        return "\(path)/images"
    }
}

@Suite struct WatchTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func options() -> PretrainingOptions {
        var options = PretrainingOptions()
        options.backbone = ResNetOptions(.r18, width: 8)
        options.imageSize = 32
        options.batchSize = 4
        options.epochs = 3
        options.warmupEpochs = 1
        return options
    }

    private func own(hidden: Int = 8, projection: Int = 4) -> EDIYOptions {
        var own = EDIYOptions()
        own.byol.hiddenSize = hidden
        own.byol.projectionSize = projection
        own.regions.grid = 2
        own.regions.hiddenSize = 8
        own.regions.projectionSize = 4
        return own
    }

    private func watch(_ folder: String, count: Int = 12, seed: UInt64 = 1) throws -> WatchedImages {
        try WatchedImages(
            openImages(folder), count: count, size: 32, grid: 2, seed: seed, reader: ImageReader(maxCorruptImages: 0))
    }

    /// A whole run: the backbone's weights, and the lines of metrics.jsonl without the seconds.
    private func run(
        _ name: String, _ method: any MethodOptions, _ folder: String,
        watching watched: WatchedImages? = nil
    ) throws -> (weights: [[Float]], metrics: [[String: JSON]]) {
        let stage = PretrainingStage(method, options(), images: try openImages(folder), seed: 5, watching: watched)
        let run = try RunFolder(
            "\(scratch.path)/\(name)",
            RunDescription(stage: .pretrain, method: name, seed: 5, dataset: "noise", settings: []), resume: false)
        var loop = TrainingOptions()
        loop.logInterval = 2
        #expect(try Trainer(stage, in: run, options: loop, stop: StopSignal()).train().outcome == .finished)
        let lines = try String(contentsOfFile: run.path("metrics.jsonl"), encoding: .utf8).split(separator: "\n").map { line in
            let members = try JSON(parsing: Array(line.utf8)).object ?? []
            return Dictionary(members.map { ($0.key, $0.value) }) { $1 }.filter { $0.key != "seconds" }
        }
        return (stage.method.backbone.state("").map { $0.tensor.floats }, lines)
    }

    @Test func watchingChangesNoNumberOfTheTraining() throws {
        let folder = try scratch.classes([5, 5])
        let plain = try run("plain", own(), folder)
        let watched = try run("watched", own(), folder, watching: watch(folder))
        #expect(plain.weights == watched.weights)
        // Two iterations an epoch; without watching, lines of 0, 2, 4 and the last.
        #expect(plain.metrics.map { $0["iteration"]?.int } == [0, 2, 4, 5])
        let epochs = watched.metrics.filter { $0["epoch"] != nil }
        #expect(epochs.map { $0["iteration"]?.int } == [1, 3, 5] && epochs.map { $0["epoch"]?.double } == [1, 2, 3])
        let names = ["mean_pairwise_cosine", "effective_rank", "global_rank", "feature_std", "collapsed", "knn_accuracy"]
        for line in epochs { for name in names { #expect(line[name]?.double?.isFinite == true) } }
        for line in plain.metrics {
            let same = try #require(watched.metrics.first { $0["iteration"] == line["iteration"] })
            for (name, value) in line { #expect(same[name] == value) }
        }
        // TensorBoard has them too.
        let files = try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/watched").filter { $0.hasPrefix("events.") }
        let events = try Data(contentsOf: URL(fileURLWithPath: "\(scratch.path)/watched/\(try #require(files.first))"))
        for name in names { #expect(events.range(of: Data("train/\(name)".utf8)) != nil) }
    }

    @Test func withoutItsTermsAWholeRunIsBYOLsBitForBit() throws {
        let folder = try scratch.classes([6, 6])
        var plain = own()
        plain.regions.invariance = 0
        plain.regions.diversity = 0
        let byol = try run("byol", plain.byol, folder), ediy = try run("e-diy", plain, folder)
        #expect(byol.weights == ediy.weights)
        #expect(byol.metrics.map { $0["loss_byol"] } == ediy.metrics.map { $0["loss_byol"] })
        let full = try run("full", own(), folder)
        #expect(full.weights != byol.weights)
    }

    @Test func imagesAreTheSeedsAndClassesAreEven() throws {
        let folder = try scratch.classes([40, 40, 2, 40])
        let backbone = ResNet(.r18, width: 4, using: Generator(seed: 2))
        let first = try watch(folder, count: 32).measure(backbone)
        #expect(try watch(folder, count: 32).measure(backbone) == first)
        #expect(try watch(folder, count: 32, seed: 2).measure(backbone) != first)
        // Room for two classes of sixteen: guessing would be right half of the time; colours tell.
        #expect(try #require(first.neighbourAccuracy) > 0.5)
        // Without folders there are no classes.
        #expect(try watch("\(folder)/c0", count: 8).measure(backbone).neighbourAccuracy == nil)
        // More than there are.
        #expect(try watch("\(folder)/c2", count: 99).measure(backbone).regions.globalRank.isFinite)
    }

    @Test func aBackboneIsMeasuredOnWhatItTakesForPixels() throws {
        // The same network with its first weights' channels turned about, for BGR: it sees what the other sees.
        let rgb = ResNet(.r18, width: 8, using: Generator(seed: 2)), bgr = ResNet(.r18, width: 8, using: Generator(seed: 2))
        withoutGrad { bgr.conv1.weight.copyInPlace(rgb.conv1.weight.flipped([1])) }
        let standard = PixelNormalization.imageNet
        let turned = PixelNormalization(mean: standard.mean.reversed(), deviation: standard.deviation.reversed(), order: .bgr)
        let watched = try watch(scratch.classes([8, 8]), count: 16)
        let (plain, other) = (watched.measure(rgb), watched.measure(bgr, normalization: turned))
        #expect(abs(plain.regions.meanPairwiseCosine - other.regions.meanPairwiseCosine) < 1e-5)
        #expect(abs(plain.regions.globalRank - other.regions.globalRank) < 1e-2)
        #expect(abs(plain.regions.globalRank - watched.measure(bgr).regions.globalRank) > 1e-2)
    }

    @Test func maxCorruptImagesAreReplacedWithTheirOwnClass() throws {
        let folder = try scratch.classes([3, 3])
        try AtomicFile.write("no image", to: "\(folder)/c0/2.jpg")
        // Its successor is of the other class.
        let watched = try WatchedImages(
            openImages(folder), count: 6, size: 32, grid: 2, seed: 1, reader: ImageReader(maxCorruptImages: 1))
        #expect(watched.measure(ResNet(.r18, width: 4, using: Generator(seed: 1))).neighbourAccuracy != nil)
        #expect { _ = try watch(folder) } throws: { "\($0)".contains("c0/2.jpg") }
    }

    @Test func ranksOfFewRowsAreThoseOfFewColumns() {
        // Five rows in three columns, and the same among columns of zeros, of which there are more than rows.
        let values: [Float] = Tensor.normal([5, 3], generator: Generator(seed: 8)).floats
        var wide: [Float] = []
        for row in 0..<5 { wide += values[row * 3..<row * 3 + 3] + [Float](repeating: 0, count: 9) }
        func rank(_ values: [Float]) -> Double {
            RegionStatistics(maps: Tensor(values, [5, values.count / 5, 1, 1]), grid: 1).globalRank
        }
        #expect(rank(values) > 1.5 && rank(values) < 3)
        #expect(abs(rank(values) - rank(wide)) < 1e-2)
    }

    /// Twenty epochs on images of the synthetic dataset: neither method's features collapse to a point.
    @Test(arguments: Methods.words)
    func twentyEpochsOnShapesDoNotCollapse(_ word: String) throws {
        let data = "\(scratch.path)/shapes"
        try ShapesDataset(train: 1, val: 40, unlabeled: 48, imageSize: 64, seed: 1).write(to: data)
        var shapes = options()
        shapes.epochs = 20
        shapes.batchSize = 16
        shapes.optimizer = .sgd
        shapes.weightDecay = 1e-4
        shapes.baseLearningRate = 0.4
        let recipe = try RecipeSection(
            text: "{hidden_size: 64, projection_size: 16, target_momentum: 0.9, regions: {grid: 2, hidden_size: 8, projection_size: 4}}")
        var method = try #require(Methods.options(word))
        try method.read(recipe)
        let watched = try watch("\(data)/val", count: 40)
        let stage = PretrainingStage(method, shapes, images: try openImages("\(data)/unlabeled"), seed: 2, watching: watched)
        let run = try RunFolder(
            "\(scratch.path)/run", RunDescription(stage: .pretrain, method: word, seed: 2, dataset: "shapes", settings: []),
            resume: false)
        #expect(try Trainer(stage, in: run, options: TrainingOptions(), stop: StopSignal()).train().outcome == .finished)
        let measured = try #require(stage.measured(after: stage.iterations))
        // The last epoch's measurement is of the weights at the end.
        #expect(measured == watched.measure(stage.method.backbone))
        #expect(stage.measured(after: 3) == nil)
        #expect(measured.regions.spread > 0.3 && !measured.regions.isCollapsed)
    }

    // MARK: - Linear evaluation

    @Test func classesThatColoursTellAreLearned() throws {
        let folder = try ClassFolder(scratch.classes([12, 12, 12]))
        var options = LinearEvaluation.Options()
        options.epochs = 12
        options.batchSize = 9
        options.baseLearningRate = 20
        options.imageSize = 32
        options.neighbours = 5
        func evaluate(_ name: String, workers: Int, stopAfter: Int? = nil) throws -> ([[Float]], LinearEvaluation.Accuracy) {
            let backbone = ResNet(.r18, width: 8, using: Generator(seed: 2))
            let stage = LinearEvaluation(backbone, train: folder, options, seed: 4)
            var loop = TrainingOptions()
            loop.workers = workers
            loop.checkpointInterval = 5
            for resume in stopAfter == nil ? [false] : [false, true] {
                let run = try RunFolder(
                    "\(scratch.path)/\(name)",
                    RunDescription(stage: .linear, method: "a", seed: 4, dataset: "noise", settings: []), resume: resume)
                try run.write(status: .running)
                let stop = StopSignal()
                if stopAfter != nil, !resume { stop.set() }
                let fresh = resume ? LinearEvaluation(backbone, train: folder, options, seed: 4) : stage
                let outcome = try Trainer(fresh, in: run, options: loop, stop: stop).train().outcome
                if outcome == .finished { return (fresh.state.map { $0.tensor.floats }, try fresh.accuracy(on: folder, workers: workers)) }
            }
            throw UserError("did not finish")
        }
        let (weights, accuracy) = try evaluate("one", workers: 1)
        #expect(accuracy.top1 > 0.9 && accuracy.top5 == 1 && accuracy.images == 36 && accuracy.classes == 3)
        #expect(accuracy.neighbours > 0.9)
        for workers in [0, 3] {
            let other = try evaluate("w\(workers)", workers: workers)
            #expect(other.0 == weights && other.1 == accuracy)
        }
        let resumed = try evaluate("resumed", workers: 1, stopAfter: 1)
        #expect(resumed.0 == weights && resumed.1 == accuracy)
    }
}
