import Foundation
import Torch

/// Boxes as offsets from others: shifts over the size, and logarithms of ratios, weighted. Source: R-CNN (arXiv 1311.2524),
/// appendix C, with Detectron2's weights and clamp.
public struct BoxTransform: Sendable {
    /// Of dx, dy, dw, dh.
    public let weights: [Double]
    /// No box grows by more than 1000 / 16.
    static let scaleClamp = log(1000.0 / 16)

    public init(weights: [Double] = [1, 1, 1, 1]) {
        precondition(weights.count == 4, "four weights")
        self.weights = weights
    }

    /// What turns `source` (n, 4) into `target` (n, 4): (n, 4).
    public func deltas(from source: Tensor, to target: Tensor) -> Tensor {
        let (s, t) = (Center(source), Center(target))
        return Tensor.stacked(
            [
                (t.x - s.x) * weights[0] / s.width, (t.y - s.y) * weights[1] / s.height,
                (t.width / s.width).log() * weights[2], (t.height / s.height).log() * weights[3],
            ], dimension: 1)
    }

    /// Applies deltas (n, k · 4) to boxes (n, 4): (n, k · 4).
    public func apply(_ deltas: Tensor, to boxes: Tensor) -> Tensor {
        let b = Center(boxes)
        let d = deltas.to(boxes.dtype).reshaped([boxes.size(0), deltas.size(1) / 4, 4])
        func delta(_ i: Int) -> Tensor { d.selected(2, i) / weights[i] }
        let x = delta(0) * b.width.unsqueezed(1) + b.x.unsqueezed(1)
        let y = delta(1) * b.height.unsqueezed(1) + b.y.unsqueezed(1)
        let w = delta(2).clamped(max: Self.scaleClamp).exp() * b.width.unsqueezed(1)
        let h = delta(3).clamped(max: Self.scaleClamp).exp() * b.height.unsqueezed(1)
        return Tensor.stacked([x - w * 0.5, y - h * 0.5, x + w * 0.5, y + h * 0.5], dimension: 2).reshaped(deltas.shape)
    }

    private struct Center {
        let x, y, width, height: Tensor

        init(_ boxes: Tensor) {
            let (x0, y0) = (boxes.selected(1, 0), boxes.selected(1, 1))
            width = boxes.selected(1, 2) - x0
            height = boxes.selected(1, 3) - y0
            x = x0 + width * 0.5
            y = y0 + height * 0.5
        }
    }
}
