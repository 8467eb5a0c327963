import COCO

extension ImageSizes {
    /// A box's corners x₀, y₀, x₁, y₁ in the image as the network sees it, mirrored where the image is, and clipped to it.
    ///
    /// They are rounded to float32 before they are scaled, as Detectron2 does (`BoxMode.convert`, then `apply_box`): whether an anchor
    /// is an object's best match can hang on the last bit.
    package func corners(of box: Box, flip: Bool) -> [Float] {
        let (left, top) = (Float(box.x), Float(box.y))
        let xs = [left, left + Float(box.width)].map { x in
            let scaled = Double(x) * (Double(width) / Double(originalWidth))
            return flip ? Double(width) - scaled : scaled
        }
        let ys = [top, top + Float(box.height)].map { Double($0) * (Double(height) / Double(originalHeight)) }
        func clipped(_ value: Double, _ most: Int) -> Float { Float(min(max(value, 0), Double(most))) }
        return [
            clipped(min(xs[0], xs[1]), width), clipped(min(ys[0], ys[1]), height), clipped(max(xs[0], xs[1]), width),
            clipped(max(ys[0], ys[1]), height),
        ]
    }
}
