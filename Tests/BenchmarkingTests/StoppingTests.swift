import Foundation
import Support
import TestSupport
import Testing

/// What SIGINT and SIGTERM do: within a training they save and stop, a second one or one outside of it ends the program at once.
@Suite(.serialized) struct StoppingTests {
    private let scratch: Scratch
    private var recipe: String { "\(scratch.path)/tiny.yaml" }

    init() throws { scratch = try Scratch() }

    private func benchmark(signal: Int32, times: Int = 1, killAfter: @escaping () -> Bool) throws -> CommandResult {
        try CommandLineTool.run(
            ["benchmark", recipe, "--output", "\(scratch.path)/out"], signal: signal, times: times, killAfter: killAfter)
    }

    private func training() -> Bool {
        (try? String(contentsOfFile: "\(scratch.path)/out/byol-seed3/pretrain/metrics.jsonl", encoding: .utf8))?
            .contains("\"iteration\":4,") == true
    }

    @Test(arguments: [(SIGTERM, 143), (SIGINT, 130)] as [(Int32, Int32)])
    func aTrainingSavesAndSaysWhichSignal(_ signal: Int32, _ status: Int32) throws {
        try AtomicFile.write(tinyRecipe.replacingOccurrences(of: "epochs: 10", with: "epochs: 4000"), to: recipe)
        let stopped = try benchmark(signal: signal, killAfter: training)
        #expect(stopped.status == status, "\(stopped.error)")
        #expect(try JSON.read("\(scratch.path)/out/byol-seed3/pretrain/run.json")["status"] == "stopped")
    }

    @Test(.timeLimit(.minutes(5))) func aSecondSignalEndsAtOnceWithoutACrash() throws {
        // A step of minutes, within which both signals come.
        let slow = tinyRecipe.replacingOccurrences(of: "batch: 4, epochs: 10", with: "batch: 4, accumulate: 100000, epochs: 400000")
        try AtomicFile.write(slow, to: recipe)
        let started = ContinuousClock.now
        let run = "\(scratch.path)/out/byol-seed3/pretrain/metrics.jsonl"
        let stopped = try benchmark(signal: SIGTERM, times: 2) {
            guard FileManager.default.fileExists(atPath: run) else { return false }
            Thread.sleep(forTimeInterval: 1)
            return true
        }
        #expect(stopped.status == 143 && ContinuousClock.now - started < .seconds(120), "\(stopped.error)")
    }

    @Test(.timeLimit(.minutes(5))) func outsideOfATrainingTheFirstSignalEndsAtOnce() throws {
        let large = tinyRecipe.replacingOccurrences(of: "unlabeled: 8, image_size: 64", with: "unlabeled: 1000000, image_size: 64")
        try AtomicFile.write(large, to: recipe)
        let images = "\(scratch.path)/out/dataset.partial"
        let stopped = try benchmark(signal: SIGINT) { FileManager.default.fileExists(atPath: images) }
        #expect(stopped.status == 130, "\(stopped.error)")
        #expect(!FileManager.default.fileExists(atPath: "\(scratch.path)/out/none-seed3/finetune/run.json"))
    }
}
