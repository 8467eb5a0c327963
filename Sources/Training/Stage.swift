import DataLoading
import NN
import Torch

/// A number to be made small, by its name in metrics.jsonl. A step differentiates the sum of all.
public struct Loss {
    public let name: String
    /// A scalar.
    public let value: Tensor

    public init(_ name: String, _ value: Tensor) {
        self.name = name
        self.value = value
    }
}

/// What the one loop needs to know of a stage, be it pretraining or fine-tuning.
public protocol Stage {
    associatedtype Source: BatchSource

    /// Where batches come from.
    var source: Source { get }
    /// How many steps the whole stage takes.
    var iterations: Int { get }
    /// Of all processes together.
    var imagesPerIteration: Int { get }
    /// Batches whose gradients make one step: their losses' mean is differentiated, one after the other, in the memory of one.
    var accumulation: Int { get }
    var optimizer: any Optimizer { get }
    var schedule: Schedule { get }
    /// Every tensor that a step changes, but for the optimizer's own.
    var state: [StateEntry] { get }

    /// The losses of one batch of an iteration, or of this process's part of it: then of such names and number as the others', and
    /// such that the mean over processes is the loss of the batch. Random choices are drawn from generators seeded by the run's
    /// seed and `iteration`.
    func losses(_ batch: Source.Batch, at iteration: Int) throws -> [Loss]

    /// After the optimizer's step: moving averages.
    func afterStep(at iteration: Int)

    /// Further numbers for metrics.jsonl, asked for when a line is written.
    func observations(at iteration: Int) -> [(name: String, value: Double)]

    /// Numbers that take time to measure, asked for after every step; empty where none are due, and a line is written where
    /// there are any. Must change nothing that a step depends on.
    ///
    /// - Parameter iterations: steps done.
    func measurements(after iterations: Int) throws -> [(name: String, value: Double)]
}

extension Stage {
    public var accumulation: Int { 1 }
    public func afterStep(at iteration: Int) {}
    public func observations(at iteration: Int) -> [(name: String, value: Double)] { [] }
    public func measurements(after iterations: Int) throws -> [(name: String, value: Double)] { [] }
}
