import DataLoading
import NN
import Recipes
import Torch
import Training
import Vision

/// A way to pretrain a backbone from views of unlabeled images: the networks, while they learn.
///
/// One method is one file: its options (`MethodOptions`), its networks, its losses, which are free functions on tensors, and its
/// state. `Methods` lists them.
public protocol PretrainingMethod {
    /// What is kept at the end.
    var backbone: any Backbone { get }
    /// Everything that a step changes.
    var state: [StateEntry] { get }

    /// The losses of one batch.
    ///
    /// - Parameter views: (N, 3, S, S) each, normalised; as many as the method's options ask for, in their order.
    func losses(_ views: [Tensor]) -> [Loss]

    /// After the optimizer's step: moving averages.
    ///
    /// - Parameters:
    ///   - iteration: the step's index.
    ///   - iterations: how many steps there are.
    func afterStep(at iteration: Int, of iterations: Int)

    /// Further numbers of a step for metrics.jsonl.
    func observations(at iteration: Int, of iterations: Int) -> [(name: String, value: Double)]
}

extension PretrainingMethod {
    /// What the optimizer changes.
    public var parameters: [StateEntry] { state.filter { $0.role != .buffer } }
    public func afterStep(at iteration: Int, of iterations: Int) {}
    public func observations(at iteration: Int, of iterations: Int) -> [(name: String, value: Double)] { [] }
}

/// What a recipe says of a method: a value type for each, with everything that has to be known before a tensor is made.
public protocol MethodOptions: Sendable {
    associatedtype Method: PretrainingMethod

    /// What recipes, commands and run folders call it: `e-diy`.
    static var word: String { get }
    /// What people call it: `E-DIY`.
    static var title: String { get }
    /// Where it is published: `arXiv 2106.00537`.
    static var citation: String { get }
    /// What people call its losses, by their names in metrics.jsonl.
    static var lossTitles: [(name: String, title: String)] { get }

    /// The defaults.
    init()

    /// Reads the method's own keys of the section `pretraining`; what is not given keeps its default.
    mutating func read(_ recipe: RecipeSection) throws

    /// How each view of an image is made that a step takes.
    func views(_ options: PretrainingOptions) -> [ViewAugmentation]

    /// What a step costs for one image.
    func cost(_ options: PretrainingOptions) -> PretrainingCost

    /// Regions along a side of the feature map that the method tells apart; nil for one that pools it whole.
    var regionGrid: Int? { get }

    /// The networks, with the weights they begin with.
    ///
    /// - Parameter generator: draws the weights.
    func makeMethod(_ options: PretrainingOptions, using generator: Generator) -> Method
}

extension MethodOptions {
    public var word: String { Self.word }
    public var title: String { Self.title }
    public var regionGrid: Int? { nil }
}

/// What a step costs for one image, all views together.
public struct PretrainingCost: Sendable, Equatable {
    /// Of the networks that learn.
    public let learned: Cost
    /// Of those that do not: moving averages of others.
    public let followed: Cost

    public init(learned: Cost, followed: Cost = Cost()) {
        self.learned = learned
        self.followed = followed.frozen
    }
}
