import DataLoading
import NN

/// How a detector is fine-tuned. Defaults: Detectron2's 1x schedule and solver.
public struct FineTuningOptions: Sendable {
    public var detector = RCNNOptions()
    public var input = DetectionInput()
    public var batchSize = 16
    public var iterations = 90_000
    public var learningRate = 0.02
    /// The batch that `learningRate` is meant for: it is scaled linearly to `batchSize`. nil leaves it as it is. Source: Goyal
    /// et al. 2017 (arXiv 1706.02677).
    public var referenceBatch: Int?
    /// At each the rate is multiplied by `rateDecay`.
    public var milestones = [60_000, 80_000]
    public var rateDecay = 0.1
    /// Iterations until the full rate, from `warmupStart` of it on.
    public var warmup = 1000
    public var warmupStart = 0.001
    public var momentum = 0.9
    public var weightDecay = 1e-4
    /// Of the scales and shifts of normalisations.
    public var normDecay = 0.0
    public var gradientClip: GradientClip?
    /// Training batches that the running statistics are recomputed on before the evaluation; 0 keeps the running averages.
    public var preciseBatches = 0
    /// Images per step of the test.
    public var testBatchSize = 1
    /// The part of the training images that is learned from: the same ones for every seed.
    public var trainFraction = 1.0
    /// Damaged images that are put up with.
    public var maxCorruptImages = 0

    public init() {}

    public var schedule: Schedule {
        let scale = referenceBatch.map { Double(batchSize) / Double($0) } ?? 1
        return .multiStep(
            base: learningRate * scale, milestones: milestones, factor: rateDecay, warmup: warmup, warmupFactor: warmupStart)
    }
}
