import DataLoading
import NN
import Torch
import Training

/// E-DIY (arXiv 2106.00537): BYOL, and on the regions of its maps two terms more. *Diversity*: inside a view the most
/// different regions are pushed apart. *Invariance*: between the views the most similar regions are pulled together.
///
/// The abstract says that much. What is ours, each an option: the regions are the cells of the last map pooled to
/// grid × grid; a projector and a predictor of BYOL's make see them, with a moving-average target; the most similar region
/// is found by the targets' projections; diversity is a hinge on the cosine of online projections; the terms are added with
/// weights α and β.
///
/// N images, S · S = R regions, D the size of a projection.
public struct EDIY: PretrainingMethod {
    private let byol: BYOL
    private let projectors: Followed<ProjectionHead>
    private let predictor: ProjectionHead
    private let options: RegionOptions
    private let passes: ViewPasses

    public init(_ options: PretrainingOptions, using generator: Generator) {
        // BYOL's weights are drawn first: with α = β = 0 the numbers are BYOL's.
        byol = BYOL(options, using: generator)
        let regions = options.regions
        self.options = regions
        passes = ViewPasses(together: options.viewsTogether)
        let channels = byol.backbone.lastLevel.channels
        projectors = Followed {
            ProjectionHead(
                channels, hidden: regions.hiddenSize, regions.projectionSize, normalization: options.normalization,
                using: generator)
        }
        predictor = ProjectionHead(
            regions.projectionSize, hidden: regions.hiddenSize, regions.projectionSize, normalization: options.normalization,
            using: generator)
    }

    public var backbone: any Backbone { byol.backbone }

    public func losses(_ views: ViewPair) -> [Loss] {
        let maps = byol.maps(views)
        let projections = passes(maps.online) { project($0, projectors.online) }
        let predictions = passes(projections) { z in
            predictor(z.flattened(from: 0, to: 1), .train).reshaped(z.shape).unitLength()
        }
        let online = projections.map { $0.unitLength() }
        let target = withoutGrad { passes(maps.target) { project($0, projectors.target).unitLength() } }
        let matching = options.matching == .target ? target : online.map { $0.detached() }

        var invariance = Tensor(scalar: 0, device: online[0].device)
        for (view, other) in [(0, 1), (1, 0)] {
            let pairs = mostSimilarRegions(matching[view], matching[other], bestPairs: options.bestPairs)
            invariance = invariance + invarianceLoss(predictions: predictions[view], targets: target[other], pairs: pairs)
        }
        let diversity = online.map { diversityLoss($0, pushed: options.pushedRegions, margin: options.margin) }
        return byol.losses(maps) + [
            Loss("loss_invariance", invariance * options.invariance),
            Loss("loss_diversity", (diversity[0] + diversity[1]) * (options.diversity / 2)),
        ]
    }

    /// (N, C, H, W) → (N, R, D)
    private func project(_ map: Tensor, _ head: ProjectionHead) -> Tensor {
        let rows = regionRows(map, grid: options.grid)
        return head(rows.flattened(from: 0, to: 1), .train).reshaped([rows.size(0), rows.size(1), -1])
    }

    public func updateTargets(momentum: Double) {
        byol.updateTargets(momentum: momentum)
        projectors.follow(momentum: momentum)
    }

    public var state: [StateEntry] {
        byol.state + projectors.state("region_projector.") + predictor.state("region_predictor.")
    }

    public var parameters: [StateEntry] { state.filter { $0.role != .buffer } }
}

/// The regions of a map, one a row: (N, C, H, W) → (N, grid · grid, C).
public func regionRows(_ map: Tensor, grid: Int) -> Tensor {
    map.adaptiveAveragePooled(grid, grid).flattened(from: 2).transposed(1, 2)
}

/// Pairs of a region of one view and one of the other, most similar first.
public struct RegionPairs {
    /// (N, P) int64: the place of the region in this view.
    public let own: Tensor
    /// (N, P) int64: the place of its partner in the other view.
    public let other: Tensor
}

/// For each region of a view the region of the other view most like it, or the best pairs of the whole image.
///
/// - Parameters:
///   - view, other: unit vectors (N, R, D).
///   - bestPairs: pairs an image; nil gives each region its own partner.
public func mostSimilarRegions(_ view: Tensor, _ other: Tensor, bestPairs: Int?) -> RegionPairs {
    withoutGrad {
        let (n, regions) = (view.size(0), other.size(1))
        let similarity = view.matmul(other.transposed(1, 2))
        guard let bestPairs else {
            let own = Tensor.arange(0..<view.size(1), device: view.device).unsqueezed(0).expanded([n, -1])
            return RegionPairs(own: own, other: similarity.argmax(2))
        }
        let best = similarity.flattened(from: 1).topK(min(bestPairs, view.size(1) * regions), 1).indices
        let own = (best.to(.float64) / Double(regions)).floor().to(.int64)
        return RegionPairs(own: own, other: best - own * Tensor(scalar: Double(regions), dtype: .int64, device: own.device))
    }
}

/// The mean of 2 − 2⟨pᵢ, z'ⱼ⟩ over pairs (i, j); the targets are cut from the graph.
///
/// - Parameters:
///   - predictions: unit vectors of this view (N, R, D).
///   - targets: unit vectors of the other view (N, R, D).
public func invarianceLoss(predictions: Tensor, targets: Tensor, pairs: RegionPairs) -> Tensor {
    func rows(_ x: Tensor, _ places: Tensor) -> Tensor {
        x.gathered(1, places.unsqueezed(2).expanded([-1, -1, x.size(2)]))
    }
    let cosine = (rows(predictions, pairs.own) * rows(targets.detached(), pairs.other)).sum([-1])
    return 2 - 2 * cosine.mean()
}

/// The mean over regions of max(0, ⟨zᵢ, zⱼ⟩ − margin), j being the regions of the same image least like i.
///
/// - Parameters:
///   - projections: unit vectors (N, R, D).
///   - pushed: least similar regions a region.
public func diversityLoss(_ projections: Tensor, pushed: Int, margin: Double) -> Tensor {
    let similarity = projections.matmul(projections.transposed(1, 2))
    let least = similarity.topK(min(pushed, similarity.size(2)), 2, largest: false).values
    return (least - margin).relu().mean()
}
