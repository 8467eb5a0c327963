import Vision

/// How classifiers are shown an image when they are tested: the short side resized, bilinear, and the middle cut out; 256 and
/// 224 at ImageNet's size, in proportion at others. Source: torchvision's `Resize` and `CenterCrop`.
public struct CenterCrop: Sendable {
    /// The side of the result.
    public let size: Int

    public init(size: Int) { self.size = size }

    /// What the short side is resized to.
    public var shortSide: Int { Int((Double(size) * 256 / 224).rounded()) }

    public func callAsFunction(_ image: Image) -> Image {
        let image = image.rgb
        let short = min(image.width, image.height)
        // The long side is cut to whole pixels, and half a pixel of margin rounded to even.
        let (width, height) = (image.width * shortSide / short, image.height * shortSide / short)
        func margin(_ length: Int) -> Int { Int((Double(length - size) / 2).rounded(.toNearestOrEven)) }
        return image.resized(width: width, height: height, filter: .bilinear)
            .cropped(x: margin(width), y: margin(height), width: size, height: size)
    }
}
