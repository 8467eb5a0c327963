import Torch

/// Which ResNet: its depth, its width, and where its bottlenecks halve their maps. Sources: He et al. 2016 (arXiv 1512.03385),
/// who have the stride in the first 1×1 convolution, as Caffe's weights do; Goyal et al. 2017 (arXiv 1706.02677), who moved it
/// to the 3×3, where torchvision has it.
public struct ResNetOptions: StagedBackboneOptions {
    public var depth: ResNet.Depth
    /// Channels of the stem; 64 in the paper, less for small experiments.
    public var width: Int
    /// Whether a bottleneck that halves its map does so in its first convolution; Detectron2's STRIDE_IN_1X1. Without meaning
    /// for networks without bottlenecks.
    public var strideIn1x1: Bool

    public init(_ depth: ResNet.Depth = .r50, width: Int = 64, strideIn1x1: Bool = false) {
        self.depth = depth
        self.width = width
        self.strideIn1x1 = strideIn1x1
    }

    public static var words: [String] { ResNet.Depth.allCases.map(\.word) }

    public init?(word: String) {
        guard let depth = ResNet.Depth.allCases.first(where: { $0.word == word }) else { return nil }
        self.init(depth)
    }

    public var word: String { depth.word }
    public var name: String { "ResNet-\(depth.rawValue)" }

    /// Of the four stages.
    public var levels: [FeatureLevel] {
        (0..<4).map { FeatureLevel(stride: 4 << $0, channels: (width << $0) * depth.expansion) }
    }

    public var partCount: Int { 5 }

    public func makeNetwork(normalization: Normalization, frozenParts: Int, using generator: Generator) -> ResNet {
        ResNet(self, normalization: normalization, frozenParts: frozenParts, using: generator)
    }
}

extension ResNet {
    /// Layers with weights on the way through, the classifier among them. Source: He et al. 2016, table 1.
    public enum Depth: Int, Sendable, CaseIterable {
        case r18 = 18
        case r34 = 34
        case r50 = 50
        case r101 = 101
        case r152 = 152

        /// Blocks of each stage.
        var blocks: [Int] {
            switch self {
            case .r18: [2, 2, 2, 2]
            case .r34, .r50: [3, 4, 6, 3]
            case .r101: [3, 4, 23, 3]
            case .r152: [3, 8, 36, 3]
            }
        }

        /// Whether a block is 1×1, 3×3, 1×1, and not two 3×3.
        public var usesBottlenecks: Bool { rawValue >= 50 }

        /// Output channels of a block over its width.
        var expansion: Int { usesBottlenecks ? 4 : 1 }

        var word: String { "r\(rawValue)" }
    }
}
