import NN
import Recipes
import Torch
import Training

/// What is predicted of ROIs: boxes and classes, masks, … Each head learns from the same sampled ROIs, and predicts on what the
/// head before it found.
public protocol ROIHead: Module {
    /// The losses on the sampled ROIs, by Detectron2's names.
    func losses(_ sample: ROISample, _ features: ROIFeatures) -> [Loss]

    /// The objects of one image after this head: others than those found before it, or the same with more said of them.
    ///
    /// - Parameters:
    ///   - found: for the first head, proposals.
    ///   - features: of the boxes of `found`.
    ///   - size: of the image, without padding.
    func predictions(_ found: Instances, _ features: ROIFeatures, size: (width: Int, height: Int)) -> Instances
}

/// What a recipe says of a head. A new head is one more of these, and one line in `RCNNOptions.headKinds`.
public protocol ROIHeadOptions: Sendable {
    /// - Parameter sharesFeatures: whether the neck gives all heads the same features, made by layers of its own.
    init(sharesFeatures: Bool)

    /// Whether a detector has the head where nothing else is said.
    static var isStandard: Bool { get }

    /// Whether a detector of this recipe has the head; read before its other keys.
    static func isIn(_ recipe: RecipeSection, default standard: Bool) throws -> Bool

    /// Whether a detector with these weights has the head.
    static func isIn(_ weights: DetectorShapes) -> Bool

    /// Reads its own keys of the section `detection`, and keeps what is not given.
    mutating func read(_ recipe: RecipeSection) throws

    /// Takes over what the shapes of weights tell.
    mutating func read(_ weights: DetectorShapes, on features: ROIFeatureShape) throws

    /// Draws the weights of the head in two steps: the layers right away, what predicts when the result is called. Between the
    /// two the proposal network's are drawn; so has each seed always given its weights, and shall go on to.
    func makeHead(
        on features: ROIFeatureShape, classes: Int, normalization: Normalization, using generator: Generator
    ) -> () -> any ROIHead

    /// What it costs on one ROI, the neck's layers left out.
    func cost(on features: ROIFeatureShape, classes: Int, normalization: Normalization) -> Cost

    /// Whether it learns from those of the sampled ROIs alone that lie on objects.
    var learnsFromForeground: Bool { get }

    /// How many objects it leaves of as many ROIs, at most.
    func objectLimit(of rois: Int) -> Int
}
