import NN
import Torch
import Training

/// Finds what an ROI shows, and where exactly it is: a class and a box. Source: Fast R-CNN (arXiv 1504.08083), as Detectron2
/// has it.
///
/// R ROIs, K classes.
struct BoxHead: ROIHead {
    private let options: BoxHeadOptions
    /// nil where heads share features: their mean over the cells is taken.
    private let layers: BoxLayers?
    private let predictor: BoxPredictor

    init(_ options: BoxHeadOptions, layers: BoxLayers?, predictor: BoxPredictor) {
        self.options = options
        self.layers = layers
        self.predictor = predictor
    }

    private func predicted(_ features: ROIFeatures, _ mode: Mode) -> (logits: Tensor, deltas: Tensor) {
        predictor(layers.map { $0(features(side: $0.side), mode) } ?? features(side: 1).mean([2, 3]))
    }

    func losses(_ sample: ROISample, _ features: ROIFeatures) -> [Loss] {
        let (logits, deltas) = predicted(features, .train)
        let (classification, box) = boxLosses(
            logits: logits, deltas: deltas, proposals: sample.boxes, gtBoxes: sample.gtBoxes, gtClasses: sample.classes,
            transform: predictor.transform, loss: options.loss)
        return [Loss("loss_cls", classification * sample.weights.all), Loss("loss_box_reg", box * sample.weights.all)]
    }

    func predictions(_ found: Instances, _ features: ROIFeatures, size: (width: Int, height: Int)) -> Instances {
        let (logits, deltas) = predicted(features, .evaluate)
        let best = selectDetections(
            boxes: predictor.transform.apply(deltas, to: found.boxes), scores: logits.softmax(1), size: size,
            threshold: options.scoreThreshold, iouThreshold: options.nms, limit: options.detectionsPerImage)
        return Instances(boxes: best.boxes, scores: best.scores.floats, classes: best.classes.ints)
    }

    func state(_ prefix: String) -> [StateEntry] {
        (layers?.state("\(prefix)box_head.") ?? []) + predictor.state("\(prefix)box_predictor.")
    }
}
