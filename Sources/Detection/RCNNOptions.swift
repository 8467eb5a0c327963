import NN

/// What a recipe says of a detector: its parts, each with options of its own. Defaults: Detectron2's R50-C4 or R50-FPN
/// configuration, with the normalisations of the protocols for self-supervised weights.
public struct RCNNOptions: Sendable {
    /// The necks, by the recipe's words. A new neck is one more line here, and one in `options`.
    public enum Design: String, Sendable, CaseIterable {
        case c4
        case fpn

        /// As the neck's source has it.
        var options: any NeckOptions {
            switch self {
            case .c4: C4Options()
            case .fpn: FPNOptions()
            }
        }
    }

    /// The heads, in the order in which their weights are drawn, and each predicts on what those before it found. A new head is
    /// one more line.
    static let headKinds: [any ROIHeadOptions.Type] = [
        BoxHeadOptions.self,
        MaskHeadOptions.self,
    ]

    public let design: Design
    public var backbone: any BackboneOptions = ResNetOptions()
    /// Of the backbone, and of the parts that have normalisations of their own.
    public var normalization = Normalization.syncBN
    /// How many parts of the backbone, from the input on, stay as they are, of a ResNet its stem and four stages: 0 in the
    /// protocols for self-supervised weights, 2 in Detectron2's for supervised ones.
    public var freezeAt = 0
    public var classes = 80
    public var neck: any NeckOptions
    public var rpn: RPNOptions
    public var sampling = ROISamplingOptions()
    public var pooling = ROIPoolingOptions()
    /// Of the kinds of `headKinds`, in their order.
    public private(set) var heads: [any ROIHeadOptions]

    public init(_ design: Design = .c4) {
        self.design = design
        let neck = design.options
        self.neck = neck
        rpn = RPNOptions(maps: neck.levels(on: backbone).count)
        heads = Self.headKinds.filter { $0.isStandard }.map { $0.init(sharesFeatures: neck.sharesROIFeatures) }
    }

    /// The feature maps that proposals are made on, finest first.
    public var levels: [FeatureLevel] { neck.levels(on: backbone) }

    /// The options of a head; nil where the detector has it not.
    subscript<Options: ROIHeadOptions>(kind: Options.Type) -> Options? {
        get { heads.lazy.compactMap { $0 as? Options }.first }
        set { set(newValue, of: kind) }
    }

    /// Puts in, replaces or takes away a head.
    mutating func set(_ head: (any ROIHeadOptions)?, of kind: any ROIHeadOptions.Type) {
        heads = Self.headKinds.compactMap { each in each == kind ? head : heads.first { type(of: $0) == each } }
    }

    /// For people: `Mask R-CNN R50-C4`.
    public var name: String {
        "\(mask == nil ? "Faster" : "Mask") R-CNN \(backbone.word.uppercased())-\(design.rawValue.uppercased())"
    }
}
