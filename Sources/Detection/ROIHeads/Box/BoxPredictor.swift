import NN
import Torch

/// Classes and boxes of ROIs: softmax over the classes and background, a box for each class. Source: Fast R-CNN (arXiv
/// 1504.08083), as Detectron2's `FastRCNNOutputLayers` has it.
///
/// R ROIs, K classes; background is class K. B boxes per ROI: K, or 1 for all classes alike.
struct BoxPredictor: Module {
    private let score: Linear
    private let box: Linear
    let transform: BoxTransform

    /// - Parameter channels: the length of what is made of an ROI.
    init(channels: Int, classes: Int, isClassAgnostic: Bool, boxWeights: [Double], using generator: Generator) {
        score = Linear(channels, classes + 1, initializer: .normal(deviation: 0.01), using: generator)
        box = Linear(channels, (isClassAgnostic ? 1 : classes) * 4, initializer: .normal(deviation: 0.001), using: generator)
        transform = BoxTransform(weights: boxWeights)
    }

    /// Features (R, C) → logits (R, K + 1), deltas (R, B · 4).
    func callAsFunction(_ features: Tensor) -> (logits: Tensor, deltas: Tensor) {
        (score(features).to(.float32), box(features).to(.float32))
    }

    func state(_ prefix: String) -> [StateEntry] { score.state("\(prefix)cls_score.") + box.state("\(prefix)bbox_pred.") }
}
