import DataLoading
import Foundation
import NN
import Torch
import Training

/// Bootstrap your own latent (arXiv 2006.07733): from one view of an image the online network predicts what the target
/// network makes of the other.
///
/// N images, C channels of the last map, D the size of a projection. Batch statistics are those of one view's images, or
/// of both views' (`ViewPasses`); of all processes' images, where it is trained on several.
public struct BYOL: PretrainingMethod {
    private let backbones: Followed<ResNet>
    private let projectors: Followed<ProjectionHead>
    private let predictor: ProjectionHead
    private let passes: ViewPasses

    public init(_ options: PretrainingOptions, using generator: Generator) {
        passes = ViewPasses(together: options.viewsTogether)
        backbones = Followed {
            ResNet(options.depth, width: options.width, normalization: options.normalization, using: generator)
        }
        let channels = backbones.online.lastLevel.channels
        projectors = Followed {
            ProjectionHead(
                channels, hidden: options.hiddenSize, options.projectionSize, normalization: options.normalization,
                using: generator)
        }
        predictor = ProjectionHead(
            options.projectionSize, hidden: options.hiddenSize, options.projectionSize, normalization: options.normalization,
            using: generator)
    }

    public var backbone: any Backbone { backbones.online }

    public func losses(_ views: ViewPair) -> [Loss] { losses(maps(views)) }

    /// The last maps of both views, (N, C, H, W) each: what BYOL pools whole, and E-DIY by regions.
    struct Maps {
        let online: [Tensor]
        let target: [Tensor]
    }

    func maps(_ views: ViewPair) -> Maps {
        let pair = [views.first, views.second]
        return Maps(
            online: passes(pair) { backbones.online.lastFeatureMap($0, .train) },
            target: withoutGrad { passes(pair) { backbones.target.lastFeatureMap($0, .train) } })
    }

    func losses(_ maps: Maps) -> [Loss] {
        let predictions = passes(maps.online) { predictor(projectors.online($0.mean([2, 3]), .train), .train) }
        let targets = withoutGrad { passes(maps.target) { projectors.target($0.mean([2, 3]), .train) } }
        let loss =
            byolLoss(prediction: predictions[0], target: targets[1])
            + byolLoss(prediction: predictions[1], target: targets[0])
        return [Loss("loss_byol", loss)]
    }

    public func updateTargets(momentum: Double) {
        backbones.follow(momentum: momentum)
        projectors.follow(momentum: momentum)
    }

    public var state: [StateEntry] {
        backbones.state("backbone.") + projectors.state("projector.") + predictor.state("predictor.")
    }

    public var parameters: [StateEntry] { state.filter { $0.role != .buffer } }
}

/// The mean of 2 − 2 cos(prediction, target) over rows (…, D): the squared distance of the unit vectors. The target is cut
/// from the graph.
public func byolLoss(prediction: Tensor, target: Tensor) -> Tensor {
    let cosine = (prediction.unitLength() * target.detached().unitLength()).sum([-1])
    return 2 - 2 * cosine.mean()
}

/// The target's momentum τ at an iteration: from `base` to 1 by half a cosine. Source: arXiv 2006.07733, section 3.3.
public func targetMomentum(base: Double, iteration: Int, of iterations: Int) -> Double {
    1 - (1 - base) * (cos(.pi * Double(iteration) / Double(iterations)) + 1) / 2
}
