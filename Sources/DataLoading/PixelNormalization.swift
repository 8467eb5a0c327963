import NN
import Torch
import Vision

/// From bytes to what networks take: (x − mean) / deviation by channel.
public struct PixelNormalization: Sendable, Equatable {
    /// How a network's channels are ordered: RGB in PyTorch's world, BGR in Caffe's and in Detectron2's own weights.
    public enum ChannelOrder: String, Sendable, CaseIterable {
        case rgb
        case bgr
    }

    /// In grey levels, 0 to 255, in the network's order of channels.
    public let mean: [Double]
    public let deviation: [Double]
    public let order: ChannelOrder

    public init(mean: [Double], deviation: [Double], order: ChannelOrder = .rgb) {
        precondition(mean.count == 3 && deviation.count == 3, "three channels")
        self.mean = mean
        self.deviation = deviation
        self.order = order
    }

    /// ImageNet's, of levels from 0 to 255, what self-supervised backbones are pretrained with.
    public static let imageNet = PixelNormalization(
        mean: InputConvention.imageNetMean, deviation: InputConvention.imageNetDeviation)

    /// What a network's weights expect.
    public init(_ convention: InputConvention) {
        self.init(mean: convention.mean, deviation: convention.deviation, order: convention.isBGR ? .bgr : .rgb)
    }

    /// - Parameter images: of one size.
    /// - Returns: (N, 3, H, W) float32, channels last in memory.
    public func callAsFunction(_ images: [Image]) -> Tensor { self(Tensor(pixelsOf: images)) }

    /// - Parameter bytes: (N, 3, H, W) uint8, RGB.
    /// - Returns: float32, where the bytes are and laid out as they are.
    public func callAsFunction(_ bytes: Tensor) -> Tensor {
        func channels(_ values: [Double]) -> Tensor { Tensor(values.map(Float.init), [1, 3, 1, 1]).to(bytes.device) }
        let ordered = order == .rgb ? bytes : bytes.flipped([1])
        return (ordered.to(.float32) - channels(mean)) / channels(deviation)
    }
}

extension Tensor {
    /// RGB images of one size as (N, 3, H, W) uint8, channels last in memory.
    public init(pixelsOf images: [Image]) {
        let (height, width) = (images[0].height, images[0].width)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(images.count * height * width * 3)
        for image in images { bytes += image.pixels }
        self = Tensor(bytes, [images.count, height, width, 3]).permuted([0, 3, 1, 2])
    }
}
