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
        #expect(c4.detector.rpn.preNMSTopK == (12000, 6000) && fpn.detector.rpn.preNMSTopK == (2000, 1000))
        #expect(c4.detector.rpn.postNMSTopK == (2000, 1000) && fpn.detector.rpn.postNMSTopK == (1000, 1000))
        #expect(c4.detector.c4?.poolSize == 14 && fpn.detector.box.layers?.poolSize == 7 && fpn.detector.mask?.poolSize == 14)
        #expect(c4.detector.mask?.convolutions == 0 && fpn.detector.mask?.convolutions == 4)
        #expect(c4.input.divisor == 1 && fpn.input.divisor == 32)
        #expect(c4.detector.rpn.boxLoss == .smoothL1(beta: 0) && c4.detector.box.loss == .smoothL1(beta: 0))
    }

    @Test func detectorKeys() throws {
        let d = try options(
            """
            design: fpn, class_agnostic_boxes: true, anchors_rounded: true, rpn_iou: [0.2, 0.6],
             rpn_positive_fraction: 0.25, rpn_box_loss: giou, box_loss: smooth_l1, smooth_l1_beta: 0.5, roi_iou: 0.4,
             sampling_ratio: 2, roi_aligned: false, box_weights: [1, 2, 3, 4], mask_convolutions: 2, pyramid_channels: 64,
             mask_pool_size: 10, box_convolutions: 4, box_convolution_channels: 32, box_layers: 1, box_layer_size: 128,
             size_divisor: 64, rpn_box_weights: [4, 3, 2, 1], mask_threshold: 0.25
            """)
        let o = d.detector
        #expect(o.box.isClassAgnostic && o.rpn.anchorsRounded && !o.pooling.isAligned)
        #expect(o.rpn.iou == (0.2, 0.6) && o.rpn.positiveFraction == 0.25 && o.sampling.iou == 0.4)
        #expect(o.rpn.boxLoss == .giou && o.box.loss == .smoothL1(beta: 0.5))
        #expect(o.pooling.samplingRatio == 2 && o.box.boxWeights == [1, 2, 3, 4])
        #expect(o.fpn?.channels == 64 && o.mask?.poolSize == 10 && o.mask?.convolutions == 2)
        #expect(o.box.layers?.convolutions == 4 && o.box.layers?.convolutionChannels == 32)
        #expect(o.box.layers?.layers == 1 && o.box.layers?.layerSize == 128)
        #expect(d.input.divisor == 64)
        #expect(o.rpn.boxWeights == [4, 3, 2, 1] && o.mask?.threshold == 0.25)
    }

    @Test func eachNormalisationHasAKey() throws {
        let c4 = try options("res5_norm: false").detector, plain = try options("").detector
        #expect(c4.c4?.norm == false && c4.mask?.norm == true && plain.c4?.norm == true)
        let fpn = try options("design: fpn, neck_norm: false").detector
        #expect(fpn.fpn?.norm == false && fpn.box.layers?.norm == true && fpn.mask?.norm == true)
        let heads = try options("design: fpn, box_head_norm: false, mask_head_norm: false").detector
        #expect(heads.fpn?.norm == true && heads.box.layers?.norm == false && heads.mask?.norm == false)
    }

    @Test func oneWordTurnsTheMasksOff() throws {
        #expect(try options("masks: false, mask_channels: 8").detector.mask == nil)
    }

    @Test func mocosPyramidHasStandardHeads() throws {
        let o = try recipe("coco-r50-fpn-moco-1x").detection.detector
        #expect(o.fpn?.norm == true && o.box.layers?.norm == false && o.mask?.norm == false)
        #expect(o.box.layers?.convolutions == 0 && o.box.layers?.layers == 2 && o.mask?.convolutions == 4)
    }

    private func recipe(_ name: String) throws -> Recipe {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../benchmarks")
        return try Recipe(reading: folder.appendingPathComponent("\(name).yaml").path)
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
        ("design: fpm", "did you mean fpn?"), ("design: fpn, anchor_sizes: [32]", "must be 5 numbers"),
        ("box_layers: 1", "unknown key detection.box_layers"), ("neck_norm: true", "unknown key detection.neck_norm"),
        ("extra_norm: true", "it is res5_norm, mask_head_norm now"), ("design: fpn, res5_norm: true", "unknown key detection.res5_norm"),
        ("design: fpn, extra_norm: false", "it is neck_norm, box_head_norm, mask_head_norm now"),
        ("rpn_iou: [0.7, 0.3]", "the lower first"),
        ("box_loss: giou, smooth_l1_beta: 1", "unknown key detection.smooth_l1_beta"), ("box_weights: [1]", "4 numbers"),
        ("smooth_l1_beta: -1", "below 0"), ("sampling_ratio: -2", "below 0"),
        ("freeze_at: 6", "0 to 5"), ("pixel_mean: [1]", "3 numbers each"), ("pixel_std: [1, 0, 1]", "above 0"),
        ("gradient_clip_at: 1", "unknown key detection.gradient_clip_at"), ("reference_batch: 0", "above 0"),
        ("train_fraction: 0", "above 0"),
        ("channel_order: gbr", "rgb, bgr"), ("min_size_sampling: range, min_size: [96, 64]", "two lengths"),
        ("rpn_box_weights: [1, 1]", "4 numbers"), ("mask_threshold: 2", "mask_threshold"),
    ])
    func mistakes(_ detection: String, _ message: String) {
        #expect { try options(detection) } throws: { "\($0)".contains(message) }
    }

    @Test func pascalVOC() throws {
        let recipe = try recipe("voc-r50-c4-24k")
        let o = recipe.detection
        #expect(recipe.dataset.metrics == .voc && o.detector.mask == nil && o.detector.c4?.norm == true)
        #expect(o.iterations == 24_000 && o.milestones == [18_000, 22_000] && o.learningRate == 0.02 && o.batchSize == 16)
        #expect(o.input.edges.lengths == Array(stride(from: 480, through: 800, by: 32)) && o.input.minSizeTest == 800)
        #expect(o.warmup == 100 && o.preciseBatches == 200 && o.detector.freezeAt == 0)
    }

    @Test(arguments: [
        ("coco-r50-c4-1x", RCNNOptions.Design.c4, 90_000), ("coco-r50-c4-2x", .c4, 180_000),
        ("coco-r50-fpn-1x", .fpn, 90_000), ("coco-r50-fpn-2x", .fpn, 180_000), ("coco-10pct", .c4, 9_000),
    ])
    func recipesOfTheField(_ name: String, _ design: RCNNOptions.Design, _ iterations: Int) throws {
        let recipe = try recipe(name)
        #expect(recipe.name == name && recipe.methods.contains("byol") && recipe.methods.contains("e-diy"))
        let o = recipe.detection
        #expect(o.detector.design == design && o.detector.backbone.title == "ResNet-50, width 64")
        #expect(o.detector.c4?.norm ?? true && o.detector.fpn?.norm ?? true)
        #expect(o.detector.normalization == .syncBN && o.detector.freezeAt == 0)
        #expect(o.iterations == iterations && o.batchSize == 16 && o.learningRate == 0.02)
        #expect(o.milestones == [iterations / 90 * 60, iterations / 90 * 80])
        #expect(o.input.edges.lengths == Array(stride(from: 640, through: 800, by: 32)) && o.input.edges.longest == 1333)
        #expect(o.detector.box.layers?.convolutions == (design == .fpn ? 4 : nil) && o.detector.mask?.norm == true)
        #expect(recipe.pretraining.backbone.word == "r50" && recipe.pretraining.epochs == 100)
    }
}
