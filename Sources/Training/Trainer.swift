import DataLoading
import Foundation
import NN
import Support
import Torch

/// How a run is carried out; none of it changes the numbers but `precision`.
public struct TrainingOptions: Sendable {
    /// Threads that make batches.
    public var workers = 1
    /// Iterations between checkpoints.
    public var checkpointInterval = 200
    /// Checkpoints kept.
    public var checkpointsKept = 2
    /// Iterations between lines of metrics.jsonl.
    public var logInterval = 10
    public var precision = Precision.float32
    public var device = Device.cpu
    /// The processes that train together, each on its part of every batch; nil for one by itself.
    public var group: ProcessGroup?

    public init() {}
}

/// What matrix products and convolutions are computed in; weights, optimizer and losses are float32 with all.
public enum Precision: String, Sendable, CaseIterable {
    case float32
    case bfloat16
}

/// How a call of the loop ended.
public enum Outcome: Equatable, Sendable {
    case finished
    /// A signal came; a checkpoint was written first, and a resumed run goes on from this iteration.
    case stopped(at: Int)
}

/// The loop of both stages: batch, losses, backward, step; metrics, checkpoints, progress, and stopping when asked to.
///
/// Several processes go through it in step: all begin with the leader's state, gradients and losses are means over them, a
/// signal to one stops all after the same iteration. The leader alone writes.
public struct Trainer<S: Stage> {
    private let stage: S
    private let run: RunFolder
    private let options: TrainingOptions
    private let stop: StopSignal

    public init(_ stage: S, in run: RunFolder, options: TrainingOptions, stop: StopSignal) {
        self.stage = stage
        self.run = run
        self.options = options
        self.stop = stop
    }

    /// Trains to the end, from the newest whole checkpoint if there is one and from the beginning otherwise.
    ///
    /// - Returns: how it ended, with the seconds spent in the loop by this call and those before it.
    /// - Throws: `UserError` when a loss is no longer finite, when data or disk fail; what was saved stays.
    public func train() throws -> (outcome: Outcome, seconds: Double) { try stop.duringTraining(loop) }

    private func loop() throws -> (outcome: Outcome, seconds: Double) {
        let checkpoints = Checkpoints(folder: run.path("checkpoints"), kept: options.checkpointsKept)
        let everything = stage.state + stage.optimizer.state.map { StateEntry("optimizer.\($0.name)", $0.tensor, $0.role) }
        let isLeader = options.group.isLeader
        let start = try begin(everything, checkpoints)
        let metrics = try isLeader ? MetricsLog(in: run.folder, keepingBefore: start.iteration) : nil
        let progress =
            isLeader
            ? ProgressLine(
                "\(run.description.stage) \(run.description.method)", total: stage.iterations, done: start.iteration,
                unit: "images", perStep: stage.imagesPerIteration) : nil
        let batches = start.iteration * stage.accumulation..<stage.iterations * stage.accumulation
        let loader = BatchLoader(stage.source, iterations: batches, workers: options.workers)
        defer { loader.close() }
        let begin = ContinuousClock.now
        func seconds() -> Double { start.seconds + (ContinuousClock.now - begin) / .seconds(1) }
        func save(_ iteration: Int) throws {
            try checkFinite(everything, iteration, lastCheckpoint: checkpoints.newest)
            try options.group.leaderAlone {
                try metrics?.flush()
                try checkpoints.save(everything, at: .init(iteration: iteration, seconds: seconds()))
            }
        }

        var iteration = start.iteration
        while iteration < stage.iterations {
            let rate = stage.schedule.learningRate(at: iteration)
            let (losses, stops) = try step(loader, iteration, rate, lastCheckpoint: checkpoints.newest)
            let measured = isLeader ? try stage.measurements(after: iteration + 1) : []
            if let metrics, iteration % options.logInterval == 0 || iteration + 1 == stage.iterations || !measured.isEmpty {
                let values = losses + stage.observations(at: iteration) + measured
                try metrics.append(iteration: iteration, values: values, learningRate: rate, seconds: seconds())
            }
            iteration += 1
            progress?.update(iteration, detail: "loss \(losses[0].value.short)  lr \(rate.short)")
            if iteration < stage.iterations {
                if stops {
                    try save(iteration)
                    progress?.end("stopped at iteration \(iteration); --resume goes on from there")
                    return (.stopped(at: iteration), seconds())
                }
                if iteration % options.checkpointInterval == 0 { try save(iteration) }
            }
        }
        // The last one too: what follows the loop can fail, and must not cost the training.
        if start.iteration < stage.iterations { try save(stage.iterations) }
        progress?.end(String(format: "done, peak memory %.2f GiB", Double(PeakMemory.bytes) / 0x1p30))
        return (.finished, seconds())
    }

