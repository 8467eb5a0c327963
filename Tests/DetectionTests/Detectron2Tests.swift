import DataLoading
import Detection
import Foundation
import NN
import Support
import Testing
import Torch

/// Piece by piece against Detectron2's numbers.
@Suite struct Detectron2Tests {
    @Test func anchors() throws {
        let golden = try Golden("anchors-c4")
        let anchors = Anchors(sizes: [32, 64, 128, 256, 512], ratios: [0.5, 1, 2], stride: 16, offset: 0.5)
        #expect(try distance(anchors(rows: 5, columns: 7), golden["out_anchors"]) < 1e-4)
    }

    @Test func pyramidAnchors() throws {
        let golden = try Golden("anchors-fpn")
        let maps = [(16, 24), (8, 12), (4, 6), (2, 3), (1, 2)]
        for (i, (rows, columns)) in maps.enumerated() {
            let anchors = Anchors(sizes: [Double(32 << i)], ratios: [0.5, 1, 2], stride: 4 << i, offset: 0.5)
            #expect(try distance(anchors(rows: rows, columns: columns), golden["out_p\(i + 2)"]) < 1e-4)
        }
    }

    @Test(arguments: [("rpn", [1.0, 1, 1, 1]), ("box", [10.0, 10, 5, 5])])
    func boxTransform(_ name: String, _ weights: [Double]) throws {
        let golden = try Golden("box-deltas-\(name)")
        let transform = BoxTransform(weights: weights)
        let deltas = try transform.deltas(from: golden["in_source"], to: golden["in_target"])
        #expect(try distance(deltas, golden["out_deltas"]) < 1e-5)
        let applied = try transform.apply(golden["in_big"], to: golden["in_source"])
        let expected = try golden["out_applied"]
        #expect(((applied - expected).abs() / (expected.abs() + 1)).max().item < 1e-5)
    }

    @Test func matching() throws {
        let golden = try Golden("matcher")
        let iou = try Boxes.iou(golden["in_gt"], golden["in_boxes"])
        #expect(try distance(iou, golden["out_iou"]) < 1e-6)
        let rpn = try Matcher(low: 0.3, high: 0.7, keepsBestOfEachObject: true)(golden["out_iou"])
        #expect(try rpn.matches.ints == golden["out_rpn_matches"].ints)
        #expect(try rpn.labels == golden["out_rpn_labels"].array(Int8.self))
        let roi = try Matcher(low: 0.5, high: 0.5, keepsBestOfEachObject: false)(golden["out_iou"])
        #expect(try roi.matches.ints == golden["out_roi_matches"].ints)
        #expect(try roi.labels == golden["out_roi_labels"].array(Int8.self))
    }

    /// Detectron2's intervals hold their lower end: [−∞, 0.3) background, [0.3, 0.7) neither, [0.7, ∞) an object.
    @Test func overlapsAtTheThresholds() {
        func below(_ x: Float) -> Float { x.nextDown }
        let overlaps: [Float] = [0, below(0.3), 0.3, 0.5, below(0.7), 0.7, 1]
        let none = [Float](repeating: 0, count: overlaps.count)
        let iou = Tensor(none + overlaps, [2, overlaps.count])
        let rpn = Matcher(low: 0.3, high: 0.7, keepsBestOfEachObject: false)(iou)
        #expect(rpn.labels == [0, 0, -1, -1, -1, 1, 1])
        #expect(rpn.matches.ints.dropFirst() == [1, 1, 1, 1, 1, 1])
        #expect(Matcher(low: 0.5, high: 0.5, keepsBestOfEachObject: false)(iou).labels == [0, 0, 0, 1, 1, 1, 1])
        // The best box of an object that none overlaps enough is the object's; of ties, all.
        let weak = Tensor([0.1, 0.2, 0.2, 0.6, 0, 0, 0, 0.65] as [Float], [2, 4])
        #expect(Matcher(low: 0.3, high: 0.7, keepsBestOfEachObject: true)(weak).labels == [0, 0, 0, 1])
        let ties = Tensor([0.1, 0.2, 0.2, 0, 0, 0, 0, 0.65] as [Float], [2, 4])
        #expect(Matcher(low: 0.3, high: 0.7, keepsBestOfEachObject: true)(ties).labels == [0, 1, 1, 1])
    }

