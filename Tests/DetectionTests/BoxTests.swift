import DataLoading
import Detection
import NN
import Testing
import Torch

/// Losses of boxes, and boxes that are the same for all classes.
@Suite struct BoxTests {
    private let sources = Tensor([0, 0, 10, 10, 5, 5, 25, 15] as [Float], [2, 4])
    private let targets = Tensor([1, 1, 12, 9, 5, 5, 25, 15] as [Float], [2, 4])

    @Test func generalizedIoU() {
        let a = Tensor([0, 0, 2, 2, 0, 0, 1, 1, 3, 4, 9, 8] as [Float], [3, 4])
        let b = Tensor([1, 1, 3, 3, 2, 0, 3, 1, 3, 4, 9, 8] as [Float], [3, 4])
        // Overlapping: 1/7 − 2/9; apart: 0 − 1/3; the same: 1.
        #expect(distance(Boxes.generalizedIoU(a, b), Tensor([1.0 / 7 - 2.0 / 9, -1.0 / 3, 1].map(Float.init))) < 1e-6)
        let empty = Tensor([4, 4, 4, 4] as [Float], [1, 4])
        #expect(Boxes.generalizedIoU(empty, empty).isFinite().all().item == 1)
    }

    @Test func smoothL1IsQuadraticBelowBeta() {
        let transform = BoxTransform()
        let deltas = transform.deltas(from: sources, to: targets) + Tensor([0.1, -0.1, 0.5, -2, 0, 0, 0, 0] as [Float], [2, 4])
        func loss(_ kind: BoxLoss) -> Double { kind(deltas, of: sources, to: targets, by: transform).item }
        #expect(abs(loss(.smoothL1(beta: 0)) - 2.7) < 1e-5)
        // 0.5 x² / β below, |x| − β / 2 above.
        #expect(abs(loss(.smoothL1(beta: 0.2)) - (0.025 + 0.025 + 0.4 + 1.9)) < 1e-5)
    }

    @Test func giouLossIsOfBoxes() throws {
        let transform = BoxTransform(weights: [10, 10, 5, 5])
        let exact = transform.deltas(from: sources, to: targets)
        #expect(abs(BoxLoss.giou(exact, of: sources, to: targets, by: transform).item) < 1e-5)
        let zero = exact.zerosLike().requiringGrad()
        let loss = BoxLoss.giou(zero, of: sources, to: targets, by: transform)
        let expected = 1 - Boxes.generalizedIoU(sources, targets).narrowed(0, 0..<1).item
        #expect(abs(loss.item - expected) < 1e-5)
        try loss.backward()
        #expect((zero.grad?.abs().sum().item ?? 0) > 0.01)
    }

    @Test func oneBoxForAllClasses() {
        // Three classes; regions of class 2, background and class 0.
        let proposals = Tensor.concatenated([sources, Tensor([0, 0, 4, 4] as [Float], [1, 4])])
        let gt = Tensor.concatenated([targets, Tensor([0, 0, 5, 4] as [Float], [1, 4])])
        let logits = Tensor.zeros([3, 4]), transform = BoxTransform(weights: [10, 10, 5, 5])
        let deltas = Tensor((0..<12).map { Float($0) / 10 }, [3, 4])
        func box(_ deltas: Tensor) -> Double {
            boxLosses(
                logits: logits, deltas: deltas, proposals: proposals, gtBoxes: gt, gtClasses: [2, 3, 0], transform: transform,
                loss: .smoothL1(beta: 0)
            ).box.item
        }
        // The same as each class having that box.
        let repeated = deltas.unsqueezed(1).expanded([3, 3, 4]).reshaped([3, 12])
        #expect(abs(box(deltas) - box(repeated)) < 1e-6)

        let scores = Tensor([0.6, 0.3, 0.05, 0.05, 0.1, 0.7, 0.1, 0.1, 0.2, 0.2, 0.2, 0.4] as [Float], [3, 4])
        func found(_ boxes: Tensor) -> (boxes: Tensor, scores: Tensor, classes: Tensor, rows: Tensor) {
            selectDetections(
                boxes: boxes, scores: scores, size: (30, 30), threshold: 0.15, iouThreshold: 0.5, limit: 10)
        }
        let own = found(proposals), each = found(proposals.unsqueezed(1).expanded([3, 3, 4]).reshaped([3, 12]))
        #expect(own.boxes.floats == each.boxes.floats && own.classes.ints == each.classes.ints)
        #expect(own.classes.ints.count == 6 && own.rows.ints == each.rows.ints)
    }

    @Test func classAgnosticDetectorsLearnOneBox() {
        var options = RCNNOptions(.fpn)
        options.backbone = ResNetOptions(.r18, width: 8)
        options.box.isClassAgnostic = true
        let state = RCNN(options, using: Generator(seed: 0)).state("")
        #expect(state.first { $0.name == "roi_heads.box_predictor.bbox_pred.weight" }?.tensor.shape == [4, 1024])
    }
}
