import DataLoading
import NN
import Recipes
import Torch
import Training
import Vision

/// Bootstrap your own latent (arXiv 2006.07733): from one view of an image the online network predicts what the target
/// network makes of the other.
///
/// N images, C channels of the last feature map, D the size of a projection. Batch statistics are those of one view's images, or
/// of both views' (`ViewPasses`); of all processes' images, where it is trained on several.
public struct BYOL: PretrainingMethod {
    private let backbones: MomentumPair<any Backbone>
    private let projectors: MomentumPair<ProjectionHead>
    private let predictor: ProjectionHead
    private let passes: ViewPasses
    private let targetMomentum: Double

    /// - Parameters:
    ///   - own: what is BYOL's.
    ///   - options: what any method has.
    ///   - generator: draws the weights: of the backbones, the projectors, the predictor.
    public init(_ own: BYOLOptions, _ options: PretrainingOptions, using generator: Generator) {
        passes = ViewPasses(together: own.viewsTogether)
        targetMomentum = own.targetMomentum
        backbones = MomentumPair { options.makeBackbone(using: generator) }
        func head(_ inputs: Int) -> ProjectionHead {
            ProjectionHead(
                inputs, hidden: own.hiddenSize, own.projectionSize, normalization: options.normalization, using: generator)
        }
        let channels = options.backbone.lastLevel.channels
        projectors = MomentumPair { head(channels) }
        predictor = head(own.projectionSize)
    }

    public var backbone: any Backbone { backbones.online }

    public func losses(_ views: [Tensor]) -> [Loss] { losses(featureMaps(views)) }

    /// The last feature maps of both views, (N, C, H, W) each: what BYOL pools whole.
    struct FeatureMaps {
        let online: [Tensor]
        let target: [Tensor]
    }

    func featureMaps(_ views: [Tensor]) -> FeatureMaps {
        FeatureMaps(
            online: passes(views) { backbones.online.lastFeatureMap($0, .train) },
            target: withoutGrad { passes(views) { backbones.target.lastFeatureMap($0, .train) } })
    }

    func losses(_ maps: FeatureMaps) -> [Loss] {
        let predictions = passes(maps.online) { predictor(projectors.online($0.mean([2, 3]), .train), .train) }
        let targets = withoutGrad { passes(maps.target) { projectors.target($0.mean([2, 3]), .train) } }
        let loss =
            byolLoss(prediction: predictions[0], target: targets[1])
            + byolLoss(prediction: predictions[1], target: targets[0])
        return [Loss("loss_byol", loss)]
    }

    public func afterStep(at iteration: Int, of iterations: Int) {
        let momentum = momentum(at: iteration, of: iterations)
        backbones.follow(momentum: momentum)
        projectors.follow(momentum: momentum)
    }

    /// The target's momentum τ.
    func momentum(at iteration: Int, of iterations: Int) -> Double {
        Pretraining.targetMomentum(base: targetMomentum, iteration: iteration, of: iterations)
    }

    public func observations(at iteration: Int, of iterations: Int) -> [(name: String, value: Double)] {
        [("tau", momentum(at: iteration, of: iterations))]
    }

    public var state: [StateEntry] {
        backbones.state("backbone.") + projectors.state("projector.") + predictor.state("predictor.")
    }
}

/// The mean of 2 − 2 cos(prediction, target) over rows (…, D): the squared distance of the unit vectors. The target is cut
/// from the graph.
public func byolLoss(prediction: Tensor, target: Tensor) -> Tensor {
    let cosine = (prediction.unitLength() * target.detached().unitLength()).sum([-1])
    return 2 - 2 * cosine.mean()
}

/// What is BYOL's own. Defaults: its ImageNet recipe for 100 epochs (arXiv 2006.07733, appendix F).
public struct BYOLOptions: MethodOptions {
    /// Whether both views go through each network in one pass, their batch statistics being those of both: other numbers than
    /// the paper's, whose views have each their own.
    public var viewsTogether = false
    /// The target's momentum at the beginning; it rises to 1.
    public var targetMomentum = 0.99
    /// Of projector and predictor.
    public var hiddenSize = 4096
    public var projectionSize = 256

    public static let word = "byol"
    public static let title = "BYOL"
    public static let citation = "arXiv 2006.07733"
    public static let lossTitles = [(name: "loss_byol", title: "BYOL's loss")]

    public init() {}

    public mutating func read(_ recipe: RecipeSection) throws {
        viewsTogether = try recipe.value(
            "views_together", default: viewsTogether,
            "Whether both views go through each network in one pass, with batch statistics of both; the paper's views have each their own")
        targetMomentum = try recipe.fraction(
            "target_momentum", default: targetMomentum,
            KeyDoc(
                "The target network's momentum at the beginning; it rises to 1 by half a cosine", source: "arXiv 2006.07733, section 3.3"))
        hiddenSize = try recipe.positive(
            "hidden_size", default: hiddenSize,
            KeyDoc("Hidden channels of projector and predictor", unit: "channels", source: "arXiv 2006.07733, section 3.3"))
        projectionSize = try recipe.positive(
            "projection_size", default: projectionSize,
            KeyDoc("Channels of a projection", unit: "channels", source: "arXiv 2006.07733, section 3.3"))
    }

    public func views(_ options: PretrainingOptions) -> [ViewAugmentation] {
        ViewAugmentation.byol(imageSize: options.imageSize, minCropScale: options.minCropScale)
    }

    /// Both views through the online network, which learns, and through the target network, which has no predictor and does not.
    public func cost(_ options: PretrainingOptions) -> PretrainingCost {
        let encoder =
            options.backboneCost + ProjectionHead.cost(options.backbone.lastLevel.channels, hidden: hiddenSize, projectionSize)
        let predictor = ProjectionHead.cost(projectionSize, hidden: hiddenSize, projectionSize)
        return PretrainingCost(learned: 2 * (encoder + predictor), followed: 2 * encoder)
    }

    public func makeMethod(_ options: PretrainingOptions, using generator: Generator) -> BYOL {
        BYOL(self, options, using: generator)
    }
}
