import COCO
import Foundation
import NN
import Support
import TestSupport
import Testing
import Torch

/// Detectors by Detectron2's names, against inference written with PyTorch: see `make_detectron2_inference.py`.
@Suite struct PredictWeightsTests {
    private let scratch: Scratch
    private let fixtures = "\(CommandLineTool.project)/Tests/BenchmarkingTests/Fixtures"

    init() throws { scratch = try Scratch() }

    private func recipe(_ more: String = "") throws -> String {
        let path = "\(scratch.path)/recipe.yaml"
        try AtomicFile.write("detection:\n  min_size_test: 160\n  max_size: 300\n\(more)", to: path)
        return path
    }

    private func predict(_ arguments: String...) throws -> CommandResult {
        try CommandLineTool.run(["predict"] + arguments + ["--output", "\(scratch.path)/out"])
    }

    @Test(arguments: [("detectron2-c4.pkl", ""), ("detectron2-fpn.pth", ""), ("detectron2-fpn.pth", "-800"), ("moco-c4.pkl", "")])
    func detectron2sDetectionsAreFound(_ name: String, _ size: String) throws {
        // Without a recipe the image is resized as by default, and padded at both sides.
        let sizes = size.isEmpty ? ["--recipe", try recipe()] : []
        let result = try CommandLineTool.run(
            ["predict", "--weights", "\(fixtures)/\(name)", "\(fixtures)/image.jpg", "--output", "\(scratch.path)/out"] + sizes)
        #expect(result.status == 0, "\(result.error)")
        #expect(result.error.contains("5 categories"))
        try expectFound("\(name.prefix { $0 != "." })\(size).json")
    }

