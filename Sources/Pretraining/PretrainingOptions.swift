import DataLoading
import NN
import Vision

/// The methods that the suite pretrains with.
public enum PretrainingMethodName: String, Sendable, CaseIterable {
    case byol
    case eDIY = "e-diy"
}

/// How a backbone is pretrained. Defaults: BYOL's ImageNet recipe for 100 epochs (arXiv 2006.07733, appendix F).
public struct PretrainingOptions: Sendable {
    public enum OptimizerName: String, Sendable, CaseIterable {
        case lars
        case sgd
    }

    public var depth = ResNet.Depth.r50
    /// Channels of the stem; 64 in the paper.
    public var width = 64
    /// Over processes: the paper's statistics are those of the whole batch.
    public var normalization = Normalization.syncBN
    public var imageSize = 224
    /// Images that go through the networks together, whose batch statistics normalise them.
    public var batchSize = 4096
    /// Batches whose gradients make one step, in the memory of one: rate, schedule and the target's momentum go by steps of
    /// all their images. Batch statistics stay those of one batch.
    public var accumulation = 1
    /// Whether both views go through each network in one pass, their batch statistics being those of both: other numbers than
    /// the paper's, whose views have each their own.
    public var viewsTogether = false
    public var epochs = 100
    public var warmupEpochs = 10
    /// For a step of 256 images; the rate is in proportion to them.
    public var baseLearningRate = 0.45
    public var optimizer = OptimizerName.lars
    public var momentum = 0.9
    public var weightDecay = 1e-6
    /// The target's momentum at the beginning; it rises to 1.
    public var targetMomentum = 0.99
    public var hiddenSize = 4096
    public var projectionSize = 256
    /// Part of an image's area that a view shows at least.
    public var minCropScale = 0.08
    /// Whether images are decoded whole and views made with Pillow's arithmetic, step by step; else only what views show
    /// is decoded, as small as they allow, and the steps are one, which takes two thirds of the time.
    public var exactDecode = false
    /// Damaged images that are put up with.
    public var maxCorruptImages = 0
    public var regions = RegionOptions()

    public init() {}

    /// Images a step.
    public var effectiveBatchSize: Int { batchSize * accumulation }
}

/// The choices of E-DIY that its paper's abstract leaves open. All of them are ours.
public struct RegionOptions: Sendable {
    /// Which projections say what region of the other view is most like one of this.
    public enum Matching: String, Sendable, CaseIterable {
        case target
        case online
    }

    /// The map is pooled to grid × grid regions.
    public var grid = 7
    /// Half of BYOL's: 49 regions a view go through it, and with 4096 the step takes 1.13 times BYOL's.
    public var hiddenSize = 2048
    public var projectionSize = 256
    /// Weight of invariance: α.
    public var invariance = 1.0
    /// Weight of diversity: β.
    public var diversity = 0.1
    public var matching = Matching.target
    /// Pairs an image that are pulled together, the most similar ones; nil pulls each region to its own nearest.
    public var bestPairs: Int?
    /// Least similar regions that each region is pushed from.
    public var pushedRegions = 1
    /// The cosine from which on two regions are far enough apart: m. −1 pushes without limit.
    public var margin = -1.0

    public init() {}
}
