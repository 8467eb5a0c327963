import DataLoading
import Foundation
import NN
import Runs
import Support
import TestSupport
import Testing
import Torch
import Training

/// Learning a linear map of random points.
private struct TinyStage: Stage {
    struct Points: BatchSource {
        /// Equal parts that each batch is given out in.
        var parts = 1
        /// The process's share of each, and of how many equal ones.
        var share = (index: 0, count: 1)

        func batch(at iteration: Int) -> Tensor {
            let whole = Tensor.normal([8, 4], generator: Generator(seed: UInt64(iteration / parts)))
            let part = whole.split(Array(repeating: 8 / parts, count: parts))[iteration % parts]
            return part.split(Array(repeating: 8 / parts / share.count, count: share.count))[share.index]
        }
    }

    /// What was there after each step.
    final class Steps {
        var iterations: [Int] = []
        var weights: [Float] = []
    }

    let layer: Linear
    let optimizer: any Optimizer
    let source: Points
    let accumulation: Int
    let iterations = 20
    let imagesPerIteration = 8
    let schedule = Schedule.cosine(base: 0.2, iterations: 20)
    /// The iteration whose loss is no number.
    var nanAt: Int?
    /// The iteration whose loss is a number, and its gradient none.
    var brokenGradientAt: Int?
    /// Sets the signal before this iteration's step.
    var stopping: (at: Int, stop: StopSignal)?

    let steps = Steps()

    init(seed: UInt64 = 1, accumulation: Int = 1, share: (index: Int, count: Int) = (0, 1)) {
        self.accumulation = accumulation
        source = Points(parts: accumulation, share: share)
        layer = Linear(4, 2, using: Generator(seed: seed))
        optimizer = SGD(layer.parameters)
    }

    var state: [StateEntry] { layer.state("layer.") }

    func losses(_ batch: Tensor, at iteration: Int) -> [Loss] {
        if let stopping, stopping.at == iteration { stopping.stop.set() }
        let error = layer(batch) - batch.narrowed(1, 0..<2)
        let loss = (error * error).mean()
        let steep = iteration == brokenGradientAt ? ((error * 0) * (error * 0)).sum().sqrt() : loss * 0
        return [Loss("loss_fit", (iteration == nanAt ? loss * Double.nan : loss) + steep)]
    }

    func afterStep(at iteration: Int) {
        steps.iterations.append(iteration)
        steps.weights = layer.weight.floats
    }
}

@Suite struct TrainerTests {
    private let scratch: Scratch
    private var options: TrainingOptions {
        var options = TrainingOptions()
        options.checkpointInterval = 6
        options.logInterval = 1
        return options
    }

    init() throws { scratch = try Scratch() }

    private func folder(_ name: String, resume: Bool = true, seed: UInt64 = 0) throws -> RunFolder {
        try RunFolder(
            "\(scratch.path)/\(name)",
            RunDescription(
                stage: .pretrain, method: "tiny", seed: seed, dataset: "points", settings: [("batch", 8), ("rate", 0.2)]),
            resume: resume)
    }

    private func train(_ name: String, _ stage: TinyStage, stop: StopSignal = StopSignal(), workers: Int = 1) throws -> Outcome {
        var options = options
        options.workers = workers
        let run = try folder(name)
        try run.write(status: .running)
        return try Trainer(stage, in: run, options: options, stop: stop).train().outcome
    }

    /// metrics.jsonl without the seconds, which no two runs share.
    private func metrics(_ name: String) throws -> [String] {
        try String(contentsOfFile: "\(scratch.path)/\(name)/metrics.jsonl", encoding: .utf8).split(separator: "\n").map {
            let json = try JSON(parsing: Array($0.utf8))
            return JSON.object((json.object ?? []).filter { $0.key != "seconds" }).text()
        }
    }

