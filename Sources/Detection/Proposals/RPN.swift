import NN
import Support
import Torch
import Training

/// The region proposal network: at each cell of each feature map an objectness and a box for each anchor, by the same weights on
/// all maps. Source: Faster R-CNN (arXiv 1506.01497), section 3.1, as Detectron2 has it.
///
/// N images, L maps of H × W cells, A anchors per cell.
public struct RPN: Module {
    private let conv: Conv2d
    private let objectness: Conv2d
    private let deltas: Conv2d
    /// Per feature map.
    private let anchors: [AnchorGrid]
    private let options: RPNOptions
    private let transform: BoxTransform

    /// - Parameter levels: the feature maps, all of as many channels. A single one has anchors of all sizes; of several, each has
    ///   one.
    public init(_ options: RPNOptions, levels: [FeatureLevel], using generator: Generator) {
        self.options = options
        anchors = options.anchors(levels).map(AnchorGrid.init)
        let channels = levels[0].channels, perCell = anchors[0].anchors.countPerCell
        let small = Initializer.normal(deviation: 0.01)
        conv = Conv2d(channels, channels, kernel: 3, padding: 1, initializer: small, using: generator)
        objectness = Conv2d(channels, perCell, kernel: 1, initializer: small, using: generator)
        deltas = Conv2d(channels, perCell * 4, kernel: 1, initializer: small, using: generator)
        transform = BoxTransform(weights: options.boxWeights)
    }

    /// What the network says of every anchor of a feature map.
    struct Predictions {
        /// (N, H · W · A)
        let logits: Tensor
        /// (N, H · W · A, 4)
        let deltas: Tensor
        /// (H · W · A, 4)
        let anchors: Tensor
    }

    /// - Parameter maps: L of (N, C, H, W).
    func callAsFunction(_ maps: [Tensor]) -> [Predictions] { zip(maps, anchors).map(predictions) }

    private func predictions(_ map: Tensor, _ anchors: AnchorGrid) -> Predictions {
        let (n, rows, columns) = (map.size(0), map.size(2), map.size(3))
        let hidden = conv(map).relu()
        let a = anchors.anchors.countPerCell
        return Predictions(
            logits: objectness(hidden).permuted([0, 2, 3, 1]).reshaped([n, -1]).to(.float32),
            deltas: deltas(hidden).reshaped([n, a, 4, rows, columns]).permuted([0, 3, 4, 1, 2]).reshaped([n, -1, 4])
                .to(.float32),
            anchors: anchors(rows: rows, columns: columns, device: map.device))
    }

    /// The proposals of each image, cut from the graph.
    func proposals(_ predictions: [Predictions], sizes: [(width: Int, height: Int)], _ mode: Mode) -> [Tensor] {
        withoutGrad {
            let select = ProposalSelection(
                preNMSTopK: mode == .train ? options.preNMSTopK.train : options.preNMSTopK.test,
                postNMSTopK: mode == .train ? options.postNMSTopK.train : options.postNMSTopK.test, iouThreshold: options.nms)
            // Boxes are made of the best alone, a hundredth of a finest map's anchors.
            let levels = predictions.map { level in
                ProposalSelection.Level(logits: level.logits) { best in
                    let deltas = level.deltas.gathered(1, best.unsqueezed(2).expanded([-1, -1, 4])).reshaped([-1, 4])
                    let sources = level.anchors.indexSelected(0, best.flattened())
                    return transform.apply(deltas, to: sources).reshaped([best.size(0), best.size(1), 4])
                }
            }
            return select(levels, sizes: sizes).map(\.boxes)
        }
    }

    /// Objectness and box losses, both over the anchors drawn, divided by how many are drawn at most.
    ///
    /// - Parameters:
    ///   - gtBoxes: (n, 4) for each image.
    ///   - generators: one per image.
    func losses(
        _ predictions: [Predictions], gtBoxes: [Tensor], using generators: inout [SeededGenerator]
    ) -> [Loss] {
        let sample = withoutGrad {
            AnchorSample.draw(options, of: .concatenated(predictions.map(\.anchors)), gtBoxes: gtBoxes, using: &generators)
        }
        let (objectness, box) = rpnLosses(
            logits: .concatenated(predictions.map(\.logits), dimension: 1),
            deltas: .concatenated(predictions.map(\.deltas), dimension: 1), sample, transform: transform, loss: options.boxLoss,
            normalizer: Double(options.batch * gtBoxes.count))
        return [Loss("loss_rpn_cls", objectness), Loss("loss_rpn_loc", box)]
    }

    public func state(_ prefix: String) -> [StateEntry] {
        conv.state("\(prefix)rpn_head.conv.") + objectness.state("\(prefix)rpn_head.objectness_logits.")
            + deltas.state("\(prefix)rpn_head.anchor_deltas.")
    }
}
