import Testing
import Torch

extension VectorLevel {
    /// Those of this processor.
    static let all = allCases.filter { $0 <= .processor }
}

/// What `body` gives, in which each kernel must run as often as is said, and the others never: a result alone does not tell who made it.
func expecting<R>(
    _ runs: [Kernel: Int], sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> R
) rethrows -> R {
    let before = Kernel.allCases.map(\.runs)
    let result = try body()
    for (kernel, before) in zip(Kernel.allCases, before) {
        #expect(kernel.runs - before == runs[kernel] ?? 0, "runs of \(kernel)", sourceLocation: sourceLocation)
    }
    return result
}

/// Numbers of a normal distribution, of images with channels innermost.
func normal(_ shape: [Int], _ seed: UInt64, mean: Double = 0, deviation: Double = 1) -> Tensor {
    let x = Tensor.normal(shape, mean: mean, deviation: deviation, generator: Generator(seed: seed))
    return shape.count == 4 ? x.contiguous(.channelsLast) : x
}
