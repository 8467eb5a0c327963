import Torch
import Vision

/// From bytes to what networks take: (x − mean) / deviation by channel, RGB.
public struct PixelNormalization: Sendable, Equatable {
    /// In grey levels, 0 to 255.
    public let mean: [Double]
    public let deviation: [Double]

    public init(mean: [Double], deviation: [Double]) {
        self.mean = mean
        self.deviation = deviation
    }

    /// ImageNet's, what self-supervised backbones are pretrained with.
    public static let imageNet = PixelNormalization(
        mean: [0.485, 0.456, 0.406].map { $0 * 255 }, deviation: [0.229, 0.224, 0.225].map { $0 * 255 })

    /// - Parameter images: of one size.
    /// - Returns: (N, 3, H, W) float32, channels last in memory.
    public func callAsFunction(_ images: [Image]) -> Tensor {
        let (height, width) = (images[0].height, images[0].width)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(images.count * height * width * 3)
        for image in images { bytes += image.pixels }
        let x = Tensor(bytes, [images.count, height, width, 3]).permuted([0, 3, 1, 2]).to(.float32)
        func channels(_ values: [Double]) -> Tensor { Tensor(values.map(Float.init), [1, 3, 1, 1]) }
        return (x - channels(mean)) / channels(deviation)
    }
}
