import NN
import Recipes
import Torch

/// What stands between a backbone and the rest of a detector: the feature maps that proposals are made on, and what heads see of
/// ROIs. `C4` and `FPN` are the necks that there are; `RCNNOptions.Design` is the table of them.
///
/// N images, R ROIs (image, x₀, y₀, x₁, y₁). The backbone itself is no part of the state.
public protocol Neck: Module {
    /// (N, 3, H, W) → a feature map (N, C, H / stride, W / stride) for each of `NeckOptions.levels`.
    func featureMaps(_ images: Tensor, _ mode: Mode) -> [Tensor]

    /// What heads see of ROIs (R, 5) of those maps.
    func roiFeatures(_ rois: Tensor, of maps: [Tensor], _ mode: Mode) -> ROIFeatures
}

/// What a recipe says of a neck, and all of it that has to be known before there is a network.
public protocol NeckOptions: Sendable {
    /// What the sides of a batch are made multiples of.
    var sizeDivisor: Int { get }

    /// What heads see of an ROI is the same for all of them, made by layers that they share; not pooled for each by itself.
    var sharesROIFeatures: Bool { get }

    /// Of the feature maps that proposals are made on, finest first.
    func levels(on backbone: any BackboneOptions) -> [FeatureLevel]

    /// What heads see of an ROI.
    func roiFeatures(on backbone: any BackboneOptions) -> ROIFeatureShape

    /// What backbone and neck cost.
    ///
    /// - Parameters:
    ///   - size: of the image.
    ///   - normalization: of backbone and neck.
    ///   - frozenParts: of the backbone.
    func cost(
        on backbone: any BackboneOptions, at size: Cost.MapSize, normalization: Normalization, frozenParts: Int
    ) -> NeckCost

    /// The neck, its weights drawn from `generator`.
    ///
    /// - Parameter normalization: of the backbone, and of the neck where it has one of its own.
    func makeNeck(
        on backbone: any Backbone, pooling: ROIPoolingOptions, normalization: Normalization, using generator: Generator
    ) -> any Neck

    /// Reads its own keys of the section `detection`, and keeps what is not given.
    ///
    /// - Throws: `UserError` with the line of what is wrong, or where `backbone` has not what the neck needs.
    mutating func read(_ recipe: RecipeSection, on backbone: any BackboneOptions) throws

    /// Whether a detector with these weights has such a neck.
    func isIn(_ weights: DetectorShapes) -> Bool

    /// Takes over what the shapes of weights tell.
    mutating func read(_ weights: DetectorShapes) throws
}

/// What backbone and neck cost for an image.
public struct NeckCost: Sendable {
    /// Up to the feature maps.
    public let body: Cost
    /// Of these, finest first.
    public let maps: [Cost.MapSize]
    /// Of the layers that heads share, for one ROI.
    public let perROI: Cost

    public init(body: Cost, maps: [Cost.MapSize], perROI: Cost = Cost()) {
        self.body = body
        self.maps = maps
        self.perROI = perROI
    }
}