    /// The newest checkpoint's state, and where it stood: the leader's everywhere.
    private func begin(_ everything: [StateEntry], _ checkpoints: Checkpoints) throws -> Checkpoints.Place {
        guard let group = options.group else { return try checkpoints.restoreNewest(everything) }
        let own = try group.isLeader ? checkpoints.restoreNewest(everything) : .init(iteration: 0, seconds: 0)
        let place = try group.broadcast([Double(own.iteration), own.seconds])
        try group.broadcast(everything.map(\.tensor))
        return .init(iteration: Int(place[0]), seconds: place[1])
    }

    /// One step. The losses, their sum first, as numbers: the means over its batches; and whether to stop after it.
    private func step(
        _ loader: BatchLoader<S.Source>, _ iteration: Int, _ rate: Double, lastCheckpoint: String?
    ) throws -> (losses: [(name: String, value: Double)], stops: Bool) {
        stage.optimizer.zeroGrad()
        var named: [(name: String, value: Double)] = []
        var stops = false
        for part in 0..<stage.accumulation {
            guard let batch = try loader.next() else { break }
            let found = try differentiate(batch, iteration, lastCheckpoint)
            named = part == 0 ? found.losses : zip(named, found.losses).map { ($0.name, $0.value + $1.value) }
            stops = stops || found.stops
        }
        try options.group?.averageGradients(of: stage.optimizer.parameters)
        stage.optimizer.step(learningRate: rate)
        stage.afterStep(at: iteration)
        return (named, stops || (options.group == nil && stop.isSet))
    }

    /// Adds the gradients of a batch's share of the step. Its losses, their sum first, as numbers; and whether to stop.
    private func differentiate(
        _ batch: S.Source.Batch, _ iteration: Int, _ lastCheckpoint: String?
    ) throws -> (losses: [(name: String, value: Double)], stops: Bool) {
        let losses: [Loss] = try ProcessGroup.$current.withValue(options.group) {
            switch options.precision {
            case .float32: try stage.losses(batch, at: iteration)
            case .bfloat16:
                try withAutocast(.bfloat16, on: options.device) { try stage.losses(batch, at: iteration) }
            }
        }
        let sum = losses.dropFirst().reduce(losses[0].value) { $0 + $1.value }
        let share = 1 / Double(stage.accumulation)
        let (values, stops) = try mean(Tensor.stacked([sum] + losses.map(\.value)).array())
        let named = zip(["loss"] + losses.map(\.name), values).map { (name: $0, value: $1 * share) }
        if let bad = named.dropFirst().first(where: { !$0.value.isFinite }) {
            throw diverged("\(bad.name) is \(bad.value)", iteration, lastCheckpoint)
        }
        try (share == 1 ? sum : sum * share).backward()
        return (named, stops)
    }

    /// The mean over processes of each value, and whether any of them is to stop.
    private func mean(_ values: [Double]) throws -> (values: [Double], stops: Bool) {
        guard let group = options.group else { return (values, false) }
        let sums = try group.sum(values + [stop.isSet ? 1 : 0])
        return (sums.dropLast().map { $0 / Double(group.size) }, sums[values.count] > 0)
    }

    /// A gradient that was no number spoils the weights a step before it spoils the loss; no checkpoint may hold them.
    private func checkFinite(_ entries: [StateEntry], _ iteration: Int, lastCheckpoint: String?) throws {
        for entry in entries where entry.tensor.isFinite().all().item == 0 {
            throw diverged("\(entry.name) is not finite after the step", iteration - 1, lastCheckpoint)
        }
    }

    private func diverged(_ what: String, _ iteration: Int, _ lastCheckpoint: String?) -> UserError {
        let checkpoint = lastCheckpoint.map { "the last good checkpoint is \($0); " } ?? ""
        return UserError(
            "\(what) at iteration \(iteration)", file: run.folder,
            remedy: "\(checkpoint)lower the learning rate or lengthen the warm-up")
    }
}

extension Double {
    /// Four significant digits.
    var short: String { String(format: "%.4g", self) }
}
