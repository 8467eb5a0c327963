import COCO
import DataLoading
import Detection
import Foundation
import NN
import Support
import TestSupport
import Testing
import Torch
import Training

/// What is learned, at which rates, with which decay and how clipped, against Detectron2's rules carried out in PyTorch:
/// Fixtures/make_finetuning.py.
@Suite struct FineTuningTests {
    @Test(arguments: [
        "c4", "c4-norms-decay", "c4-clip-value", "c4-clip-norm", "c4-clip-full-model", "fpn", "fpn-frozen", "c4-frozen-stem",
    ])
    func sixSteps(_ name: String) throws {
        let expected = try #require(JSON.read(fixture("finetuning.json"))[name])
        let stage = try stage(#require(expected["case"]))
        withoutGrad {
            for entry in stage.state {
                entry.tensor.copyInPlace(initialTensor(entry.name, entry.tensor.shape))
                if entry.tensor.dtype == .float32 { entry.tensor.replaceStorage(entry.tensor.to(.float64)) }
            }
            for entry in stage.optimizer.state { entry.tensor.replaceStorage(entry.tensor.to(.float64)) }
        }
        #expect(stage.optimizer.parameters.count == expected["learned"]?.int)
        for (step, rate) in try #require(expected["rates"]).doubles.enumerated() {
            #expect(abs(stage.schedule.learningRate(at: step) - rate) <= 1e-14)
            stage.optimizer.zeroGrad()
            for entry in stage.optimizer.parameters where !(entry.name.contains("mask_head.predictor") && step % 2 == 1) {
                entry.tensor.grad = sines(index(ofName: entry.name) + 31 * step, entry.tensor.shape, 0.3).to(.float64)
            }
            stage.optimizer.step(learningRate: stage.schedule.learningRate(at: step))
        }
        let state = try #require(expected["state"]?.object)
        #expect(Set(stage.state.map(\.name)) == Set(state.map(\.key)))
        for entry in stage.state {
            let digest = Digest(entry.tensor), numbers = try #require(expected["state"]?[entry.name]).doubles
            #expect(digest.isNear(numbers, tolerance: 1e-11), "\(entry.name): \(digest), not \(numbers)")
        }
    }

    /// A small detector's stage by the options that the script has, on a dataset of one image that is never read.
    private func stage(_ given: JSON) throws -> FineTuning {
        func number(_ key: String) throws -> Double { try #require(given[key]?.double, "\(key)") }
        func count(_ key: String) throws -> Int { try #require(given[key]?.int, "\(key)") }
        func word(_ key: String) throws -> String { try #require(given[key]?.string, "\(key)") }
        var options = FineTuningOptions()
        options.detector = try RCNNOptions(#require(.init(rawValue: word("design"))))
        options.detector.backbone = ResNetOptions(.r18, width: 8)
        options.detector.normalization = try #require(.init(rawValue: word("normalization")))
        options.detector.freezeAt = try count("freeze_at")
        options.detector.fpn?.channels = 8
        options.detector.box.layers?.convolutions = 1
        options.detector.box.layers?.convolutionChannels = 8
        options.detector.box.layers?.layerSize = 16
        options.detector.mask?.channels = 8
        let normalizesAll = try #require(given["extra_norm"]?.bool as Bool?)
        options.detector.c4?.norm = normalizesAll
        options.detector.fpn?.norm = normalizesAll
        options.detector.box.layers?.norm = normalizesAll
        options.detector.mask?.norm = normalizesAll
        options.batchSize = try count("batch")
        options.referenceBatch = try count("reference_batch")
        options.learningRate = try number("learning_rate")
        options.rateDecay = try number("learning_rate_decay")
        options.milestones = try #require(given["milestones"]?.array).compactMap(\.int)
        options.warmup = try count("warmup")
        options.warmupStart = try number("warmup_start")
        options.momentum = try number("momentum")
        options.weightDecay = try number("weight_decay")
        options.normDecay = try number("weight_decay_norm")
        let limit = try number("gradient_clip_at")
        let clips: [String: GradientClip] = ["value": .value(limit), "norm": .norm(limit), "full_model": .fullModel(limit)]
        options.gradientClip = clips[try word("gradient_clip")]
        return try FineTuning(options, dataset: dataset(), images: "nowhere", backbone: nil, seed: 0)
    }

    private func dataset() throws -> Dataset {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID()).json").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try AtomicFile.write(
            """
            {"images": [{"id": 1, "file_name": "a.jpg", "width": 64, "height": 48}],
             "categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}, {"id": 3, "name": "c"}],
             "annotations": [{"id": 1, "image_id": 1, "category_id": 2, "bbox": [4, 4, 20, 10], "area": 200, "iscrowd": 0,
                              "segmentation": [[4, 4, 24, 4, 24, 14, 4, 14]]}]}
            """, to: path)
        return try Dataset.read(path)
    }
}
