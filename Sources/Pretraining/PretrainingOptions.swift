import NN
import Torch

/// How a backbone is pretrained, whatever the method. Defaults: BYOL's ImageNet recipe for 100 epochs (arXiv 2006.07733,
/// appendix F).
public struct PretrainingOptions: Sendable {
    public enum OptimizerName: String, Sendable, CaseIterable {
        case lars
        case sgd
    }

    public var backbone: any BackboneOptions = Backbones.standard
    /// `sync_bn` is over processes: the paper's statistics are those of the whole batch.
    public var normalization = Normalization.syncBN
    /// The side of a view, in pixels.
    public var imageSize = 224
    /// Images that go through the networks together, whose batch statistics normalise them.
    public var batchSize = 4096
    /// Batches whose gradients make one step, in the memory of one: rate, schedule and the target's momentum go by steps of
    /// all their images. Batch statistics stay those of one batch.
    public var accumulation = 1
    public var epochs = 100
    public var warmupEpochs = 10
    /// For a step of 256 images; the rate is in proportion to them.
    public var baseLearningRate = 0.45
    public var optimizer = OptimizerName.lars
    public var momentum = 0.9
    public var weightDecay = 1e-6
    /// The fraction of an image's area that a view shows at least.
    public var minCropScale = 0.08
    /// Whether images are decoded whole and views made with Pillow's arithmetic, step by step; else only what views show
    /// is decoded, as small as they allow, and the steps are one, which takes two thirds of the time.
    public var exactDecode = false
    /// Corrupt images that are put up with.
    public var maxCorruptImages = 0

    public init() {}

    /// Images per step.
    public var effectiveBatchSize: Int { batchSize * accumulation }

    /// Of a view.
    var viewSize: Cost.MapSize { Cost.MapSize(height: imageSize, width: imageSize) }

    /// Of the backbone, for one view.
    var backboneCost: Cost { backbone.cost(at: viewSize, normalization: normalization, frozenParts: 0).total }

    func makeBackbone(using generator: Generator) -> any Backbone {
        backbone.makeNetwork(normalization: normalization, frozenParts: 0, using: generator)
    }
}
