import Support

#if canImport(Glibc)
import Glibc
#endif

/// A random rectangle of the image, resampled to a square. Source: torchvision's `RandomResizedCrop`; Szegedy et al.
/// 2015.
public struct RandomResizedCrop: Sendable {
    /// The side of the result.
    public var size: Int
    /// The part of the image's area that is taken.
    public var scale: ClosedRange<Double>
    /// Width over height, drawn on a logarithmic scale.
    public var ratio: ClosedRange<Double>

    public init(size: Int, scale: ClosedRange<Double> = 0.08...1, ratio: ClosedRange<Double> = 3 / 4...4 / 3) {
        self.size = size
        self.scale = scale
        self.ratio = ratio
    }

    /// Draws the rectangle for an image: ten tries, then the largest centred one of a permitted ratio.
    public func draw(width: Int, height: Int, using generator: inout SeededGenerator) -> CropBox {
        let area = Double(width * height)
        for _ in 0..<10 {
            let target = area * generator.uniform(scale.lowerBound, scale.upperBound)
            let ratio = exp(generator.uniform(log(self.ratio.lowerBound), log(self.ratio.upperBound)))
            let w = Int((target * ratio).squareRoot().rounded(.toNearestOrEven))
            let h = Int((target / ratio).squareRoot().rounded(.toNearestOrEven))
            guard w > 0, h > 0, w <= width, h <= height else { continue }
            let y = generator.integer(in: 0..<height - h + 1)
            let x = generator.integer(in: 0..<width - w + 1)
            return CropBox(x: x, y: y, width: w, height: h)
        }
        let natural = Double(width) / Double(height)
        let w = natural > ratio.upperBound ? Int((Double(height) * ratio.upperBound).rounded(.toNearestOrEven)) : width
        let h = natural < ratio.lowerBound ? Int((Double(width) / ratio.lowerBound).rounded(.toNearestOrEven)) : height
        return CropBox(x: (width - w) / 2, y: (height - h) / 2, width: w, height: h)
    }

    /// The rectangle's pixels at the new size, bicubic.
    public func apply(_ box: CropBox, to image: Image) -> Image {
        image.resized(width: size, height: size, filter: .bicubic, box: box)
    }
}
