import DataLoading
import NN
import Recipes
import Torch
import Training
import Vision

/// E-DIY (arXiv 2106.00537): BYOL, and two terms more on the regions of its feature maps. *Diversity*: inside a view the most
/// different regions are pushed apart. *Invariance*: between the views the most similar regions are pulled together.
///
/// The abstract says that much. What is ours, each an option: the regions are the cells of the last feature map pooled to
/// grid × grid; a projector and a predictor of BYOL's make see them, with a moving-average target; the most similar region
/// is found by the targets' projections; diversity is a hinge on the cosine of online projections; the terms are added with
/// weights α and β.
///
/// N images, S · S = R regions, D the size of a projection.
public struct EDIY: PretrainingMethod {
    private let byol: BYOL
    private let projectors: MomentumPair<ProjectionHead>
    private let predictor: ProjectionHead
    private let options: RegionOptions
    private let passes: ViewPasses

    /// - Parameters:
    ///   - own: what is E-DIY's, and what it has of BYOL.
    ///   - options: what any method has.
    ///   - generator: draws the weights: BYOL's first, so that with α = β = 0 the numbers are BYOL's.
    public init(_ own: EDIYOptions, _ options: PretrainingOptions, using generator: Generator) {
        byol = BYOL(own.byol, options, using: generator)
        let regions = own.regions
        self.options = regions
        passes = ViewPasses(together: own.byol.viewsTogether)
        func head(_ inputs: Int) -> ProjectionHead {
            ProjectionHead(
                inputs, hidden: regions.hiddenSize, regions.projectionSize, normalization: options.normalization,
                using: generator)
        }
        let channels = options.backbone.lastLevel.channels
        projectors = MomentumPair { head(channels) }
        predictor = head(regions.projectionSize)
    }

    public var backbone: any Backbone { byol.backbone }

    public func losses(_ views: [Tensor]) -> [Loss] {
        let maps = byol.featureMaps(views)
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

    public func afterStep(at iteration: Int, of iterations: Int) {
        byol.afterStep(at: iteration, of: iterations)
        projectors.follow(momentum: byol.momentum(at: iteration, of: iterations))
    }

    public func observations(at iteration: Int, of iterations: Int) -> [(name: String, value: Double)] {
        byol.observations(at: iteration, of: iterations)
    }

    public var state: [StateEntry] {
        byol.state + projectors.state("region_projector.") + predictor.state("region_predictor.")
    }
}

/// Pairs of a region of one view and one of the other, most similar first.
public struct RegionPairs {
    /// (N, P) int64: the index of the region in this view.
    public let own: Tensor
    /// (N, P) int64: the index of its partner in the other view.
    public let other: Tensor
}

/// For each region of a view the region of the other view most like it, or the best pairs of the whole image.
///
/// - Parameters:
///   - view, other: unit vectors (N, R, D).
///   - bestPairs: pairs per image; nil gives each region its own partner.
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
///   - pushed: least similar regions per region.
public func diversityLoss(_ projections: Tensor, pushed: Int, margin: Double) -> Tensor {
    let similarity = projections.matmul(projections.transposed(1, 2))
    let least = similarity.topK(min(pushed, similarity.size(2)), 2, largest: false).values
    return (least - margin).relu().mean()
}

/// What is E-DIY's own.
public struct EDIYOptions: MethodOptions {
    public var byol = BYOLOptions()
    public var regions = RegionOptions()

    public static let word = "e-diy"
    public static let title = "E-DIY"
    public static let citation = "arXiv 2106.00537"
    public static let lossTitles =
        BYOLOptions.lossTitles + [
            (name: "loss_invariance", title: "invariance"), (name: "loss_diversity", title: "diversity"),
        ]

    public init() {}

    public mutating func read(_ recipe: RecipeSection) throws {
        try byol.read(recipe)
        try regions.read(recipe.section("regions"))
    }

    public var regionGrid: Int? { regions.grid }

    public func views(_ options: PretrainingOptions) -> [ViewAugmentation] { byol.views(options) }

    /// BYOL's, and that of the heads on each region of both views.
    public func cost(_ options: PretrainingOptions) -> PretrainingCost {
        let count = regions.grid * regions.grid, size = regions.projectionSize
        let encoder =
            options.backboneCost
            + ProjectionHead.cost(options.backbone.lastLevel.channels, hidden: byol.hiddenSize, byol.projectionSize)
            + count * ProjectionHead.cost(options.backbone.lastLevel.channels, hidden: regions.hiddenSize, size)
        let predictor =
            ProjectionHead.cost(byol.projectionSize, hidden: byol.hiddenSize, byol.projectionSize)
            + count * ProjectionHead.cost(size, hidden: regions.hiddenSize, size)
        return PretrainingCost(learned: 2 * (encoder + predictor), followed: 2 * encoder)
    }

    public func makeMethod(_ options: PretrainingOptions, using generator: Generator) -> EDIY {
        EDIY(self, options, using: generator)
    }
}

/// The choices of E-DIY that its paper's abstract leaves open. All of them are ours.
public struct RegionOptions: Sendable {
    /// Which projections say what region of the other view is most like one of this.
    public enum Matching: String, Sendable, CaseIterable {
        case target
        case online
    }

    /// The feature map is pooled to grid × grid regions.
    public var grid = 7
    /// Half of BYOL's: 49 regions per view go through it, and with 4096 the step takes 1.13 times BYOL's.
    public var hiddenSize = 2048
    public var projectionSize = 256
    /// Weight of invariance: α.
    public var invariance = 1.0
    /// Weight of diversity: β.
    public var diversity = 0.1
    public var matching = Matching.target
    /// Pairs per image that are pulled together, the most similar ones; nil pulls each region to its own nearest.
    public var bestPairs: Int?
    /// Least similar regions that each region is pushed from.
    public var pushedRegions = 1
    /// The cosine from which on two regions are far enough apart: m. −1 pushes without limit.
    public var margin = -1.0

    public init() {}

    mutating func read(_ recipe: RecipeSection) throws {
        func ours(_ meaning: String, unit: String? = nil) -> KeyDoc { KeyDoc(meaning, unit: unit, source: "ours") }
        grid = try recipe.positive("grid", default: grid, ours("Regions along each side of the feature map", unit: "regions"))
        hiddenSize = try recipe.positive(
            "hidden_size", default: hiddenSize, ours("Hidden channels of the regions' projector and predictor", unit: "channels"))
        projectionSize = try recipe.positive(
            "projection_size", default: projectionSize, ours("Channels of a region's projection", unit: "channels"))
        invariance = try recipe.value(
            "invariance", default: invariance, ours("Weight α of the loss that pulls the views' most similar regions together"))
        diversity = try recipe.value(
            "diversity", default: diversity, ours("Weight β of the loss that pushes a view's most different regions apart"))
        matching = try recipe.choice(
            "matching", default: matching, ours("Whose projections say which region of the other view is most similar"))
        let pairs = try recipe.count(
            "best_pairs", default: bestPairs ?? 0,
            ours("Pairs per image that are pulled together, the most similar ones; 0 pulls each region to its nearest", unit: "pairs"))
        bestPairs = pairs == 0 ? nil : pairs
        pushedRegions = try recipe.positive(
            "pushed_regions", default: pushedRegions, ours("Least similar regions that each region is pushed from", unit: "regions"))
        margin = try recipe.value(
            "margin", default: margin, ours("The cosine m below which two regions are far enough apart; -1 pushes without limit"))
    }
}
