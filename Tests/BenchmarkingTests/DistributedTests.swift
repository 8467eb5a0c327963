import Foundation
import NN
import Support
import Synchronization
import TestSupport
import Testing
import Torch

/// Several processes of the built program, as torchrun starts them, against one.
@Suite(.serialized) struct DistributedTests {
    private let scratch: Scratch
    private var recipe: String { "\(scratch.path)/tiny.yaml" }
    private var data: String { "\(scratch.path)/data" }

    init() throws {
        scratch = try Scratch()
        try AtomicFile.write(tinyRecipe, to: recipe)
    }

    private func change(_ changes: [String: String]) throws {
        try AtomicFile.write(changes.reduce(tinyRecipe) { $0.replacingOccurrences(of: $1.key, with: $1.value) }, to: recipe)
    }

    private func pretrain(_ method: String, to run: String) -> [String] {
        ["pretrain", recipe, "--method", method, "--output", "\(scratch.path)/\(run)", "--data", data]
    }

    private func finetune(to run: String) -> [String] {
        ["finetune", recipe, "--backbone", "none", "--output", "\(scratch.path)/\(run)", "--data", data]
    }

    /// Sent to one process, once.
    private struct Signal: Sendable {
        let number: Int32
        let rank: Int
        let when: @Sendable () -> Bool
    }

