import Foundation
import Support
import TestSupport
import Testing

/// The command line as a user has it, from recipe to report.
@Suite(.serialized) struct EndToEndTests {
    private let scratch: Scratch
    private var recipe: String { "\(scratch.path)/tiny.yaml" }

    init() throws {
        scratch = try Scratch()
        try AtomicFile.write(tinyRecipe, to: recipe)
    }

    private func ediy(_ arguments: String..., killAfter: (() -> Bool)? = nil) throws -> CommandResult {
        try CommandLineTool.run(arguments, killAfter: killAfter)
    }

    private func bytes(_ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: "\(scratch.path)/\(name)"))
    }

    /// What a run's numbers are: its weights, its results, and its metrics without the seconds.
    private func numbers(_ run: String, _ files: [String]) throws -> [Data] {
        let metrics = try String(contentsOfFile: "\(scratch.path)/\(run)/metrics.jsonl", encoding: .utf8)
        let lines = try metrics.split(separator: "\n").map {
            JSON.object((try JSON(parsing: Array($0.utf8)).object ?? []).filter { $0.key != "seconds" }).text()
        }
        return try files.map { try bytes("\(run)/\($0)") } + [Data(lines.joined(separator: "\n").utf8)]
    }

    @Test func aBenchmarkRunsToItsReportAndSkipsWhatIsDone() throws {
        let output = "\(scratch.path)/out"
        let first = try ediy("benchmark", recipe, "--output", output)
        #expect(first.status == 0, "\(first.error)")
        #expect(first.output.contains("BYOL") && first.output.contains("One seed cannot tell"))
        // Plain lines where nobody watches.
        #expect(first.error.contains("ediy: none, seed 3: fine-tuning (stage 1 of 5)\n") && !first.error.contains("✓"))
        for name in ["report.md", "report.tex", "report.csv"] { #expect(try !bytes("out/report/\(name)").isEmpty) }
        let runs = try ediy("runs", output)
        #expect(runs.status == 0 && runs.output.split(separator: "\n").count == 7 && runs.output.contains("best: "), "\(runs.output)")
        let shown = try ediy("runs", "show", "\(output)/byol-seed3/pretrain", "--json")
        #expect(try JSON(parsing: Array(shown.output.utf8))["status"] == "finished")
        let report = try String(contentsOfFile: "\(output)/report/index.html", encoding: .utf8)
        #expect(report.contains("e-diy") && report.contains("data:image/jpeg;base64,"))
        // A map of each validation image, to each method.
        #expect(report.components(separatedBy: "<svg class=\"map\"").count == 1 + 4 * 3)
        let maps = try #require(JSON.read("\(output)/byol-seed3/finetune/regions.json")["maps"]?.array)
        #expect(maps.count == 4 && maps.allSatisfy { $0["grid"] == 4 && $0["similarities"]?.array?.count == 16 })
        let json = try JSON.read("\(output)/report/report.json")
        #expect(json["methods"]?.array?.compactMap { $0["method"]?.string } == ["none", "byol", "e-diy"])
        let weights = try bytes("out/e-diy-seed3/finetune/model.safetensors")
        let second = try ediy("benchmark", recipe, "--output", output)
        #expect(second.status == 0 && !second.error.contains("fine-tuning"))
        #expect(try bytes("out/e-diy-seed3/finetune/model.safetensors") == weights)

        // The evaluation that a run keeps is what the evaluator says of its results.
        let again = try ediy(
            "evaluate", "--annotations", "\(output)/dataset/annotations/instances_val.json", "--results",
            "\(output)/byol-seed3/finetune/results.json", "--iou", "bbox,segm", "--json", "\(scratch.path)/ap.json")
        #expect(again.status == 0)
        #expect(try JSON.read("\(scratch.path)/ap.json") == JSON.read("\(output)/byol-seed3/finetune/evaluation.json"))

        let found = try ediy(
            "predict", "\(output)/none-seed3/finetune", "\(output)/dataset/val/000001.jpg", "--output", "\(scratch.path)/found",
            "--threshold", "0.01")
        #expect(found.status == 0, "\(found.error)")
        #expect(FileManager.default.fileExists(atPath: "\(scratch.path)/found/1-000001.jpg"))
        #expect(try JSON.read("\(scratch.path)/found/results.json").array != nil)

        // A benchmark's folder can be moved, and loses only its images without its dataset.
        let moved = "\(scratch.path)/moved"
        try FileManager.default.moveItem(atPath: output, toPath: moved)
        #expect(try ediy("report", moved, "--output", "\(moved)/report").status == 0)
        #expect(try String(contentsOfFile: "\(moved)/report/index.html", encoding: .utf8).contains("data:image/jpeg;base64,"))
        try FileManager.default.removeItem(atPath: "\(moved)/dataset")
        let poor = try ediy("report", moved, "--output", "\(moved)/report")
        #expect(poor.status == 0 && poor.error.contains("no images are shown"))
    }

    @Test func aDryRunPrintsWhatWouldRunAndMakesNothing() throws {
        let output = "\(scratch.path)/dry"
        // Where libtorch is not: nothing of it is needed.
        func dry(_ more: String...) throws -> CommandResult {
            try CommandLineTool.run(
                ["benchmark", recipe, "--output", output, "--dry-run"] + more, environment: ["EDIY_TORCH": "/nowhere"])
        }
        let plain = try dry()
        #expect(plain.status == 0, "\(plain.error)")
        let lines = plain.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(
            lines.map { $0.prefix(3).joined(separator: " ") } == [
                "stage method seed", "finetune none 3", "pretrain byol 3", "finetune byol 3", "pretrain e-diy 3", "finetune e-diy 3",
            ])
        // 10 epochs of 8 images; 16 iterations of 2.
        #expect(lines[2][3] == "80" && lines[1][3] == "32" && lines[1].last == "-")
        let timed = try dry("--images-per-second", "0.01")
        #expect(timed.output.split(separator: "\n").last?.split(separator: " ") == ["total", "7.11"])
        #expect(try dry("--tflops", "1e-6").output.split(separator: "\n").last?.hasPrefix("total") == true)
        #expect(try dry("--tflops", "0").status != 0 && dry("--tflops", "1", "--images-per-second", "1").status != 0)
        #expect(!FileManager.default.fileExists(atPath: output))
    }

    @Test(arguments: ["byol", "e-diy"])
    func pretrainingKilledAndResumedGivesTheSameNumbers(_ method: String) throws {
        let files = ["backbone.safetensors", "regions.json"]
        let whole = try ediy("pretrain", recipe, "--method", method, "--output", "\(scratch.path)/whole", "--data", "\(scratch.path)/data")
        #expect(whole.status == 0, "\(whole.error)")
        try killed("pretrain", recipe, "--method", method, "--data", "\(scratch.path)/data")
        #expect(try numbers("killed", files) == numbers("whole", files))
    }

    /// As it is, and with a pyramid and all that comes between training and evaluation.
    @Test(arguments: [
        [:],
        [
            "anchor_sizes: [16, 32]": "anchor_sizes: [8, 16, 32, 48, 64], design: fpn, pyramid_channels: 8, box_layer_size: 16",
            "batch: 2,": "batch: 2, batch_test: 3, precise_bn_batches: 2, gradient_clip: full_model, freeze_at: 1,",
        ],
    ])
    func fineTuningKilledAndResumedGivesTheSameNumbers(_ changes: [String: String]) throws {
        let changed = changes.reduce(tinyRecipe) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
        try AtomicFile.write(changed, to: recipe)
        let files = ["model.safetensors", "results.json", "evaluation.json"]
        let whole = try ediy(
            "finetune", recipe, "--backbone", "none", "--output", "\(scratch.path)/whole", "--data", "\(scratch.path)/data")
        #expect(whole.status == 0, "\(whole.error)")
        try killed("finetune", recipe, "--backbone", "none", "--data", "\(scratch.path)/data")
        #expect(try numbers("killed", files) == numbers("whole", files))
    }

    /// Kills a run after its second checkpoint, looks for half files, and resumes it to its end.
    private func killed(_ arguments: String...) throws {
        let run = "\(scratch.path)/killed"
        let command = arguments + ["--output", run]
        let result = try CommandLineTool.run(command) {
            FileManager.default.fileExists(atPath: "\(run)/checkpoints/iteration-000000006.safetensors")
        }
        #expect(result.status != 0)
        let left = FileManager.default.enumerator(atPath: run)?.compactMap { $0 as? String } ?? []
        let checkpoints = left.filter { $0.hasSuffix(".safetensors") && $0.contains("iteration-") }
        #expect(!checkpoints.isEmpty && !left.contains("backbone.safetensors") && !left.contains("model.safetensors"))
        let refused = try CommandLineTool.run(command)
        #expect(refused.status == 1 && refused.error.contains("--resume"))
        // As a kill in the middle of a write leaves it.
        let half = "\(run)/checkpoints/iteration-000000009.safetensors.1.2.partial"
        try AtomicFile.write("half", to: half)
        let resumed = try CommandLineTool.run(command + ["--resume"])
        #expect(resumed.status == 0, "\(resumed.error)")
        #expect(!FileManager.default.fileExists(atPath: half))
    }

    @Test func workersChangeNoNumber() throws {
        var seen: [[Data]] = []
        for workers in [0, 1, 3] {
            let changed = "\(scratch.path)/w\(workers).yaml"
            try AtomicFile.write(tinyRecipe.replacingOccurrences(of: "workers: 1", with: "workers: \(workers)"), to: changed)
            let run = try ediy(
                "pretrain", changed, "--method", "e-diy", "--output", "\(scratch.path)/w\(workers)", "--data", "\(scratch.path)/data")
            #expect(run.status == 0, "\(run.error)")
            let tuned = try ediy(
                "finetune", changed, "--backbone", "\(scratch.path)/w\(workers)/backbone.safetensors", "--output",
                "\(scratch.path)/t\(workers)", "--data", "\(scratch.path)/data")
            #expect(tuned.status == 0, "\(tuned.error)")
            seen.append(
                try numbers("w\(workers)", ["backbone.safetensors"]) + numbers("t\(workers)", ["model.safetensors", "results.json"]))
        }
        #expect(seen[0] == seen[1] && seen[1] == seen[2])
    }
}
