import Benchmarking
import Detection
import Foundation
import Support
import Testing

/// Each key of the section `detection` reaches its option, with the design's default where it is not given.
@Suite struct DetectionRecipeTests {
    private func options(_ detection: String) throws -> FineTuningOptions {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID()).yaml").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try AtomicFile.write("name: a\ndetection:\n  {\(detection)}\n", to: path)
        return try Recipe(reading: path).detection
    }

    @Test func defaultsAreTheDesigns() throws {
        let c4 = try options(""), fpn = try options("design: fpn")
        #expect(c4.detector.design == .c4 && fpn.detector.design == .fpn)
        #expect(c4.detector.preNMSTopK == (12000, 6000) && fpn.detector.preNMSTopK == (2000, 1000))
        #expect(c4.detector.postNMSTopK == (2000, 1000) && fpn.detector.postNMSTopK == (1000, 1000))
        #expect(c4.detector.maskSize == 14 && fpn.detector.maskSize == 28)
        #expect(c4.detector.poolSize == 14 && fpn.detector.poolSize == 7)
        #expect(c4.detector.maskConvolutions == 0 && fpn.detector.maskConvolutions == 4)
        #expect(c4.input.divisor == 1 && fpn.input.divisor == 32)
        #expect(c4.detector.rpnBoxLoss == .smoothL1(beta: 0) && c4.detector.boxLoss == .smoothL1(beta: 0))
    }

    @Test func detectorKeys() throws {
        let d = try options(
            """
            design: fpn, masks: false, class_agnostic_boxes: true, anchors_rounded: true, rpn_iou: [0.2, 0.6],
             rpn_positive_fraction: 0.25, rpn_box_loss: giou, box_loss: smooth_l1, smooth_l1_beta: 0.5, roi_iou: 0.4,
             sampling_ratio: 2, roi_aligned: false, box_weights: [1, 2, 3, 4], mask_convolutions: 2, pyramid_channels: 64,
             mask_pool_size: 10, box_convolutions: 4, box_convolution_channels: 32, box_layers: 1, box_layer_size: 128,
             size_divisor: 64, rpn_box_weights: [4, 3, 2, 1], mask_threshold: 0.25
            """)
        let o = d.detector
        #expect(!o.masks && o.classAgnosticBoxes && o.anchorsRounded && !o.roiAligned)
        #expect(o.rpnIoU == (0.2, 0.6) && o.rpnPositiveFraction == 0.25 && o.roiIoU == 0.4)
        #expect(o.rpnBoxLoss == .giou && o.boxLoss == .smoothL1(beta: 0.5))
        #expect(o.samplingRatio == 2 && o.boxWeights == [1, 2, 3, 4])
        #expect(o.pyramidChannels == 64 && o.maskPoolSize == 10 && o.maskSize == 20 && o.maskConvolutions == 2)
        #expect(o.boxConvolutions == 4 && o.boxConvolutionChannels == 32 && o.boxLayers == 1 && o.boxLayerSize == 128)
        #expect(d.input.divisor == 64)
        #expect(o.rpnBoxWeights == [4, 3, 2, 1] && o.maskThreshold == 0.25)
    }

    @Test func inputAndTrainingKeys() throws {
        let o = try options(
            """
            pixel_mean: [103.5, 116.25, 123.75], pixel_std: [1, 2, 3], channel_order: bgr, aspect_ratio_grouping: false,
             freeze_at: 2, gradient_clip: full_model, gradient_clip_at: 0.5, precise_bn_batches: 7, batch_test: 3,
             batch: 4, learning_rate: 0.02, reference_batch: 16, train_fraction: 0.1, weight_decay_norm: 0.5,
             learning_rate_decay: 0.5, warmup: 100, warmup_start: 0.2, min_size: [64, 96], min_size_sampling: range
            """)
        #expect(o.input.normalization.mean == [103.5, 116.25, 123.75] && o.input.normalization.deviation == [1, 2, 3])
        #expect(o.input.normalization.order == .bgr && !o.input.groupsByAspect)
        #expect(o.detector.freezeAt == 2 && o.gradientClip == .fullModel(0.5))
        #expect(o.preciseBatches == 7 && o.testBatchSize == 3 && o.trainFraction == 0.1)
        #expect(abs(o.schedule.learningRate(at: 5000) - 0.005) < 1e-15 && abs(o.schedule.learningRate(at: 0) - 0.001) < 1e-15)
        #expect(abs(o.schedule.learningRate(at: 60_000) - 0.0025) < 1e-15)
        #expect(o.normDecay == 0.5 && o.input.edges.sampling == .range)
        let plain = try options("batch: 4, learning_rate: 0.02")
        #expect(plain.schedule.learningRate(at: 5000) == 0.02 && plain.gradientClip == nil && plain.input.groupsByAspect)
        #expect(plain.weightDecay == 1e-4 && plain.normDecay == 0 && plain.input.edges.sampling == .list)
        #expect(try options("gradient_clip: value").gradientClip == .value(1))
        #expect(try options("gradient_clip: norm, gradient_clip_at: 35").gradientClip == .norm(35))
    }

    @Test(arguments: [
        ("design: fpm", "did you mean fpn?"), ("design: fpn, anchor_sizes: [32]", "5 numbers with design fpn"),
        ("box_layers: 1", "unknown key detection.box_layers"), ("rpn_iou: [0.7, 0.3]", "the lower first"),
        ("box_loss: giou, smooth_l1_beta: 1", "unknown key detection.smooth_l1_beta"), ("box_weights: [1]", "4 numbers"),
        ("smooth_l1_beta: -1", "below 0"), ("sampling_ratio: -2", "below 0"),
        ("freeze_at: 6", "0 to 5"), ("pixel_mean: [1]", "3 numbers each"), ("pixel_std: [1, 0, 1]", "above 0"),
        ("gradient_clip_at: 1", "unknown key detection.gradient_clip_at"), ("reference_batch: 0", "above 0"), ("train_fraction: 0", "above 0"),
        ("channel_order: gbr", "rgb, bgr"), ("min_size_sampling: range, min_size: [96, 64]", "two lengths"),
        ("rpn_box_weights: [1, 1]", "4 numbers"), ("mask_threshold: 2", "mask_threshold"),
    ])
    func mistakes(_ detection: String, _ message: String) {
        #expect { try options(detection) } throws: { "\($0)".contains(message) }
    }

    @Test func pascalVOC() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../benchmarks")
        let recipe = try Recipe(reading: folder.appendingPathComponent("voc-r50-c4-24k.yaml").path)
        let o = recipe.detection
        #expect(recipe.dataset.metrics == .voc && !o.detector.masks && o.detector.design == .c4 && o.detector.extraNorm)
        #expect(o.iterations == 24_000 && o.milestones == [18_000, 22_000] && o.learningRate == 0.02 && o.batchSize == 16)
        #expect(o.input.edges.lengths == Array(stride(from: 480, through: 800, by: 32)) && o.input.minSizeTest == 800)
        #expect(o.warmup == 100 && o.preciseBatches == 200 && o.detector.freezeAt == 0)
    }

    @Test(arguments: [
        ("coco-r50-c4-1x", MaskRCNNOptions.Design.c4, 90_000), ("coco-r50-c4-2x", .c4, 180_000),
        ("coco-r50-fpn-1x", .fpn, 90_000), ("coco-r50-fpn-2x", .fpn, 180_000), ("coco-10pct", .c4, 9_000),
    ])
    func recipesOfTheField(_ name: String, _ design: MaskRCNNOptions.Design, _ iterations: Int) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../benchmarks")
        let recipe = try Recipe(reading: folder.appendingPathComponent("\(name).yaml").path)
        #expect(recipe.name == name && recipe.methods.contains("byol") && recipe.methods.contains("e-diy"))
        let o = recipe.detection
        #expect(o.detector.design == design && o.detector.depth == .r50 && o.detector.width == 64)
        #expect(o.detector.extraNorm && o.detector.normalization == .syncBN && o.detector.freezeAt == 0)
        #expect(o.iterations == iterations && o.batchSize == 16 && o.learningRate == 0.02)
        #expect(o.milestones == [iterations / 90 * 60, iterations / 90 * 80])
        #expect(o.input.edges.lengths == Array(stride(from: 640, through: 800, by: 32)) && o.input.edges.longest == 1333)
        #expect(o.detector.boxConvolutions == (design == .fpn ? 4 : 0))
        #expect(recipe.pretraining.backbone.word == "r50" && recipe.pretraining.epochs == 100)
    }
}
