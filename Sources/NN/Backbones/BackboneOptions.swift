import Recipes
import Torch

/// What a recipe says of a backbone: a value type for each family of them. Everything that has to be known before a tensor is
/// made is known from it.
public protocol BackboneOptions: Sendable, Equatable {
    associatedtype Network: Backbone

    /// The recipe's words of the family's members: `r18`, `r50`.
    static var words: [String] { get }

    /// The member that a recipe calls so, as its paper has it; nil where the family has none.
    init?(word: String)

    /// What a recipe calls it.
    var word: String { get }

    /// What people call it: `ResNet-50`.
    var name: String { get }

    /// The channels that all others are multiples of: of a ResNet's stem, of a transformer's tokens.
    var width: Int { get set }

    /// Reads the keys of a recipe that its family alone has, and keeps what is not given.
    ///
    /// - Throws: `UserError` with the line of what is wrong.
    mutating func read(_ recipe: RecipeSection) throws

    /// Of its feature maps, finest first.
    var levels: [FeatureLevel] { get }

    /// How many parts, from the input on, can be kept as they are: of a ResNet its stem and four stages.
    var partCount: Int { get }

    /// What it costs for an image.
    ///
    /// - Parameters:
    ///   - size: of the image.
    ///   - normalization: of its batch normalisations, where it has any.
    ///   - frozenParts: how many parts, from the input on, keep their weights.
    func cost(at size: Cost.MapSize, normalization: Normalization, frozenParts: Int) -> BackboneCost

    /// The network, with the weights it begins with.
    ///
    /// - Parameters:
    ///   - normalization: what its batch normalisations do, where it has any.
    ///   - frozenParts: how many parts, from the input on, keep their weights and normalise by running statistics; Detectron2's
    ///     FREEZE_AT.
    ///   - generator: draws the weights.
    func makeNetwork(normalization: Normalization, frozenParts: Int, using generator: Generator) -> Network
}

extension BackboneOptions {
    /// For people, with what sets it apart from others of the same name: `ResNet-50, width 64`.
    public var title: String { "\(name), width \(width)" }

    /// Of the coarsest feature map.
    public var lastLevel: FeatureLevel { levels[levels.count - 1] }
}

/// Options of a backbone that a C4 detector can be built on.
public protocol StagedBackboneOptions: BackboneOptions where Network: StagedBackbone {
    /// What the last stage costs on one pooled region of `size`, and the size of what it makes of it.
    func lastStageCost(
        at size: Cost.MapSize, normalization: Normalization, frozenParts: Int
    ) -> (cost: Cost, map: Cost.MapSize)
}

extension StagedBackboneOptions {
    /// Of the feature map that the last stage begins with.
    public var levelBeforeLastStage: FeatureLevel { levels[levels.count - 2] }
}

/// What a backbone costs for one image.
public struct BackboneCost: Sendable, Equatable {
    /// Of its parts, from the input on.
    public let parts: [Cost]
    /// The sizes of its feature maps, finest first.
    public let maps: [Cost.MapSize]

    public init(parts: [Cost], maps: [Cost.MapSize]) {
        self.parts = parts
        self.maps = maps
    }

    public var total: Cost { parts.reduce(Cost(), +) }

    /// Without the last part.
    public var beforeLastPart: Cost { parts.dropLast().reduce(Cost(), +) }
}