    /// MoCo's FPN, a normalised pyramid under standard heads: the narrow FPN with a normalisation in place of each bias that does
    /// the same, and finds the same.
    @Test func aNormalisedPyramidUnderStandardHeadsIsRead() throws {
        let weights = try NetworkWeights(WeightFile("\(fixtures)/detectron2-fpn.pth"))
        var state = StateDict()
        for name in weights.names { state[name] = try #require(weights[name]).tensor() }
        for level in 2...5 {
            for conv in ["backbone.fpn_lateral\(level)", "backbone.fpn_output\(level)"] {
                let bias = try #require(state["\(conv).bias"]), weight = try #require(state["\(conv).weight"])
                let ones = bias.onesLike(), scale = 2.0, deviation = 0.5
                state["\(conv).bias"] = nil
                state["\(conv).weight"] = weight * (deviation / scale)
                state["\(conv).norm.weight"] = ones * scale
                state["\(conv).norm.bias"] = bias + ones * scale
                state["\(conv).norm.running_mean"] = ones * deviation
                state["\(conv).norm.running_var"] = ones * (deviation * deviation - 1e-5)
                state["\(conv).norm.num_batches_tracked"] = Tensor(scalar: 3, dtype: .int64)
            }
        }
        let own = "\(scratch.path)/own.safetensors", file = "\(scratch.path)/moco-fpn.pkl"
        try SafeTensors.write(state, to: own)
        try WeightWriter.write(NetworkWeights(WeightFile(own)).tensors(as: .detectron2), as: .pkl, to: file)
        // What counts its batches is taken for weights from PyTorch, which these are not.
        let pixels = "  channel_order: bgr\n  pixel_mean: [103.53, 116.28, 123.675]\n  pixel_std: [1, 1, 1]\n  stride_in_1x1: true\n"
        let result = try predict("--weights", file, "--recipe", recipe(pixels), "\(fixtures)/image.jpg")
        #expect(result.status == 0 && result.error.contains("Mask R-CNN R50-FPN, 5 categories"), "\(result.error)")
        try expectFound("detectron2-fpn.json")
    }

    private func expectFound(_ name: String) throws {
        let golden = try JSON.read("\(fixtures)/\(name)").array ?? []
        let found = try JSON.read("\(scratch.path)/out/results.json").array ?? []
        #expect(found.count == golden.count && golden.count == 100)
        func numbers(_ entry: JSON) -> [Double] { (entry["bbox"]?.array ?? []).compactMap(\.double) }
        func mask(_ entry: JSON) throws -> RLE {
            try RLE(compressed: entry["segmentation"]?["counts"]?.string ?? "", height: 97, width: 131)
        }
        // Equal scores but for rounding may change places, and a mask's edge may fall on either side: of three pixels of one mask
        // where vectors are of 512 bits.
        var left = found
        for expected in golden {
            let place = left.firstIndex { entry in
                entry["category_id"] == expected["category_id"]
                    && abs((entry["score"]?.double ?? 0) - (expected["score"]?.double ?? 0)) < 1e-3
                    && zip(numbers(entry), numbers(expected)).allSatisfy { abs($0 - $1) < 5e-3 }
            }
            guard let place else {
                Issue.record("not found: \(expected.text())")
                continue
            }
            let (a, b) = (try mask(left.remove(at: place)), try mask(expected))
            #expect(a.area + b.area - 2 * RLE.intersection([a, b]).area <= 4)
        }
    }

    @Test func theRecipeHasTheLastWord() throws {
        let file = "\(fixtures)/detectron2-c4.pkl"
        _ = try predict("--weights", file, "--recipe", recipe(), "\(fixtures)/image.jpg")
        let own = try String(contentsOfFile: "\(scratch.path)/out/results.json", encoding: .utf8)
        for change in ["channel_order: rgb", "stride_in_1x1: false", "pixel_std: [58, 57, 57]", "score_threshold: 0.9"] {
            let result = try predict("--weights", file, "--recipe", recipe("  \(change)\n"), "\(fixtures)/image.jpg")
            #expect(result.status == 0, "\(result.error)")
            #expect(try String(contentsOfFile: "\(scratch.path)/out/results.json", encoding: .utf8) != own, "\(change)")
        }
        let wrong = try predict("--weights", file, "--recipe", recipe("  design: fpn\n"), "\(fixtures)/image.jpg")
        #expect(wrong.status == 1 && wrong.error.contains("design") && wrong.error.contains("c4"))
    }

    @Test func aDatasetGivesResultsToEvaluate() throws {
        let annotations = "\(scratch.path)/gt.json"
        let categories = (1...5).map { #"{"id": \#($0 * 10), "name": "c\#($0)"}"# }.joined(separator: ", ")
        try AtomicFile.write(
            #"{"images": [{"id": 7, "width": 131, "height": 97, "file_name": "image.jpg"}], "annotations": [], "categories": [\#(categories)]}"#,
            to: annotations)
        let result = try predict(
            "--weights", "\(fixtures)/detectron2-fpn.pth", "--recipe", recipe(), "--annotations", annotations, "--images", fixtures)
        #expect(result.status == 0 && result.output.contains("100 detections on 1 images"), "\(result.error)")
        let found = try JSON.read("\(scratch.path)/out/results.json").array ?? []
        #expect(found.allSatisfy { $0["image_id"]?.int == 7 && ($0["category_id"]?.int ?? 1) % 10 == 0 } && !found.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: "\(scratch.path)/out/7-image.jpg"))
    }

    @Test func aBackboneIsNoDetector() throws {
        let path = "\(scratch.path)/backbone.safetensors"
        try SafeTensors.write(ResNet(.r18, width: 4, using: Generator(seed: 0)).stateDict, to: path)
        let result = try predict("--weights", path, "\(fixtures)/image.jpg")
        #expect(result.status == 1 && result.error.contains(path) && result.error.contains("backbone alone"))
        #expect(result.error.split(separator: "\n").count == 1)
    }

    @Test func conversionThereAndBackPredictsTheSame() throws {
        let source = "\(fixtures)/detectron2-c4.pkl"
        let (own, back) = ("\(scratch.path)/own.safetensors", "\(scratch.path)/back.pkl")
        for arguments in [[source, own, "--to", "ediy"], [own, back, "--to", "detectron2"]] {
            let result = try CommandLineTool.run(["weights", "convert"] + arguments)
            #expect(result.status == 0 && result.output.contains("missing: none"), "\(result.error)")
        }
        var texts: [String] = []
        for file in [source, back] {
            _ = try predict("--weights", file, "--recipe", recipe(), "\(fixtures)/image.jpg")
            texts.append(try String(contentsOfFile: "\(scratch.path)/out/results.json", encoding: .utf8))
        }
        #expect(texts[0] == texts[1])
    }

    @Test func whatARecipeHasOtherwiseIsWarnedOf() throws {
        // Detectron2's names with a normalisation whose statistics are multiplied in: Caffe's weights.
        let path = "\(scratch.path)/R-18.pkl", plain = "\(scratch.path)/plain.safetensors"
        try SafeTensors.write(ResNet(.r18, width: 8, using: Generator(seed: 0)).stateDict, to: plain)
        try WeightWriter.write(NetworkWeights(WeightFile(plain)).tensors(as: .detectron2), as: .pkl, to: path)
        // Beside one whose statistics are its own.
        var learned = try SafeTensors.read(plain)
        learned["bn1.running_mean"] = .ones([8])
        try SafeTensors.write(learned, to: plain)
        let recipe = "\(scratch.path)/tiny.yaml"
        try AtomicFile.write(tinyRecipe.replacingOccurrences(of: "iterations: 16", with: "iterations: 1"), to: recipe)
        for (file, isWarned) in [(path, true), (plain, false)] {
            let result = try CommandLineTool.run(
                ["finetune", recipe, "--backbone", file, "--output", "\(scratch.path)/run-\(isWarned)", "--data", "\(scratch.path)/data"])
            #expect(result.status == 0, "\(result.error)")
            #expect(result.error.contains("ResNet-18, width 8, Detectron2's names") == isWarned, "\(result.error)")
            #expect(result.error.contains("channel_order: bgr, pixel_mean: [103.53, 116.28, 123.675]") == isWarned, "\(result.error)")
            // The recipe trains with sync_bn, which it has where it says nothing.
            #expect(result.error.contains("normalization: frozen_bn") == isWarned, "\(result.error)")
        }
    }
}
