import Foundation
import NN
import Support
import TestSupport
import Testing
import Torch

/// What a user can get wrong: one line on standard error, and an exit code that is not 0.
@Suite struct BadInputTests {
    private let scratch: Scratch
    private var recipe: String { "\(scratch.path)/tiny.yaml" }

    init() throws {
        scratch = try Scratch()
        // What is measured on the way takes lines of its own.
        try AtomicFile.write(tinyRecipe.replacingOccurrences(of: "run: {", with: "run: {watched_images: 0, "), to: recipe)
    }

    private func expect(
        _ arguments: [String], _ messages: [String], environment: [String: String] = [:], fileSizeLimit: Int? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let result = try CommandLineTool.run(arguments, environment: environment, fileSizeLimit: fileSizeLimit)
        let lines = result.error.split(separator: "\n")
        #expect(result.status != 0 && result.status < 128, sourceLocation: sourceLocation)
        #expect(lines.count == 1 && lines.first?.hasPrefix("ediy: ") == true, "\(result.error)", sourceLocation: sourceLocation)
        for message in messages { #expect(result.error.contains(message), "\(result.error)", sourceLocation: sourceLocation) }
    }

    @Test func missingFiles() throws {
        try expect(["benchmark", "/nowhere.yaml"], ["/nowhere.yaml", "cannot be read"])
        try expect(["evaluate", "--annotations", "/nowhere.json", "--results", "/nowhere.json"], ["/nowhere.json"])
        try expect(
            ["finetune", recipe, "--backbone", "/nowhere.safetensors", "--output", "\(scratch.path)/x", "--data", "\(scratch.path)/d"],
            ["/nowhere.safetensors"])
        try expect(["pretrain", recipe, "--method", "byol", "--output", "\(scratch.path)/x", "--images", "/nowhere"], ["/nowhere"])
        try expect(["report", "/nowhere", "--output", "\(scratch.path)/x"], ["/nowhere"])
        try expect(["predict", "/nowhere", "a.jpg", "--output", "\(scratch.path)/x"], ["/nowhere"])
    }

    @Test func recipes() throws {
        try AtomicFile.write(tinyRecipe.replacingOccurrences(of: "epochs: 10", with: "epoch: 10"), to: recipe)
        try expect(["benchmark", recipe, "--output", "\(scratch.path)/x"], ["line 6", "unknown key pretraining.epoch", "epochs"])
        try AtomicFile.write(tinyRecipe.replacingOccurrences(of: "e-diy]", with: "ediy]"), to: recipe)
        try expect(["benchmark", recipe, "--output", "\(scratch.path)/x"], ["line 3", "did you mean e-diy?"])
        try AtomicFile.write("name: [", to: recipe)
        try expect(["benchmark", recipe, "--output", "\(scratch.path)/x"], ["line"])
    }

    @Test func annotationsAndResults() throws {
        let path = "\(scratch.path)/a.json", results = "\(scratch.path)/r.json"
        try AtomicFile.write("[]", to: results)
        try AtomicFile.write(#"{"images":[],"categories":[],"annotations":[{"id":1"#, to: path)
        try expect(["evaluate", "--annotations", path, "--results", results], [path, "byte 51", "ends in the middle"])
        try AtomicFile.write(
            #"{"images":[],"categories":[{"id":1,"name":"a"}],"annotations":[{"id":4,"image_id":9,"category_id":1,"bbox":[0,0,1,1],"area":1}]}"#,
            to: path)
        try expect(["evaluate", "--annotations", path, "--results", results], [path, "annotation 4", "image 9"])
        try expect(["evaluate", "--annotations", path, "--results", results, "--iou", "boxes"], ["boxes"])
    }

    @Test func weightsOfAnotherNetwork() throws {
        let file = "\(scratch.path)/w.safetensors"
        try SafeTensors.write(ResNet(.r18, width: 16, using: Generator(seed: 0)).stateDict, to: file)
        try expect(
            ["finetune", recipe, "--backbone", file, "--output", "\(scratch.path)/x", "--data", "\(scratch.path)/d"],
            [file, "ResNet-18, width 16", "ResNet-18, width 8"])
        try AtomicFile.write("no weights at all", to: file)
        try expect(
            ["finetune", recipe, "--backbone", file, "--output", "\(scratch.path)/y", "--data", "\(scratch.path)/d"], [file])
    }

    @Test func maxCorruptImages() throws {
        let data = "\(scratch.path)/d"
        #expect(
            try CommandLineTool.run([
                "dataset", "shapes", "--output", data, "--train", "8", "--val", "4", "--unlabeled", "8", "--image-size", "64", "--seed",
                "2",
            ]).status == 0)
        try AtomicFile.write("broken", to: "\(data)/unlabeled/000003.jpg")
        try expect(
            ["pretrain", recipe, "--method", "byol", "--output", "\(scratch.path)/x", "--data", data],
            ["000003.jpg", "max_corrupt_images"])
        let lenient = tinyRecipe.replacingOccurrences(of: "epochs: 10", with: "max_corrupt_images: 1, epochs: 2")
            .replacingOccurrences(of: "warmup_epochs: 1", with: "warmup_epochs: 0")
        try AtomicFile.write(lenient, to: recipe)
        let result = try CommandLineTool.run(
            ["pretrain", recipe, "--method", "byol", "--output", "\(scratch.path)/y", "--data", data])
        #expect(result.status == 0 && result.error.contains("000003.jpg"), "\(result.error)")
    }

    @Test func aMissingValidationImageIsFoundBeforeTraining() throws {
        let (data, run) = ("\(scratch.path)/d", "\(scratch.path)/x")
        let shapes = ["dataset", "shapes", "--output", data, "--train", "8", "--val", "4", "--unlabeled", "8", "--image-size", "64"]
        #expect(try CommandLineTool.run(shapes + ["--seed", "2"]).status == 0)
        try FileManager.default.removeItem(atPath: "\(data)/val/000002.jpg")
        try expect(
            ["finetune", recipe, "--backbone", "none", "--output", run, "--data", data], ["val/000002.jpg: is not there", "1 of 1 missing"])
        #expect(!FileManager.default.fileExists(atPath: run))
    }

    @Test func devicesThatAreNotThere() throws {
        let pretrain = ["pretrain", recipe, "--method", "byol", "--output", "\(scratch.path)/x", "--data", "\(scratch.path)/d"]
        try expect(pretrain + ["--device", "cuda:63"], ["cuda:63", "CUDA devices"])
    }

    @Test func libtorchMissing() throws {
        try expect(["doctor"], ["libCTorch.so"], environment: ["EDIY_TORCH": "/nowhere"])
    }

    /// What the door to libtorch needs is named, each with a remedy of its own.
    @Test(arguments: [("libc10", "LIBTORCH"), ("libswiftCore", "Swift's libraries"), ("libstdc++", "install what has libstdc++")])
    func whatLibtorchIsOpenedByIsMissing(_ library: String, _ remedy: String) throws {
        let door = URL(fileURLWithPath: CommandLineTool.executable).deletingLastPathComponent().appendingPathComponent("libCTorch.so")
        var bytes = try Data(contentsOf: door)
        let name = Data("\(library).so".utf8), other = Data("\(library).sq".utf8)
        while let place = bytes.range(of: name) { bytes.replaceSubrange(place, with: other) }
        let path = "\(scratch.path)/libCTorch.so"
        try bytes.write(to: URL(fileURLWithPath: path))
        try expect(["doctor"], [path, "\(library).sq", remedy], environment: ["EDIY_TORCH": path])
    }

    @Test func levelsOfVectorsThatAreNone() throws {
        try expect(["doctor"], ["EDIY_VECTOR_LEVEL", "'sse9'", "avx2"], environment: ["EDIY_VECTOR_LEVEL": "sse9"])
        #expect(try CommandLineTool.run(["doctor"], environment: ["EDIY_VECTOR_LEVEL": "default"]).status == 0)
    }

    @Test func foldersThatCannotBeWritten() throws {
        try expect(["dataset", "shapes", "--output", "/dev/full/x"], ["/dev/full/x"])
    }

    @Test func aFullDisk() throws {
        let data = "\(scratch.path)/d"
        let shapes = ["dataset", "shapes", "--output", data, "--train", "40", "--val", "4", "--unlabeled", "8", "--image-size", "64"]
        try expect(shapes, ["instances_train.json", "cannot be written"], fileSizeLimit: 10)
        #expect(!FileManager.default.fileExists(atPath: data))
        #expect(try CommandLineTool.run(shapes).status == 0)
        let pretrain = ["pretrain", recipe, "--method", "byol", "--output", "\(scratch.path)/x", "--images", "\(data)/unlabeled"]
        try expect(pretrain, ["iteration-000000003.safetensors", "cannot be written"], fileSizeLimit: 100)
        let left = FileManager.default.enumerator(atPath: scratch.path)?.compactMap { $0 as? String } ?? []
        #expect(!left.contains { $0.hasSuffix(".partial") && !$0.hasPrefix("d.") }, "\(left)")
        #expect(try CommandLineTool.run(pretrain + ["--resume"]).status == 0)
    }

    @Test func helpIsFastAndLoadsNothing() throws {
        let begin = ContinuousClock.now
        let result = try CommandLineTool.run(["--help"], environment: ["EDIY_TORCH": "/nowhere"])
        #expect(result.status == 0 && result.output.contains("ediy benchmark benchmarks/shapes.yaml"))
        // A hundred times what it takes: this finds libtorch being loaded, not a slow machine.
        #expect(ContinuousClock.now - begin < .seconds(2))
    }
}
