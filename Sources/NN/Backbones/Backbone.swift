import Torch

/// One of the feature maps that a backbone makes of an image.
public struct FeatureLevel: Sendable, Equatable {
    /// Pixels of the image per cell of the map, along each side.
    public let stride: Int
    public let channels: Int

    public init(stride: Int, channels: Int) {
        self.stride = stride
        self.channels = channels
    }
}

/// What is pretrained, and what a detector is built on: a network that makes feature maps of images.
///
/// How many maps, of which strides, and what normalises inside are a matter of the network: a ResNet has four, a vision
/// transformer one. N images, H × W pixels, C channels.
public protocol Backbone: Module {
    /// Of its feature maps, finest first; at least one.
    var levels: [FeatureLevel] { get }

    /// Where its weights are, and its images have to be.
    var device: Device { get }

    /// (N, 3, H, W) → (N, C, H / stride, W / stride) per level, finest first.
    func featureMaps(_ images: Tensor, _ mode: Mode) -> [Tensor]

    /// (N, 3, H, W) → the feature map of the last level alone: what pretraining pools.
    func lastFeatureMap(_ images: Tensor, _ mode: Mode) -> Tensor
}

extension Backbone {
    /// Of the coarsest feature map.
    public var lastLevel: FeatureLevel { levels[levels.count - 1] }

    public func lastFeatureMap(_ images: Tensor, _ mode: Mode) -> Tensor {
        let maps = featureMaps(images, mode)
        return maps[maps.count - 1]
    }
}

/// A backbone whose last stage can be the head of a detector, on regions pooled from the map before it. Source: He et al. 2016
/// (arXiv 1512.03385), appendix A, which calls the map C4.
public protocol StagedBackbone: Backbone {
    /// (N, 3, H, W) → the feature map of the last level but one.
    func featureMapBeforeLastStage(_ images: Tensor, _ mode: Mode) -> Tensor

    /// (R, C, S, S), C being the channels of the last level but one → (R, `lastLevel.channels`, S / 2, S / 2), rounded up.
    func lastStage(_ map: Tensor, _ mode: Mode) -> Tensor
}

extension StagedBackbone {
    /// Of the feature map that the last stage begins with.
    public var levelBeforeLastStage: FeatureLevel { levels[levels.count - 2] }
}