    /// The same command by each of `size` processes at once; by rank.
    private func together(
        _ size: Int, _ arguments: [String], timeout: Int = 300,
        signal: Signal? = nil
    ) throws -> [CommandResult] {
        let port = Int.random(in: 20000...32000)
        let results = Mutex<[Int: CommandResult]>([:])
        let done = DispatchGroup()
        for rank in 0..<size {
            done.enter()
            // A thread each: they wait for one another.
            Thread {
                var variables = ["WORLD_SIZE": "\(size)", "RANK": "\(rank)", "LOCAL_RANK": "\(rank)"]
                variables["MASTER_ADDR"] = "127.0.0.1"
                variables["MASTER_PORT"] = "\(port)"
                variables["EDIY_TIMEOUT"] = "\(timeout)"
                var when: (() -> Bool)?
                if let signal, signal.rank == rank { when = signal.when }
                let result = try? CommandLineTool.run(
                    arguments, environment: variables, signal: signal?.number ?? SIGKILL, killAfter: when)
                results.withLock { $0[rank] = result }
                done.leave()
            }.start()
        }
        done.wait()
        let held = results.withLock { $0 }
        return try (0..<size).map { rank in try #require(held[rank]) }
    }

    private func succeed(_ results: [CommandResult], sourceLocation: SourceLocation = #_sourceLocation) {
        for result in results { #expect(result.status == 0, "\(result.error)", sourceLocation: sourceLocation) }
    }

    /// The values of a run's metrics.jsonl, a line an iteration, without the seconds.
    private func metrics(_ run: String) throws -> [[String: Double]] {
        try String(contentsOfFile: "\(scratch.path)/\(run)/metrics.jsonl", encoding: .utf8).split(separator: "\n").map { line in
            let members = try JSON(parsing: Array(line.utf8)).object ?? []
            return Dictionary(uniqueKeysWithValues: members.filter { $0.key != "seconds" }.map { ($0.key, $0.value.double ?? .nan) })
        }
    }

    /// The largest difference of two runs' losses, over the larger of the loss and 0.01.
    private func difference(_ a: String, _ b: String, upTo count: Int) throws -> Double {
        let (one, other) = (try metrics(a).prefix(count), try metrics(b).prefix(count))
        #expect(one.count == count && other.count == count && one.map { Set($0.keys) } == other.map { Set($0.keys) })
        return zip(one, other).flatMap { a, b in
            a.filter { $0.key.hasPrefix("loss") }.map { abs($0.value - (b[$0.key] ?? .nan)) / max(abs($0.value), 0.01) }
        }.max() ?? .nan
    }

    private func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: "\(scratch.path)/\(name)")) }

    /// The gradients of the first iteration, as the velocities that come of them: the largest difference of a tensor's values over
    /// the largest of them.
    private func gradientDifference(_ a: String, _ b: String) throws -> Double {
        let (one, other) = try (read(a), read(b))
        let names = one.names.filter { $0.hasPrefix("optimizer.momentum.") }
        #expect(!names.isEmpty && one.names == other.names)
        return try names.map { name in
            let (x, y) = (try #require(one[name]), try #require(other[name]))
            return (x - y).abs().max().item / Swift.max(x.abs().max().item, 1e-6)
        }.max() ?? .nan
    }

    private func read(_ run: String) throws -> StateDict {
        try SafeTensors.read("\(scratch.path)/\(run)/checkpoints/iteration-000000001.safetensors")
    }

    /// Small steps: a network so small on four images magnifies what is rounded differently, tenfold a step at the real ones.
    @Test(arguments: ["byol", "e-diy"])
    func pretrainingGivesTheLossesOfOneProcess(_ method: String) throws {
        try change([
            "pretraining:\n  {": "pretraining:\n  {base_learning_rate: 1.0e-5, ",
            "checkpoint_interval: 3": "checkpoint_interval: 1, checkpoints_kept: 99",
            "epochs: 10": "epochs: 4",
        ])
        succeed([try CommandLineTool.run(pretrain(method, to: "one"))])
        let two = try together(2, pretrain(method, to: "two"))
        succeed(two)
        #expect(try metrics("one").count == 8)
        #expect(try difference("one", "two", upTo: 8) < 1e-4)
        #expect(try gradientDifference("one", "two") < 1e-3)
        let run = try JSON.read("\(scratch.path)/two/run.json")
        #expect(run["environment"]?["processes"] == "2" && run["protocol"]?["pretraining.normalization"] == "sync_bn")
        // The leader alone speaks and writes.
        #expect(two[1].error.isEmpty && two[1].output.isEmpty, "\(two[1].error)")
    }

    @Test func statisticsOfEachProcessAreAWarningAndAnotherProtocol() throws {
        try change(["pretraining:\n  {": "pretraining:\n  {normalization: bn, "])
        succeed([try CommandLineTool.run(pretrain("byol", to: "one"))])
        let two = try together(2, pretrain("byol", to: "two"))
        succeed(two)
        #expect(two[0].error.contains("statistics are those of each process's 2 images, not of the batch's 4"))
        #expect(try difference("one", "two", upTo: 5) > 1e-3)
        let run = try JSON.read("\(scratch.path)/two/run.json")
        #expect(run["protocol"]?["pretraining.normalization_batch"] == 2)
        let other = try CommandLineTool.run(pretrain("byol", to: "two") + ["--resume"])
        #expect(other.status == 1 && other.error.contains("pretraining.normalization_batch was 2"), "\(other.error)")
    }

    private static let pyramid = [
        "anchor_sizes: [16, 32]": "anchor_sizes: [8, 16, 32, 48, 64], design: fpn, pyramid_channels: 8, box_layer_size: 16",
        "batch: 2,": "batch: 2, batch_test: 3, precise_bn_batches: 2, box_convolutions: 1, box_convolution_channels: 8,",
    ]

    @Test(arguments: [[:], ["anchor_sizes: [16, 32]": "anchor_sizes: [16, 32], normalization: frozen_bn"], pyramid])
    func fineTuningGivesTheLossesAndResultsOfOneProcess(_ changes: [String: String]) throws {
        // Images of different sizes, so that what each is padded to matters.
        try change(
            changes.merging([
                "min_size: [64], max_size: 64": "min_size: [48, 56, 64], max_size: 64",
                "checkpoint_interval: 3": "checkpoint_interval: 1, checkpoints_kept: 99",
            ]) { $1 })
        succeed([try CommandLineTool.run(finetune(to: "one"))])
        succeed(try together(2, finetune(to: "two")))
        // What predicting took is told of both: each leaves out its first batch. The largest memory is that of one.
        func cost(_ run: String, _ key: String) throws -> Double? { try JSON.read("\(scratch.path)/\(run)/inference.json")[key]?.double }
        if changes.isEmpty { #expect(try cost("one", "images") == 3 && cost("two", "images") == 2) }
        #expect(try #require(try cost("two", "peak_memory_bytes")) > 0x1p20)
        // Sooner or later two proposals of nearly the same score change places by rounding, and the losses jump: here at the sixth.
        #expect(try difference("one", "two", upTo: 4) < 1e-5)
        #expect(try gradientDifference("one", "two") < 1e-4)
        // One process goes on from where two stood at the end: the same weights, and so the same results to the byte.
        let results = try bytes("two/results.json"), weights = try bytes("two/model.safetensors")
        for name in ["results.json", "model.safetensors", "evaluation.json"] {
            try FileManager.default.removeItem(atPath: "\(scratch.path)/two/\(name)")
        }
        succeed([try CommandLineTool.run(finetune(to: "two") + ["--resume"])])
        if changes["batch: 2,"] == nil { #expect(try bytes("two/model.safetensors") == weights && bytes("two/results.json") == results) }
        #expect(try JSON(parsing: Array(results)).array?.isEmpty == false)
        let again = try together(2, finetune(to: "two") + ["--resume"])
        succeed(again)
        if changes["batch: 2,"] == nil { #expect(try bytes("two/results.json") == results) }
    }

    @Test func aSignalToOneStopsAllAndTheRunGoesOnToTheSameNumbers() throws {
        try change(["epochs: 10": "epochs: 20"])
        succeed(try together(2, pretrain("byol", to: "whole")))
        let log = "\(scratch.path)/parts/metrics.jsonl"
        let stopped = try together(
            2, pretrain("byol", to: "parts"),
            signal: Signal(
                number: SIGTERM, rank: 1,
                when: {
                    (try? String(contentsOfFile: log, encoding: .utf8))?.contains("\"iteration\":4,") == true
                }))
        // The one that got the signal says so; the other was stopped by it.
        #expect(stopped.map(\.status) == [130, 143], "\(stopped.map(\.error))")
        #expect(try JSON.read("\(scratch.path)/parts/run.json")["status"] == "stopped")
        let done = try metrics("parts").count
        #expect(done < 40)
        let kept = try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/parts/checkpoints").max()
        #expect(kept == String(format: "iteration-%09d.safetensors", done))
        let refused = try together(2, pretrain("byol", to: "parts"))
        #expect(refused[0].error.contains("--resume") && refused[1].error.contains("process 0 of 2 failed"))
        succeed(try together(2, pretrain("byol", to: "parts") + ["--resume"]))
        #expect(try metrics("parts") == metrics("whole"))
        #expect(try bytes("parts/backbone.safetensors") == bytes("whole/backbone.safetensors"))
    }

    @Test(arguments: [0, 1])
    func aProcessThatIsKilledEndsTheOther(_ rank: Int) throws {
        try change(["epochs: 10": "epochs: 4000"])
        let log = "\(scratch.path)/run/metrics.jsonl"
        let results = try together(
            2, pretrain("byol", to: "run"),
            signal: Signal(
                number: SIGKILL, rank: rank,
                when: {
                    (try? String(contentsOfFile: log, encoding: .utf8))?.contains("\"iteration\":8,") == true
                }))
        let left = results[1 - rank]
        // Progress and measurements, if there was time for any, name the method.
        let lines = left.error.split(separator: "\n").filter { !$0.contains("byol") }
        #expect(left.status == 1 && lines.count == 1 && left.error.contains("process \(rank) of 2 is gone"), "\(left.status) \(left.error)")
        #expect(left.error.contains("--resume"))
    }

    @Test func mistakesAreALine() throws {
        func expect(_ results: [CommandResult], _ messages: [String], sourceLocation: SourceLocation = #_sourceLocation) {
            for result in results {
                #expect(
                    result.status == 1 && result.error.split(separator: "\n").count == 1, "\(result.error)", sourceLocation: sourceLocation)
            }
            for message in messages { #expect(results[0].error.contains(message), "\(results[0].error)", sourceLocation: sourceLocation) }
        }
        func run(_ environment: [String: String]) throws -> [CommandResult] {
            [try CommandLineTool.run(pretrain("byol", to: "x"), environment: environment)]
        }
        let first = ["WORLD_SIZE": "2", "RANK": "1", "MASTER_PORT": "\(Int.random(in: 20000...32000))", "EDIY_TIMEOUT": "2"]
        expect(try run(first), ["MASTER_ADDR is not set"])
        expect(try run(first.merging(["MASTER_ADDR": "no-such-machine.invalid"]) { $1 }), ["no-such-machine.invalid"])
        // Nobody there: the other one is not started.
        expect(try run(first.merging(["MASTER_ADDR": "127.0.0.1"]) { $1 }), ["process 1: the 2 processes did not meet at 127.0.0.1"])
        expect(try run(first.merging(["MASTER_ADDR": "127.0.0.1", "RANK": "0"]) { $1 }), ["the 2 processes did not meet at 127.0.0.1"])
        expect(try run(first.merging(["RANK": "2"]) { $1 }), ["RANK is '2', and must be 0 to 1"])
        // What several would write to one place.
        let alone = [
            ["linear", "w", "--train", "t", "--val", "v", "--output", "\(scratch.path)/x"],
            ["inspect", "w", "a.jpg", "--output", "\(scratch.path)/x"], ["predict", "run", "a.jpg", "--output", "\(scratch.path)/x"],
        ]
        for arguments in alone { expect(try together(2, arguments), ["ediy \(arguments[0]) is for one process, and there are 2"]) }
        expect(try together(3, pretrain("byol", to: "x")), ["pretraining.batch is 4, and does not divide over 3 processes"])
        #expect(!FileManager.default.fileExists(atPath: "\(scratch.path)/x/run.json"))
    }

    @Test func aBenchmarkRunsOnSeveral() throws {
        try change(["methods: [none, byol, e-diy]": "methods: [byol]", ", regions: {grid: 2, hidden_size: 16, projection_size: 8}": ""])
        let results = try together(2, ["benchmark", recipe, "--output", "\(scratch.path)/out"])
        succeed(results)
        #expect(results[0].output.contains("BYOL") && results[1].output.isEmpty && results[1].error.isEmpty)
        #expect(FileManager.default.fileExists(atPath: "\(scratch.path)/out/report/index.html"))
    }
}
