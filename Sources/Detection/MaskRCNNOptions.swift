import NN

/// Every number of the detector, with the values of Detectron2's R50-C4 configuration and MoCo's protocol for
/// self-supervised weights as defaults.
public struct MaskRCNNOptions: Sendable {
    // Backbone.
    public var depth = ResNet.Depth.r50
    /// Channels of the stem; 64 in the paper.
    public var width = 64
    public var normalization = Normalization.trained
    /// A batch normalisation after the last stage in the RoI head, as MoCo's protocol has it.
    public var extraNorm = true
    public var classes = 80

    // Region proposals.
    public var anchorSizes: [Double] = [32, 64, 128, 256, 512]
    public var anchorRatios: [Double] = [0.5, 1, 2]
    public var rpnBatch = 256
    public var rpnPositiveFraction = 0.5
    public var rpnIoU: (low: Double, high: Double) = (0.3, 0.7)
    public var proposalsBeforeNMS: (train: Int, test: Int) = (12000, 6000)
    public var proposalsAfterNMS: (train: Int, test: Int) = (2000, 1000)
    public var proposalNMS = 0.7

    // Regions of interest.
    public var roiBatch = 512
    public var roiPositiveFraction = 0.25
    public var roiIoU = 0.5
    /// The side of a pooled region, before the last stage halves it.
    public var poolSize = 14
    public var boxWeights: [Double] = [10, 10, 5, 5]
    public var maskChannels = 256

    // Answers.
    public var scoreThreshold = 0.05
    public var nms = 0.5
    public var detectionsPerImage = 100

    public init() {}

    /// The stride of the map that regions are pooled from.
    public static let stride = 16
    /// The side of a predicted mask: what the last stage leaves, doubled.
    public var maskSize: Int { (poolSize + 1) / 2 * 2 }
}
