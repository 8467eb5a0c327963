import NN
import Torch

/// What stands between the images and the predictors of a detector: the maps that proposals are made on, and the features of
/// regions of them. The two designs are `C4Heads` and `FPNHeads`.
///
/// N images, R regions (image, x₀, y₀, x₁, y₁). The ResNet itself is no part of the state.
protocol RegionHeads: Module {
    /// Of the maps, finest first.
    var strides: [Int] { get }
    /// Of each map.
    var mapChannels: Int { get }
    /// The length of what a box is predicted from.
    var boxChannels: Int { get }
    /// The channels of what a mask is predicted from.
    var maskChannels: Int { get }

    /// (N, 3, H, W) → a map (N, C, H / stride, W / stride) for each stride.
    func maps(_ images: Tensor, _ mode: Mode) -> [Tensor]

    /// What classes and boxes of regions (R, 5) are predicted from: (R, `boxChannels`).
    func boxFeatures(_ regions: Tensor, of maps: [Tensor], _ mode: Mode) -> Tensor

    /// What masks of regions (R, 5) are predicted from: (R, `maskChannels`, S, S).
    func maskFeatures(_ regions: Tensor, of maps: [Tensor], _ mode: Mode) -> Tensor

    /// Both, those for masks of the regions named by `masked` alone.
    func features(
        _ regions: Tensor, masked: Tensor, of maps: [Tensor], _ mode: Mode
    ) -> (box: Tensor, mask: Tensor)
}
