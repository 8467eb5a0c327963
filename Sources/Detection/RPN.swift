import NN
import Support
import Torch

/// The region proposal network: at each cell of each map an objectness and a box for each anchor, by the same weights on all
/// maps. Source: Faster R-CNN (arXiv 1506.01497), section 3.1, as Detectron2 has it.
///
/// N images, L maps of H × W cells, A anchors a cell.
public struct RPN: Module {
    private let conv: Conv2d
    private let objectness: Conv2d
    private let deltas: Conv2d
    /// A map.
    private let anchors: [Anchors]
    private let options: MaskRCNNOptions
    private let transform: BoxTransform

    /// - Parameters:
    ///   - channels: of each map.
    ///   - strides: of the maps. One map has anchors of all sizes; of several, each has one.
    public init(channels: Int, strides: [Int], _ options: MaskRCNNOptions, using generator: Generator) {
        let sizes = strides.count == 1 ? [options.anchorSizes] : options.anchorSizes.map { [$0] }
        precondition(sizes.count == strides.count, "\(sizes.count) anchor sizes for \(strides.count) maps")
        anchors = zip(sizes, strides).map { sizes, stride in
            Anchors(sizes: sizes, ratios: options.anchorRatios, stride: stride, rounded: options.anchorsRounded)
        }
        let perCell = anchors[0].perCell
        let small = Initializer.normal(deviation: 0.01)
        conv = Conv2d(channels, channels, kernel: 3, padding: 1, initializer: small, using: generator)
        objectness = Conv2d(channels, perCell, kernel: 1, initializer: small, using: generator)
        deltas = Conv2d(channels, perCell * 4, kernel: 1, initializer: small, using: generator)
        self.options = options
        transform = BoxTransform(weights: options.rpnBoxWeights)
    }

    /// What the network says of every anchor of a map.
    struct Answer {
        /// (N, H · W · A)
        let logits: Tensor
        /// (N, H · W · A, 4)
        let deltas: Tensor
        /// (H · W · A, 4)
        let anchors: Tensor
    }

    /// - Parameter maps: L of (N, C, H, W).
    func callAsFunction(_ maps: [Tensor]) -> [Answer] { zip(maps, anchors).map(answer) }

    private func answer(_ map: Tensor, _ anchors: Anchors) -> Answer {
        let (n, rows, columns) = (map.size(0), map.size(2), map.size(3))
        let hidden = conv(map).relu()
        let a = anchors.perCell
        return Answer(
            logits: objectness(hidden).permuted([0, 2, 3, 1]).reshaped([n, -1]).to(.float32),
            deltas: deltas(hidden).reshaped([n, a, 4, rows, columns]).permuted([0, 3, 4, 1, 2]).reshaped([n, -1, 4])
                .to(.float32),
            anchors: anchors(rows: rows, columns: columns, device: map.device))
    }

    /// The proposals of each image, cut from the graph.
    func proposals(_ answers: [Answer], sizes: [(width: Int, height: Int)], _ mode: Mode) -> [Tensor] {
        withoutGrad {
            let beforeNMS = mode == .train ? options.preNMSTopK.train : options.preNMSTopK.test
            // Boxes are made of what is picked alone, a hundredth of a finest map's anchors.
            let levels = answers.map { answer in
                let (n, kept) = (answer.logits.size(0), min(beforeNMS, answer.logits.size(1)))
                let top = answer.logits.topK(kept, 1)
                let deltas = answer.deltas.gathered(1, top.indices.unsqueezed(2).expanded([-1, -1, 4])).reshaped([-1, 4])
                let sources = answer.anchors.indexSelected(0, top.indices.flattened())
                return (boxes: transform.apply(deltas, to: sources).reshaped([n, kept, 4]), logits: top.values)
            }
            let pick = Proposals(
                beforeNMS: beforeNMS,
                afterNMS: mode == .train ? options.postNMSTopK.train : options.postNMSTopK.test,
                iouThreshold: options.proposalNMS)
            return pick(levels, sizes: sizes).map(\.boxes)
        }
    }

    /// Objectness and box losses, both over the anchors drawn, divided by how many are drawn at most.
    ///
    /// - Parameters:
    ///   - gtBoxes: (n, 4) for each image.
    ///   - generators: one an image.
    func losses(
        _ answers: [Answer], gtBoxes: [Tensor], using generators: inout [SeededGenerator]
    ) -> (objectness: Tensor, box: Tensor) {
        let anchors = Tensor.concatenated(answers.map(\.anchors))
        let matcher = Matcher(low: options.rpnIoU.low, high: options.rpnIoU.high, keepsBestOfEachObject: true)
        let sampler = Sampler(count: options.rpnBatch, positiveFraction: options.rpnPositiveFraction)
        var drawn = AnchorSample()
        for (image, boxes) in gtBoxes.enumerated() {
            withoutGrad {
                let (matches, labels) = matcher(Boxes.iou(boxes, anchors))
                let picked = sampler(labels, using: &generators[image])
                drawn.positives += picked.positives.map { $0 + image * labels.count }
                drawn.negatives += picked.negatives.map { $0 + image * labels.count }
                guard !picked.positives.isEmpty else { return }
                let places = Tensor(picked.positives).to(boxes.device)
                drawn.anchors.append(anchors.indexSelected(0, places))
                drawn.gtBoxes.append(boxes.indexSelected(0, matches.indexSelected(0, places)))
            }
        }
        return rpnLosses(
            logits: .concatenated(answers.map(\.logits), dimension: 1), deltas: .concatenated(answers.map(\.deltas), dimension: 1),
            drawn, transform: transform, loss: options.rpnBoxLoss, normalizer: Double(options.rpnBatch * gtBoxes.count))
    }

    public func state(_ prefix: String) -> [StateEntry] {
        conv.state("\(prefix)rpn_head.conv.") + objectness.state("\(prefix)rpn_head.objectness_logits.")
            + deltas.state("\(prefix)rpn_head.anchor_deltas.")
    }
}

/// The anchors of a batch that the proposal network learns from.
public struct AnchorSample {
    /// Places among the anchors of all images, one image after the other.
    public var positives: [Int] = []
    public var negatives: [Int] = []
    /// The anchors of the positives and the objects they are to become, in parts of (n, 4).
    public var anchors: [Tensor] = []
    public var gtBoxes: [Tensor] = []

    public init() {}
}

/// The losses of the proposal network on the anchors drawn.
///
/// - Parameters:
///   - logits: (N, A), any shape of N · A values
///   - deltas: (N, A, 4)
///   - normalizer: what both sums are divided by.
public func rpnLosses(
    logits: Tensor, deltas: Tensor, _ drawn: AnchorSample, transform: BoxTransform, loss: BoxLoss, normalizer: Double
) -> (objectness: Tensor, box: Tensor) {
    let device = logits.device
    let drawnLogits = logits.flattened().indexSelected(0, Tensor(drawn.positives + drawn.negatives).to(device))
    let targets = Tensor(drawn.positives.map { _ in Float(1) } + drawn.negatives.map { _ in 0 }).to(device)
    let objectness = drawnLogits.binaryCrossEntropyWithLogits(targets, reduction: .sum) / normalizer
    guard !drawn.positives.isEmpty else { return (objectness, deltas.sum() * 0) }
    let predicted = deltas.reshaped([-1, 4]).indexSelected(0, Tensor(drawn.positives).to(device))
    let distance = loss(
        predicted, of: .concatenated(drawn.anchors), to: .concatenated(drawn.gtBoxes), by: transform)
    return (objectness, distance / normalizer)
}
