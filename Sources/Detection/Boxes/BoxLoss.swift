import Torch

/// How far predicted boxes are from true ones.
public enum BoxLoss: Sendable, Equatable {
    /// On the deltas: quadratic below `beta`, linear above; L1 where it is 0. Source: Fast R-CNN (arXiv 1504.08083),
    /// section 2.3.
    case smoothL1(beta: Double)
    /// On the boxes: 1 − generalised IoU. Source: arXiv 1902.09630.
    case giou

    /// The sum over n boxes.
    ///
    /// - Parameters:
    ///   - deltas: (n, 4), predicted.
    ///   - sources: (n, 4), the boxes that the deltas are of.
    ///   - targets: (n, 4), the true boxes.
    public func callAsFunction(_ deltas: Tensor, of sources: Tensor, to targets: Tensor, by transform: BoxTransform) -> Tensor {
        switch self {
        case .smoothL1(let beta):
            let trueDeltas = transform.deltas(from: sources, to: targets)
            return beta > 0
                ? deltas.smoothL1Loss(trueDeltas, beta: beta, reduction: .sum) : deltas.l1Loss(trueDeltas, reduction: .sum)
        case .giou:
            return (1 - Boxes.generalizedIoU(transform.apply(deltas, to: sources), targets)).sum()
        }
    }
}
