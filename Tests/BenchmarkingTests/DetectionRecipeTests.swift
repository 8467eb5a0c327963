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
        #expect(c4.detector.proposalsBeforeNMS == (12000, 6000) && fpn.detector.proposalsBeforeNMS == (2000, 1000))
        #expect(c4.detector.proposalsAfterNMS == (2000, 1000) && fpn.detector.proposalsAfterNMS == (1000, 1000))
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
             size_divisor: 64
            """)
        let o = d.detector
        #expect(!o.masks && o.classAgnosticBoxes && o.anchorsRounded && !o.roiAligned)
        #expect(o.rpnIoU == (0.2, 0.6) && o.rpnPositiveFraction == 0.25 && o.roiIoU == 0.4)
        #expect(o.rpnBoxLoss == .giou && o.boxLoss == .smoothL1(beta: 0.5))
        #expect(o.samplingRatio == 2 && o.boxWeights == [1, 2, 3, 4])
        #expect(o.pyramidChannels == 64 && o.maskPoolSize == 10 && o.maskSize == 20 && o.maskConvolutions == 2)
        #expect(o.boxConvolutions == 4 && o.boxConvolutionChannels == 32 && o.boxLayers == 1 && o.boxLayerSize == 128)
        #expect(d.input.divisor == 64)
    }

    @Test(arguments: [
        ("design: fpm", "did you mean fpn?"), ("design: fpn, anchor_sizes: [32]", "5 numbers with design fpn"),
        ("box_layers: 1", "unknown key detection.box_layers"), ("rpn_iou: [0.7, 0.3]", "the lower first"),
        ("box_loss: giou, smooth_l1_beta: 1", "unknown key detection.smooth_l1_beta"), ("box_weights: [1]", "4 numbers"),
        ("smooth_l1_beta: -1", "below 0"), ("sampling_ratio: -2", "below 0"),
    ])
    func mistakes(_ detection: String, _ message: String) {
        #expect { try options(detection) } throws: { "\($0)".contains(message) }
    }
}
