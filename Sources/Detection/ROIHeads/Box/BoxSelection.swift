import Torch

/// Detections of one image from class scores and boxes: those above the threshold, suppressed class by class, the best kept.
/// Source: Detectron2's `fast_rcnn_inference`.
///
/// R ROIs, K classes, B boxes per ROI: K, or 1 for all classes alike.
///
/// - Parameters:
///   - boxes: (R, B · 4), in the image of `size`
///   - scores: (R, K + 1), background last
/// - Returns: boxes (D, 4), scores (D), classes (D) and the ROIs (D) they come from, by falling score.
public func selectDetections(
    boxes: Tensor, scores: Tensor, size: (width: Int, height: Int), threshold: Double, iouThreshold: Double, limit: Int
) -> (boxes: Tensor, scores: Tensor, classes: Tensor, rows: Tensor) {
    let classes = scores.size(1) - 1
    let finite = (boxes.isFinite().all(1) .& scores.isFinite().all(1)).nonzero().flattened()
    let clipped = Boxes.clipped(boxes.indexSelected(0, finite), width: size.width, height: size.height)
    let own = scores.indexSelected(0, finite).narrowed(1, 0..<classes)
    let above = (own .> threshold).nonzero()
    let (rows, kinds) = (above.selected(1, 0), above.selected(1, 1))
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
