import NN
import Support
import Torch

/// The region proposal network: at each cell of the map an objectness and a box for each anchor. Source: Faster R-CNN
/// (arXiv 1506.01497), section 3.1, as Detectron2 has it.
///
/// N images, A anchors a cell, H × W cells.
public struct RPN: Module {
    private let conv: Conv2d
    private let objectness: Conv2d
    private let deltas: Conv2d
    private let anchors: Anchors
    private let options: MaskRCNNOptions
    private let transform = BoxTransform()

    public init(channels: Int, _ options: MaskRCNNOptions, using generator: Generator) {
        anchors = Anchors(sizes: options.anchorSizes, ratios: options.anchorRatios, stride: MaskRCNNOptions.stride)
        let small = Initializer.normal(deviation: 0.01)
        conv = Conv2d(channels, channels, kernel: 3, padding: 1, initializer: small, using: generator)
        objectness = Conv2d(channels, anchors.perCell, kernel: 1, initializer: small, using: generator)
        deltas = Conv2d(channels, anchors.perCell * 4, kernel: 1, initializer: small, using: generator)
        self.options = options
    }

    /// What the network says of every anchor.
    struct Answer {
        /// (N, H · W · A)
        let logits: Tensor
        /// (N, H · W · A, 4)
        let deltas: Tensor
        /// (H · W · A, 4)
        let anchors: Tensor
    }

    func callAsFunction(_ features: Tensor) -> Answer {
        let (n, rows, columns) = (features.size(0), features.size(2), features.size(3))
        let hidden = conv(features).relu()
        let a = anchors.perCell
        return Answer(
            logits: objectness(hidden).permuted([0, 2, 3, 1]).reshaped([n, -1]).to(.float32),
            deltas: deltas(hidden).reshaped([n, a, 4, rows, columns]).permuted([0, 3, 4, 1, 2]).reshaped([n, -1, 4])
                .to(.float32),
            anchors: anchors(rows: rows, columns: columns, device: features.device))
    }

    /// The proposals of each image, cut from the graph.
    func proposals(_ answer: Answer, sizes: [(width: Int, height: Int)], _ mode: Mode) -> [Tensor] {
        withoutGrad {
            let n = answer.logits.size(0)
            let flat = answer.anchors.unsqueezed(0).expanded([n, -1, -1]).reshaped([-1, 4])
            let boxes = transform.apply(answer.deltas.reshaped([-1, 4]), to: flat).reshaped([n, -1, 4])
            let pick = Proposals(
                beforeNMS: mode == .train ? options.proposalsBeforeNMS.train : options.proposalsBeforeNMS.test,
                afterNMS: mode == .train ? options.proposalsAfterNMS.train : options.proposalsAfterNMS.test,
                iouThreshold: options.proposalNMS)
            return pick([(boxes, answer.logits)], sizes: sizes).map(\.boxes)
        }
    }

    /// Objectness and box losses, both over the anchors drawn, divided by how many are drawn at most.
    ///
    /// - Parameter gtBoxes: (n, 4) for each image.
    func losses(_ answer: Answer, gtBoxes: [Tensor], using generator: inout SeededGenerator) -> (objectness: Tensor, box: Tensor) {
        let matcher = Matcher(low: options.rpnIoU.low, high: options.rpnIoU.high, keepsBestOfEachObject: true)
        let sampler = Sampler(count: options.rpnBatch, positiveFraction: options.rpnPositiveFraction)
        var positives: [Int] = [], negatives: [Int] = [], targetDeltas: [Tensor] = []
        let count = answer.anchors.size(0)
        for (image, boxes) in gtBoxes.enumerated() {
            let (matches, labels) = withoutGrad { matcher(Boxes.iou(boxes, answer.anchors)) }
            let picked = sampler(labels, using: &generator)
            positives += picked.positives.map { $0 + image * count }
            negatives += picked.negatives.map { $0 + image * count }
            guard !picked.positives.isEmpty else { continue }
            let places = Tensor(picked.positives).to(boxes.device)
            targetDeltas.append(
                transform.deltas(
                    from: answer.anchors.indexSelected(0, places),
                    to: boxes.indexSelected(0, matches.indexSelected(0, places))))
        }
        return rpnLosses(
            logits: answer.logits, deltas: answer.deltas, positives: positives, negatives: negatives,
            targetDeltas: targetDeltas.isEmpty ? Tensor.zeros([0, 4]).to(answer.deltas.device) : .concatenated(targetDeltas),
            normalizer: Double(options.rpnBatch * gtBoxes.count))
    }

    public func state(_ prefix: String) -> [StateEntry] {
        conv.state("\(prefix)rpn_head.conv.") + objectness.state("\(prefix)rpn_head.objectness_logits.")
            + deltas.state("\(prefix)rpn_head.anchor_deltas.")
    }
}

/// The losses of the proposal network on the anchors drawn.
///
/// - Parameters:
///   - logits: (N, A), any shape of N · A values
///   - deltas: (N, A, 4)
///   - positives, negatives: places among the N · A anchors.
///   - targetDeltas: (positives, 4)
///   - normalizer: what both sums are divided by.
public func rpnLosses(
    logits: Tensor, deltas: Tensor, positives: [Int], negatives: [Int], targetDeltas: Tensor, normalizer: Double
) -> (objectness: Tensor, box: Tensor) {
    let device = logits.device
    let drawn = logits.flattened().indexSelected(0, Tensor(positives + negatives).to(device))
    let targets = Tensor(positives.map { _ in Float(1) } + negatives.map { _ in 0 }).to(device)
    let predicted = deltas.reshaped([-1, 4]).indexSelected(0, Tensor(positives).to(device))
    return (
        drawn.binaryCrossEntropyWithLogits(targets, reduction: .sum) / normalizer,
        predicted.l1Loss(targetDeltas, reduction: .sum) / normalizer
    )
}