    @Test func withoutObjectsAllIsBackground() {
        let (matches, labels) = Matcher(low: 0.3, high: 0.7, keepsBestOfEachObject: true)(Tensor.zeros([0, 3]))
        #expect(matches.ints == [0, 0, 0] && matches.dtype == .int64 && labels == [0, 0, 0])
    }

    @Test(arguments: [("train", 2000, 1000), ("test", 1000, 300)])
    func proposals(_ name: String, _ preNMSTopK: Int, _ postNMSTopK: Int) throws {
        let golden = try Golden("proposals-\(name)")
        let levels = try (0..<3).map { level in
            let boxes = try golden["in_boxes_\(level)"]
            return ProposalSelection.Level(logits: try golden["in_logits_\(level)"]) { best in
                boxes.gathered(1, best.unsqueezed(2).expanded([-1, -1, 4]))
            }
        }
        let select = ProposalSelection(preNMSTopK: preNMSTopK, postNMSTopK: postNMSTopK, iouThreshold: 0.7)
        let found = select(levels, sizes: [(640, 480), (600, 400)])
        for (i, proposals) in found.enumerated() {
            #expect(try distance(proposals.boxes, golden["out_boxes_\(i)"]) < 1e-4)
            #expect(try distance(proposals.logits, golden["out_logits_\(i)"]) < 1e-6)
        }
    }

    @Test func suppression() throws {
        let golden = try Golden("batched-nms")
        let kept = try golden["in_boxes"].suppressed(
            scores: golden["in_scores"], groups: golden["in_classes"], iouThreshold: 0.5)
        #expect(try kept.ints == golden["out_keep"].ints)
    }

    @Test func inference() throws {
        let golden = try Golden("box-inference")
        // The file does not keep the image's size: one that clips nothing the reference kept.
        let found = try selectDetections(
            boxes: golden["in_boxes"], scores: golden["in_scores"], size: (640, 480), threshold: 0.05, iouThreshold: 0.5,
            limit: 100)
        #expect(try distance(found.boxes, golden["out_boxes"]) < 1e-4)
        #expect(try distance(found.scores, golden["out_scores"]) < 1e-6)
        #expect(try found.classes.ints == golden["out_classes"].ints)
        #expect(try found.rows.ints == golden["out_rows"].ints)
    }

    @Test func boxLossesAndGradients() throws {
        let golden = try Golden("box-losses")
        let logits = try golden["in_logits"].requiringGrad(), deltas = try golden["in_deltas"].requiringGrad()
        let losses = try boxLosses(
            logits: logits, deltas: deltas, proposals: golden["in_proposals"], gtBoxes: golden["in_gt_boxes"],
            gtClasses: golden["in_gt_classes"].ints, transform: BoxTransform(weights: [10, 10, 5, 5]),
            loss: .smoothL1(beta: 0))
        #expect(try abs(losses.classification.item - golden["out_loss_cls"].item) < 1e-5)
        // One of the reference's random boxes is turned inside out, and its loss no number; the gradients are.
        #expect(try losses.box.item.isNaN && golden["out_loss_box"].item.isNaN)
        try (losses.classification + losses.box).backward()
        #expect(try distance(#require(logits.grad), golden["out_grad_logits"]) < 1e-6)
        #expect(try distance(#require(deltas.grad), golden["out_grad_deltas"]) < 1e-6)
    }

    @Test func maskTargets() throws {
        let golden = try Golden("mask-targets")
        let numbers: [Double] = try golden["in_polygons"].array()
        let owners = try golden["in_polygon_object"].ints, lengths = try golden["in_polygon_length"].ints
        let boxes = try golden["in_boxes"].floats
        var polygons = [[[Double]]](repeating: [], count: boxes.count / 4)
        var start = 0
        for (owner, length) in zip(owners, lengths) {
            polygons[owner].append(Array(numbers[start..<start + length]))
            start += length
        }
        for side in [28, 14] {
            let targets = polygons.indices.flatMap {
                maskTarget(polygons: polygons[$0], box: Array(boxes[4 * $0..<4 * $0 + 4]), side: side)
            }
            #expect(try targets == golden["out_\(side)"].array(UInt8.self))
        }
    }

