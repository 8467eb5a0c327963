#if canImport(Glibc)
import Glibc
#endif

/// The learning rate as a function of the iteration, counted from 0.
public enum Schedule: Equatable, Sendable {
    /// `base` times `factor` for each milestone passed. Warm-up: linear from `warmupFactor` · rate to the rate, as
    /// Detectron2's `WarmupMultiStepLR` has it.
    case multiStep(
        base: Double, milestones: [Int], factor: Double = 0.1, warmup: Int = 0, warmupFactor: Double = 0.001)
    /// A half cosine from `base` to 0 over `iterations`, after a linear warm-up from 0, as BYOL has it (arXiv 2006.07733,
    /// section 3.3).
    case cosine(base: Double, iterations: Int, warmup: Int = 0)

    public func learningRate(at iteration: Int) -> Double {
        switch self {
        case .multiStep(let base, let milestones, let factor, let warmup, let warmupFactor):
            let rate = base * pow(factor, Double(milestones.count { iteration >= $0 }))
            guard iteration < warmup else { return rate }
            let done = Double(iteration) / Double(warmup)
            return rate * (warmupFactor * (1 - done) + done)
        case .cosine(let base, let iterations, let warmup):
            if iteration < warmup { return base * Double(iteration) / Double(warmup) }
            let done = Double(iteration - warmup) / Double(max(iterations - warmup, 1))
            return base * 0.5 * (1 + cos(.pi * min(done, 1)))
        }
    }
}