    private func losses(_ name: String) throws -> [Double] {
        try metrics(name).map { try #require(JSON(parsing: Array($0.utf8))["loss_fit"]?.double) }
    }

    @Test func trainingLowersTheLossAndLogsIt() throws {
        let stage = TinyStage()
        #expect(try train("whole", stage) == .finished)
        let lines = try metrics("whole")
        #expect(lines.count == 20)
        func loss(_ i: Int) throws -> Double { try #require(JSON(parsing: Array(lines[i].utf8))["loss"]?.double) }
        #expect(try loss(19) < loss(0) / 4)
    }

    @Test func eachStepIsByItsOwnRateAndFollowedByItsOwnHook() throws {
        let stage = TinyStage()
        _ = try train("whole", stage)
        #expect(stage.steps.iterations == Array(0..<20))
        #expect(stage.steps.weights == stage.layer.weight.floats)
        let rates = try metrics("whole").map { try #require(JSON(parsing: Array($0.utf8))["lr"]?.double) }
        #expect(rates.count == 20)
        for (i, rate) in rates.enumerated() { #expect(abs(rate - stage.schedule.learningRate(at: i)) < 1e-12) }
        // The last one moves the weights, by a rate that is not 0.
        #expect(rates[19] > 0)
    }

    /// Each on its half of every batch: their gradients' mean is the whole's, and so is the loss that is logged.
    @Test func twoProcessesTakeTheStepsOfOne() throws {
        let whole = TinyStage()
        _ = try train("whole", whole)
        let (folder, base) = ("\(scratch.path)/halves", options)
        let weights = try withProcesses(2) { group -> [Float] in
            // The leader's first weights are everybody's.
            let stage = TinyStage(seed: group.isLeader ? 1 : 99, share: (group.rank, 2))
            var options = base
            options.group = group
            let run = try RunFolder(
                folder, RunDescription(stage: .pretrain, method: "tiny", seed: 0, dataset: "points", settings: []), resume: true,
                by: group)
            _ = try Trainer(stage, in: run, options: options, stop: StopSignal()).train()
            return stage.layer.weight.floats
        }
        #expect(weights.count == 2 && weights[0] == weights[1])
        #expect(zip(weights[0], whole.layer.weight.floats).allSatisfy { abs($0 - $1) < 1e-5 })
        #expect(try zip(losses("halves"), losses("whole")).allSatisfy { abs($0 - $1) < 1e-4 * abs($1) + 1e-6 })
        #expect(try losses("halves").count == 20)
    }

    @Test(arguments: [(3, 0), (11, 1), (18, 3)])
    func aStoppedRunGoesOnToTheSameNumbers(_ iteration: Int, _ workers: Int) throws {
        let whole = TinyStage(), first = TinyStage()
        _ = try train("whole", whole)
        let stop = StopSignal()
        var stopped = first
        stopped.stopping = (iteration, stop)
        #expect(try train("parts", stopped, stop: stop, workers: workers) == .stopped(at: iteration + 1))
        // Other weights at first: all of it must come from the checkpoint.
        let second = TinyStage(seed: 99)
        #expect(try train("parts", second, workers: workers) == .finished)
        #expect(second.layer.weight.floats == whole.layer.weight.floats)
        #expect(try metrics("parts") == metrics("whole"))
    }

    @Test func gradientsOfPartsMakeTheStepOfAll() throws {
        let whole = TinyStage(), parts = TinyStage(accumulation: 4)
        _ = try train("whole", whole)
        _ = try train("parts", parts)
        #expect(zip(parts.layer.weight.floats, whole.layer.weight.floats).allSatisfy { abs($0 - $1) < 1e-5 })
        #expect(try zip(losses("parts"), losses("whole")).allSatisfy { abs($0 - $1) < 1e-4 * abs($1) + 1e-6 })
        #expect(try metrics("parts").count == 20)
    }

    @Test func aRunOfAccumulatedStepsIsResumedExactly() throws {
        let whole = TinyStage(accumulation: 2)
        _ = try train("whole", whole)
        let stop = StopSignal()
        var stopped = TinyStage(accumulation: 2)
        stopped.stopping = (7, stop)
        #expect(try train("parts", stopped, stop: stop) == .stopped(at: 8))
        let second = TinyStage(seed: 99, accumulation: 2)
        #expect(try train("parts", second, workers: 2) == .finished)
        #expect(second.layer.weight.floats == whole.layer.weight.floats)
        #expect(try metrics("parts") == metrics("whole"))
    }

    @Test func aRunThatDiedGoesOnFromItsLastCheckpoint() throws {
        let whole = TinyStage()
        _ = try train("whole", whole)
        // Dies at 15 without a word: the newest checkpoint is of 12, the log is of 14.
        var dying = TinyStage()
        dying.nanAt = 15
        #expect(throws: UserError.self) { try train("died", dying) }
        let again = TinyStage(seed: 99)
        #expect(try train("died", again) == .finished)
        #expect(again.layer.weight.floats == whole.layer.weight.floats)
        #expect(try metrics("died") == metrics("whole"))
    }

    @Test func tensorBoardSeesEachIterationOnce() throws {
        let whole = TinyStage()
        _ = try train("whole", whole)
        var dying = TinyStage()
        dying.nanAt = 15
        // Dies at 15 and goes on from 12: what was logged of 12 to 14 is logged again.
        #expect(throws: UserError.self) { try train("died", dying) }
        #expect(try events(in: "\(scratch.path)/died").map(\.iteration).max() == 14)
        _ = try train("died", TinyStage(seed: 99))
        let expected = try events(in: "\(scratch.path)/whole"), found = try events(in: "\(scratch.path)/died")
        #expect(Set(found.map(\.tag)) == ["train/loss", "train/loss_fit", "train/lr"])
        #expect(found.count == 60 && found.elementsEqual(expected) { $0 == $1 })
        let lines = try metrics("died").map { try JSON(parsing: Array($0.utf8)) }
        for (tag, iteration, value) in found {
            let logged = try #require(lines[iteration][String(tag.dropFirst("train/".count))]?.double)
            #expect(Float(logged) == value)
        }
    }

    @Test func aBrokenCheckpointIsPassedOver() throws {
        let whole = TinyStage()
        _ = try train("whole", whole)
        var dying = TinyStage()
        dying.nanAt = 15
        #expect(throws: UserError.self) { try train("broken", dying) }
        let checkpoints = "\(scratch.path)/broken/checkpoints"
        let newest = try #require(FileManager.default.contentsOfDirectory(atPath: checkpoints).max())
        let bytes = try #require(FileManager.default.contents(atPath: "\(checkpoints)/\(newest)"))
        try AtomicFile.write(Array(bytes.prefix(bytes.count - 9)), to: "\(checkpoints)/\(newest)")
        let again = TinyStage(seed: 99)
        #expect(try train("broken", again) == .finished)
        #expect(again.layer.weight.floats == whole.layer.weight.floats)
    }

    @Test func fewCheckpointsAreKept() throws {
        _ = try train("whole", TinyStage())
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/whole/checkpoints").count == 2)
    }

    @Test func aLossThatIsNoNumberStopsTheRun() throws {
        var stage = TinyStage()
        stage.nanAt = 15
        #expect {
            try train("nan", stage)
        } throws: {
            "\($0)".contains("loss_fit is nan at iteration 15") && "\($0)".contains("iteration-000000012.safetensors")
        }
    }

    @Test func aLossThatIsNoNumberForOneStopsAll() throws {
        let folder = "\(scratch.path)/nan"
        var options = options
        options.logInterval = 1
        let base = options
        let messages = try withProcesses(2) { group -> String in
            var stage = TinyStage(seed: UInt64(group.rank))
            if group.rank == 1 { stage.nanAt = 7 }
            var options = base
            options.group = group
            let run = try RunFolder(
                folder, RunDescription(stage: .pretrain, method: "tiny", seed: 0, dataset: "points", settings: []), resume: true,
                by: group)
            do { _ = try Trainer(stage, in: run, options: options, stop: StopSignal()).train() } catch { return "\(error)" }
            return ""
        }
        for message in messages {
            #expect(message.contains("loss_fit is nan at iteration 7") && message.contains("iteration-000000006.safetensors"))
        }
        #expect(try metrics("nan").count == 7)
    }

    @Test func noCheckpointHoldsWeightsThatAreNoNumbers() throws {
        // Right before the checkpoint of 12: the loss would tell only after it.
        var stage = TinyStage()
        stage.brokenGradientAt = 11
        #expect {
            try train("broken", stage)
        } throws: {
            "\($0)".contains("layer.weight is not finite after the step at iteration 11")
                && "\($0)".contains("iteration-000000006.safetensors")
        }
        let kept = try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/broken/checkpoints")
        #expect(kept == ["iteration-000000006.safetensors"])
    }

    @Test func aRunOfOtherSettingsIsNotGoneOnWith() throws {
        _ = try train("whole", TinyStage())
        #expect { try folder("whole", resume: false) } throws: { "\($0)".contains("--resume") }
        #expect { try folder("whole", seed: 5) } throws: { "\($0)".contains("seed was 0 and is now 5") }
    }
}
