import NN
import Torch

/// Classes and boxes of regions: softmax over the categories and background, a box for each category. Source: Fast R-CNN
/// (arXiv 1504.08083), as Detectron2's `FastRCNNOutputLayers` has it.
///
/// R regions, K categories; background is class K. B boxes a region: K, or 1 for all classes alike.
public struct BoxPredictor: Module {
    private let score: Linear
    private let box: Linear
    let transform: BoxTransform

    public init(channels: Int, _ options: MaskRCNNOptions, using generator: Generator) {
        score = Linear(channels, options.classes + 1, initializer: .normal(deviation: 0.01), using: generator)
        let boxes = options.classAgnosticBoxes ? 1 : options.classes
        box = Linear(channels, boxes * 4, initializer: .normal(deviation: 0.001), using: generator)
        transform = BoxTransform(weights: options.boxWeights)
    }

    /// Features (R, C) → logits (R, K + 1), deltas (R, B · 4).
    func callAsFunction(_ features: Tensor) -> (logits: Tensor, deltas: Tensor) {
        (score(features).to(.float32), box(features).to(.float32))
    }

    public func state(_ prefix: String) -> [StateEntry] {
        score.state("\(prefix)cls_score.") + box.state("\(prefix)bbox_pred.")
    }
}

/// The losses of the box head.
///
/// - Parameters:
///   - logits: (R, K + 1)
///   - deltas: (R, B · 4)
///   - proposals: (R, 4)
///   - gtBoxes: (R, 4): the object of each region; anything for background.
///   - gtClasses: R, K for background.
/// - Returns: softmax cross entropy, the mean over regions; the loss of the true class's box, over foreground alone but
///   divided by R, so that each region weighs the same however many of them are foreground.
public func boxLosses(
    logits: Tensor, deltas: Tensor, proposals: Tensor, gtBoxes: Tensor, gtClasses: [Int], transform: BoxTransform,
    loss: BoxLoss
) -> (classification: Tensor, box: Tensor) {
    let count = gtClasses.count
    guard count > 0 else { return (logits.sum(), deltas.sum()) }
    let background = logits.size(1) - 1
    let classes = Tensor(gtClasses).to(logits.device)
    let classification = logits.crossEntropy(classes)
    let foreground = gtClasses.indices.filter { gtClasses[$0] < background }
    guard !foreground.isEmpty else { return (classification, deltas.sum() * 0) }
    let places = Tensor(foreground).to(logits.device)
    let boxes = deltas.size(1) / 4
    let own = Tensor(foreground.map { $0 * boxes + (boxes == 1 ? 0 : gtClasses[$0]) }).to(logits.device)
    let distance = loss(
        deltas.reshaped([-1, 4]).indexSelected(0, own), of: proposals.indexSelected(0, places),
        to: gtBoxes.indexSelected(0, places), by: transform)
    return (classification, distance / Double(count))
}

/// Detections of one image from class scores and boxes: those above the threshold, suppressed class by class, the best
/// kept. Source: Detectron2's `fast_rcnn_inference`.
///
/// - Parameters:
///   - boxes: (R, B · 4), in the image of `size`
///   - scores: (R, K + 1), background last
/// - Returns: boxes (D, 4), scores (D), classes (D) and the regions (D) they come from, by falling score.
public func selectDetections(
    boxes: Tensor, scores: Tensor, size: (width: Int, height: Int), threshold: Double, iouThreshold: Double, limit: Int
) -> (boxes: Tensor, scores: Tensor, classes: Tensor, rows: Tensor) {
    let classes = scores.size(1) - 1
    let finite = (boxes.isFinite().all(1) .& scores.isFinite().all(1)).nonzero().flattened()
    let clipped = Boxes.clipped(boxes.indexSelected(0, finite), width: size.width, height: size.height)
    let own = scores.indexSelected(0, finite).narrowed(1, 0..<classes)
    let places = (own .> threshold).nonzero()
    let (rows, kinds) = (places.selected(1, 0), places.selected(1, 1))
    let boxesEach = boxes.size(1) / 4
    let candidates = clipped.reshaped([-1, boxesEach, 4])[rows, boxesEach == 1 ? kinds.zerosLike() : kinds]
    let values = own[rows, kinds]
    let kept = candidates.suppressed(scores: values, groups: kinds, iouThreshold: iouThreshold)
    let best = kept.narrowed(0, 0..<min(limit, kept.size(0)))
    return (
        candidates.indexSelected(0, best), values.indexSelected(0, best), kinds.indexSelected(0, best),
        finite.indexSelected(0, rows.indexSelected(0, best))
    )
}
