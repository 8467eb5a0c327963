import DataLoading
import NN
import Pretraining
import Runs
import Support
import TestSupport
import Testing
import Torch
import Training
import Vision

/// A training on weights and views that both sides of a golden make by formulas, in doubles or floats: all that `StepTests`
/// needs of the suite.
struct GivenTraining {
    private let stage: PretrainingStage
    private let dtype: DType

    /// - Parameter options: by the names that the script has for them.
    init(_ options: JSON, _ dtype: DType = .float64) throws {
        func number(_ key: String) throws -> Double { try #require(options[key]?.double, "\(key)") }
        func count(_ key: String) throws -> Int { try #require(options[key]?.int, "\(key)") }
        func word(_ key: String) throws -> String { try #require(options[key]?.string, "\(key)") }
        var made = PretrainingOptions()
        made.backbone = ResNetOptions(.r18, width: 8)
        made.imageSize = 72
        made.batchSize = 4
        made.accumulation = try count("accumulate")
        made.epochs = 3
        made.warmupEpochs = 1
        made.baseLearningRate = try number("base_learning_rate")
        made.optimizer = try #require(PretrainingOptions.OptimizerName(rawValue: word("optimizer")))
        made.momentum = try number("momentum")
        made.weightDecay = try number("weight_decay")
        var own = EDIYOptions()
        own.byol.viewsTogether = try #require(options["views_together"]?.bool)
        own.byol.targetMomentum = try number("target_momentum")
        (own.byol.hiddenSize, own.byol.projectionSize) = (24, 12)
        (own.regions.hiddenSize, own.regions.projectionSize) = (20, 10)
        own.regions.grid = try count("grid")
        own.regions.invariance = try number("invariance")
        own.regions.diversity = try number("diversity")
        own.regions.matching = try #require(RegionOptions.Matching(rawValue: word("matching")))
        own.regions.bestPairs = try count("best_pairs") == 0 ? nil : count("best_pairs")
        own.regions.pushedRegions = try count("pushed_regions")
        own.regions.margin = try number("margin")
        let methods: [any MethodOptions] = [own.byol, own]
        let method = try #require(try methods.first { try $0.word == word("method") })
        // Two steps per epoch.
        stage = PretrainingStage(method, made, images: Counted(count: 2 * made.effectiveBatchSize), seed: 0)
        self.dtype = dtype
        withoutGrad {
            for entry in stage.state {
                entry.tensor.copyInPlace(initialTensor(entry.name, entry.tensor.shape))
                if entry.tensor.dtype == .float32 { entry.tensor.replaceStorage(entry.tensor.to(dtype)) }
            }
            for entry in stage.optimizer.state { entry.tensor.replaceStorage(entry.tensor.to(dtype)) }
        }
    }

    /// A tensor of the state by its name, the optimizer's too.
    var state: [String: Tensor] {
        Dictionary((stage.state + stage.optimizer.state).map { ($0.name, $0.tensor) }) { $1 }
    }

    /// The losses of the first batch by name, their sum differentiated.
    func differentiateFirstBatch() throws -> [String: Double] {
        let losses = try stage.method.losses(GivenViews(dtype: dtype).batch(at: 0).views)
        try losses.dropFirst().reduce(losses[0].value) { $0 + $1.value }.backward()
        return Dictionary(losses.map { ($0.name, $0.value.item) }) { $1 }
    }

    /// The gradients that there are, by name.
    var gradients: [String: Tensor] {
        Dictionary(stage.state.compactMap { entry in entry.tensor.grad.map { (entry.name, $0) } }) { $1 }
    }

    /// Trains to the end by the suite's loop. The lines of metrics.jsonl.
    func train(in folder: String) throws -> [JSON] {
        let description = RunDescription(stage: .pretrain, method: "given", seed: 0, dataset: "given", settings: [])
        var options = TrainingOptions()
        options.logInterval = 1
        let run = try RunFolder(folder, description, resume: false)
        _ = try Trainer(GivenStage(stage, dtype), in: run, options: options, stop: StopSignal()).train()
        return try String(contentsOfFile: "\(folder)/metrics.jsonl", encoding: .utf8).split(separator: "\n").map {
            try JSON(parsing: Array($0.utf8))
        }
    }
}

/// Pretraining's own stage on given views.
private struct GivenStage: Stage {
    private let base: PretrainingStage
    let source: GivenViews

    init(_ base: PretrainingStage, _ dtype: DType) {
        self.base = base
        source = GivenViews(dtype: dtype)
    }

    var iterations: Int { base.iterations }
    var imagesPerIteration: Int { base.imagesPerIteration }
    var accumulation: Int { base.accumulation }
    var optimizer: any Optimizer { base.optimizer }
    var schedule: Schedule { base.schedule }
    var state: [StateEntry] { base.state }
    func losses(_ batch: ViewBatch, at iteration: Int) -> [Loss] { base.method.losses(batch.views) }
    func afterStep(at iteration: Int) { base.afterStep(at: iteration) }
    func observations(at iteration: Int) -> [(name: String, value: Double)] { base.observations(at: iteration) }
}

private struct GivenViews: BatchSource {
    let dtype: DType

    func batch(at iteration: Int) -> ViewBatch {
        func view(_ index: Int) -> Tensor { sines(1000 + 2 * iteration + index, [4, 3, 72, 72], 2).to(dtype) }
        return ViewBatch([view(0), view(1)])
    }
}

/// So many images, none of which is looked at.
private struct Counted: ImageSource {
    let count: Int
    func name(_ index: Int) -> String { "\(index)" }
    func image(_ index: Int) throws -> ImageFile { throw UserError("is not there", file: name(index)) }
}
