// Boxes are tensors (n, 4) of x₀, y₀, x₁, y₁ in pixels of the image that the network sees.

import Torch

/// Geometry of boxes.
public enum Boxes {
    /// (n, 4) → (n)
    public static func area(_ boxes: Tensor) -> Tensor {
        let (w, h) = extent(boxes)
        return w * h
    }

    /// IoU of every pair: (M, 4), (N, 4) → (M, N); 0 where both are without area.
    public static func iou(_ a: Tensor, _ b: Tensor) -> Tensor {
        let both = intersection(a, b)
        let union = area(a).unsqueezed(1) + area(b) - both
        return Tensor.choose(where: both .> 0, both / union, both.zerosLike())
    }

    /// IoU of each with its own, less the part of the smallest box around both that neither fills: (n, 4), (n, 4) → (n), −1 to 1.
    /// Source: arXiv 1902.09630, as Detectron2 computes it.
    public static func generalizedIoU(_ a: Tensor, _ b: Tensor) -> Tensor {
        let (aLow, aHigh, bLow, bHigh) = (
            a.narrowed(1, 0..<2), a.narrowed(1, 2..<4), b.narrowed(1, 0..<2), b.narrowed(1, 2..<4)
        )
        let shared = (Tensor.minimum(aHigh, bHigh) - Tensor.maximum(aLow, bLow)).clamped(min: 0)
        let around = Tensor.maximum(aHigh, bHigh) - Tensor.minimum(aLow, bLow)
        let both = shared.selected(1, 0) * shared.selected(1, 1), whole = around.selected(1, 0) * around.selected(1, 1)
        let union = area(a) + area(b) - both
        let epsilon = 1e-7
        return both / (union + epsilon) - (whole - union) / (whole + epsilon)
    }

    private static func intersection(_ a: Tensor, _ b: Tensor) -> Tensor {
        let a = a.unsqueezed(1)
        let topLeft = Tensor.maximum(a.narrowed(2, 0..<2), b.narrowed(1, 0..<2))
        let bottomRight = Tensor.minimum(a.narrowed(2, 2..<4), b.narrowed(1, 2..<4))
        let size = (bottomRight - topLeft).clamped(min: 0)
        return size.selected(2, 0) * size.selected(2, 1)
    }

    /// Cut at the edges of an image.
    public static func clipped(_ boxes: Tensor, width: Int, height: Int) -> Tensor {
        let x = boxes.reshaped([-1, 2, 2]).selected(2, 0).clamped(min: 0, max: Double(width))
        let y = boxes.reshaped([-1, 2, 2]).selected(2, 1).clamped(min: 0, max: Double(height))
        return Tensor.stacked([x, y], dimension: 2).reshaped(boxes.shape)
    }

    /// Which boxes have extent in both directions, (n) bool.
    public static func nonEmpty(_ boxes: Tensor) -> Tensor {
        let (w, h) = extent(boxes)
        return (w .> 0) .& (h .> 0)
    }

    /// (n, 4) of one image as ROIs (n, 5): image, x₀, y₀, x₁, y₁.
    public static func rois(_ boxes: Tensor, image: Int) -> Tensor {
        let index = Tensor.full([boxes.size(0), 1], Double(image), dtype: boxes.dtype, device: boxes.device)
        return Tensor.concatenated([index, boxes], dimension: 1)
    }

    private static func extent(_ boxes: Tensor) -> (Tensor, Tensor) {
        (boxes.selected(1, 2) - boxes.selected(1, 0), boxes.selected(1, 3) - boxes.selected(1, 1))
    }
}
