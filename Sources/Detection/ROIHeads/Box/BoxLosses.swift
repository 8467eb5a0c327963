import Torch

/// The losses of the box head.
///
/// R ROIs, K classes, B boxes per ROI: K, or 1 for all classes alike.
///
/// - Parameters:
///   - logits: (R, K + 1)
///   - deltas: (R, B · 4)
///   - proposals: (R, 4)
///   - gtBoxes: (R, 4): the object of each ROI; anything for background.
///   - gtClasses: R, K for background.
/// - Returns: softmax cross entropy, the mean over ROIs; the loss of the true class's box, over foreground alone but divided by
///   R, so that each ROI weighs the same however many of them are foreground.
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
    let indices = Tensor(foreground).to(logits.device)
    let boxes = deltas.size(1) / 4
    let own = Tensor(foreground.map { $0 * boxes + (boxes == 1 ? 0 : gtClasses[$0]) }).to(logits.device)
    let distance = loss(
        deltas.reshaped([-1, 4]).indexSelected(0, own), of: proposals.indexSelected(0, indices),
        to: gtBoxes.indexSelected(0, indices), by: transform)
    return (classification, distance / Double(count))
}