    @Test func maskLossAndGradient() throws {
        let golden = try Golden("mask-loss")
        let logits = try golden["in_logits"].requiringGrad()
        let loss = try maskLoss(logits: logits, classes: golden["in_classes"].ints, targets: golden["in_targets"].to(.float32))
        #expect(try abs(loss.item - golden["out_loss"].item) < 1e-6)
        try loss.backward()
        #expect(try distance(#require(logits.grad), golden["out_grad"]) < 1e-7)
    }

    @Test func pastedMasks() throws {
        let golden = try Golden("paste-masks")
        let masks = try golden["in_masks"].floats, boxes = try golden["in_boxes"].floats
        let expected: [UInt8] = try golden["out_pasted"].array()
        for i in 0..<12 {
            let pasted = pastedMask(
                Array(masks[i * 784..<(i + 1) * 784]), side: 28, box: Array(boxes[4 * i..<4 * i + 4]), width: 160,
                height: 120)
            let wrong = zip(pasted.decode(), expected[i * 19200..<(i + 1) * 19200]).count { $0 != $1 }
            #expect(wrong == 0, "mask \(i)")
        }
    }

    @Test(arguments: [("adaptive", 0, true), ("ratio2", 2, true), ("legacy", 2, false)])
    func roiAlign(_ name: String, _ ratio: Int, _ aligned: Bool) throws {
        let golden = try Golden("roi-align-\(name)")
        let x = try golden["in_x"].requiringGrad()
        let y = try x.roiAligned(
            golden["in_rois"], height: 7, width: 7, scale: 1 / 16, samplingRatio: ratio, aligned: aligned)
        #expect(try distance(y, golden["out_y"]) < 1e-5)
        try (y * (try golden["in_grad"])).sum().backward()
        #expect(try distance(#require(x.grad), golden["out_grad_x"]) < 1e-4)
    }

    @Test func resizedSizes() throws {
        let golden = try Golden("resize-sizes")
        let given = try golden["in_hw"].ints, expected = try golden["out_hw"].ints
        let edges = ShortestEdge([800], longest: 1333)
        for i in stride(from: 0, to: given.count, by: 2) {
            let size = edges.size(width: given[i + 1], height: given[i], edge: 800)
            #expect(size.height == expected[i] && size.width == expected[i + 1])
        }
    }

    @Test func schedule1x() throws {
        let golden = try Golden("lr-1x")
        let schedule = Schedule.multiStep(base: 0.02, milestones: [60_000, 80_000], warmup: 1000)
        for (iteration, rate) in zip(try golden["in_iteration"].ints, try golden["out_lr"].array(Double.self)) {
            #expect(abs(schedule.learningRate(at: iteration) - rate) < 1e-12)
        }
    }

    @Test func rpnLossArithmetic() throws {
        // The network's loss is its head's; the arithmetic is checked on the reference's own labels.
        let golden = try Golden("rpn-losses")
        let labels: [Int8] = try golden["in_labels"].array()
        let logits = try golden["in_logits"].requiringGrad(), deltas = try golden["in_deltas"].requiringGrad()
        let anchors = try golden["in_anchors"].unsqueezed(0).expanded([2, -1, -1]).reshaped([-1, 4])
        var drawn = AnchorSample()
        drawn.positives = labels.indices.filter { labels[$0] == 1 }
        drawn.negatives = labels.indices.filter { labels[$0] == 0 }
        let indices = Tensor(drawn.positives)
        drawn.anchors = [anchors.indexSelected(0, indices)]
        drawn.gtBoxes = [try golden["in_gt_boxes"].reshaped([-1, 4]).indexSelected(0, indices)]
        let losses = rpnLosses(
            logits: logits, deltas: deltas, drawn, transform: BoxTransform(), loss: .smoothL1(beta: 0), normalizer: 64 * 2)
        #expect(try abs(losses.objectness.item - golden["out_loss_cls"].item) < 1e-5)
        #expect(try abs(losses.box.item - golden["out_loss_loc"].item) < 1e-5)
        try (losses.objectness + losses.box).backward()
        #expect(try distance(#require(logits.grad), golden["out_grad_logits"]) < 1e-6)
        #expect(try distance(#require(deltas.grad), golden["out_grad_deltas"]) < 1e-6)
    }
}
