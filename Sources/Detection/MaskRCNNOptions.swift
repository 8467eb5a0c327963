import NN

/// Every number of the detector, with the values of Detectron2's R50-C4 or R50-FPN configuration and MoCo's protocol for
/// self-supervised weights as defaults.
public struct MaskRCNNOptions: Sendable {
    /// What regions are pooled from, and what is made of them.
    public enum Design: String, Sendable, CaseIterable {
        /// The third stage's map; the fourth stage is the head. Source: arXiv 1512.03385, appendix A.
        case c4
        /// A pyramid of five maps; small heads. Source: arXiv 1612.03144.
        case fpn

        /// What the sides of a batch are made multiples of. The pyramid halves five times; the last time is rounded.
        public var sizeDivisor: Int {
            switch self {
            case .c4: 1
            case .fpn: 32
            }
        }
    }

    public let design: Design

    // Backbone.
    public var depth = ResNet.Depth.r50
    /// Channels of the stem; 64 in the paper.
    public var width = 64
    /// Whether a bottleneck halves its map in its first convolution, as Caffe's weights and those made from them have it, and
    /// not in its 3×3.
    public var strideIn1x1 = false
    public var normalization = Normalization.syncBN
    /// How many of the ResNet's stem and four stages stay as they are: 0 in the protocol for self-supervised weights, 2 in
    /// Detectron2's for supervised ones.
    public var freezeAt = 0
    /// Batch normalisations outside of the ResNet, as the protocol for self-supervised weights has them: after the last stage
    /// in C4; in the pyramid and in the convolutions of the heads in FPN.
    public var extraNorm = true
    public var classes = 80
    /// Channels of the pyramid's maps. FPN alone.
    public var pyramidChannels = 256

    // Region proposals.
    /// √area in pixels: all of them at each cell of C4's map; one a map of FPN's five.
    public var anchorSizes: [Double] = [32, 64, 128, 256, 512]
    public var anchorRatios: [Double] = [0.5, 1, 2]
    /// Whether the corners of anchors are whole pixels, as torchvision has them.
    public var anchorsRounded = false
    public var rpnBatch = 256
    public var rpnPositiveFraction = 0.5
    public var rpnIoU: (low: Double, high: Double) = (0.3, 0.7)
    public var rpnBoxWeights: [Double] = [1, 1, 1, 1]
    public var rpnBoxLoss = BoxLoss.smoothL1(beta: 0)
    /// A map.
    public var preNMSTopK: (train: Int, test: Int)
    /// An image.
    public var postNMSTopK: (train: Int, test: Int)
    public var proposalNMS = 0.7

    // Regions of interest.
    public var roiBatch = 512
    public var roiPositiveFraction = 0.25
    public var roiIoU = 0.5
    /// The side of a region pooled for its class and box; in C4 for its mask too, before the last stage halves it.
    public var poolSize: Int
    /// The side of a region pooled for its mask. FPN alone.
    public var maskPoolSize = 14
    /// Samples a bin and axis of RoIAlign; 0 takes as many as the bin has pixels.
    public var samplingRatio = 0
    /// RoIAlign's half-pixel correction.
    public var roiAligned = true
    /// Convolutions of the box head, 3×3, and their channels; then fully connected layers, and their size. FPN alone.
    public var boxConvolutions = 0
    public var boxConvolutionChannels = 256
    public var boxLayers = 2
    public var boxLayerSize = 1024
    public var boxWeights: [Double] = [10, 10, 5, 5]
    public var boxLoss = BoxLoss.smoothL1(beta: 0)
    /// One box a region whatever its class, instead of one for each.
    public var classAgnosticBoxes = false
    /// Whether masks are predicted: Mask R-CNN with them, Faster R-CNN without.
    public var masks = true
    /// Convolutions of the mask head before the one that doubles.
    public var maskConvolutions: Int
    public var maskChannels = 256

    // Answers.
    public var scoreThreshold = 0.05
    public var nms = 0.5
    public var detectionsPerImage = 100
    /// From what probability on a pixel belongs to a mask.
    public var maskThreshold = 0.5
    public var maskPasting = MaskPasting.sampled

    public init(_ design: Design = .c4) {
        self.design = design
        switch design {
        case .c4:
            preNMSTopK = (12000, 6000)
            postNMSTopK = (2000, 1000)
            poolSize = 14
            maskConvolutions = 0
        case .fpn:
            preNMSTopK = (2000, 1000)
            postNMSTopK = (1000, 1000)
            poolSize = 7
            maskConvolutions = 4
        }
    }

    /// The side of a predicted mask: twice what it is predicted from.
    public var maskSize: Int {
        switch design {
        case .c4: (poolSize + 1) / 2 * 2
        case .fpn: maskPoolSize * 2
        }
    }

    public var backbone: ResNetOptions { ResNetOptions(depth, width: width, strideIn1x1: strideIn1x1) }

    /// What normalises outside of the ResNet.
    var extraNormalization: Normalization? { extraNorm ? normalization : nil }
}
