import Foundation
import NN
import Testing
import Torch

/// Against plain batch normalisation of the parts put together: `torch.nn.SyncBatchNorm` wants CUDA.
@Suite struct SynchronisedBatchNormTests {
    private struct Answer: Sendable {
        let output, inputGrad, weightGrad, biasGrad, mean, variance: [Double]
        let batches: Int
    }

    private static let channels = 5

    /// What a normalisation makes of `x`, twice with its statistics moving, and the gradients of a loss that weighs each value
    /// by itself.
    ///
    /// - Parameter group: nil normalises by `x` alone.
    private static func run(_ x: Tensor, _ weights: Tensor, over group: ProcessGroup?) throws -> Answer {
        func parameter(_ seed: Int, _ shift: Double) -> Tensor {
            Tensor(sines(channels, seed).map { $0 + shift }).to(x.dtype).requiringGrad()
        }
        let (weight, bias) = (parameter(3, 1.5), parameter(4, 0))
        let mean = Tensor.zeros([channels]).to(x.dtype), variance = Tensor.ones([channels]).to(x.dtype)
        let batches = Tensor.zeros([], dtype: .int64)
        var output = x
        x.requiringGrad()
        for _ in 0..<2 {
            (x.grad, weight.grad, bias.grad) = (nil, nil, nil)
            if let group {
                output = x.batchNormalized(
                    weight: weight, bias: bias, runningMean: mean, runningVariance: variance, batchesTracked: batches,
                    momentum: 0.1, epsilon: 1e-5, over: group)
            } else {
                let training = x.count > channels
                output = x.batchNormalized(
                    weight: weight, bias: bias, runningMean: mean, runningVariance: variance, training: training, momentum: 0.1,
                    epsilon: 1e-5)
                if training { batches.addInPlace(Tensor(scalar: 1, dtype: .int64)) }
            }
            try (output * output * weights).sum().backward()
        }
        func doubles(_ t: Tensor?) -> [Double] { t?.array() ?? [] }
        return Answer(
            output: doubles(output.detached()), inputGrad: doubles(x.grad), weightGrad: doubles(weight.grad),
            biasGrad: doubles(bias.grad), mean: doubles(mean), variance: doubles(variance), batches: batches.ints[0])
    }

    private static func sines(_ count: Int, _ seed: Int) -> [Double] {
        (0..<count).map { i in
            let angle = 0.7 * Double(i * 37 + seed * 11)
            return sin(angle)
        }
    }

    /// The largest difference over the largest value.
    private func error(_ a: [Double], _ b: [Double]) -> Double {
        guard a.count == b.count, let largest = b.map(abs).max() else { return a == b ? 0 : .nan }
        return zip(a, b).map { abs($0 - $1) }.max().map { $0 / max(largest, 1e-3) } ?? 0
    }

    /// Images of a process each, of side × side values a channel; a side of 0 makes rows of them.
    struct Parts: Sendable, CustomTestStringConvertible {
        let counts: [Int]
        let side: Int
        var format = MemoryFormat.contiguous
        var dtype = DType.float64
        var testDescription: String { "\(counts) of \(side) × \(side), \(format), \(dtype)" }

        func tensor(_ range: Range<Int>, seed: Int) -> Tensor {
            let cells = max(side * side, 1), each = channels * cells
            let all = sines(counts.reduce(0, +) * each, seed)
            // Channels of different spread, and far from 0.
            let values = (range.lowerBound * each..<range.upperBound * each).map { i in
                all[i] * Double(1 + i / cells % channels) + (seed == 1 ? 3 : 0)
            }
            guard side > 0 else { return Tensor(values, [range.count, channels]).to(dtype) }
            return Tensor(values, [range.count, channels, side, side]).to(dtype).contiguous(format)
        }
    }

    @Test(arguments: [
        Parts(counts: [2, 2], side: 3), Parts(counts: [2, 2], side: 3, format: .channelsLast), Parts(counts: [3, 1, 4], side: 2),
        Parts(counts: [5, 3], side: 0), Parts(counts: [4, 0], side: 2), Parts(counts: [0, 3, 2], side: 0),
        Parts(counts: [1, 1], side: 0), Parts(counts: [3, 5], side: 4, dtype: .float32),
        Parts(counts: [3, 5], side: 4, format: .channelsLast, dtype: .float32),
    ])
    func partsAreNormalisedAsTheWhole(_ parts: Parts) throws {
        let total = parts.counts.reduce(0, +), tolerance = parts.dtype == .float64 ? 1e-9 : 1e-6
        let whole = try Self.run(parts.tensor(0..<total, seed: 1), parts.tensor(0..<total, seed: 2), over: nil)
        let answers = try withProcesses(parts.counts.count) { group in
            let start = parts.counts.prefix(group.rank).reduce(0, +)
            let mine = start..<start + parts.counts[group.rank]
            return try Self.run(parts.tensor(mine, seed: 1), parts.tensor(mine, seed: 2), over: group)
        }
        #expect(error(answers.flatMap(\.output), whole.output) < tolerance)
        #expect(error(answers.flatMap(\.inputGrad), whole.inputGrad) < tolerance)
        func sum(_ values: (Answer) -> [Double]) -> [Double] {
            answers.dropFirst().reduce(values(answers[0])) { zip($0, values($1)).map(+) }
        }
        #expect(error(sum(\.weightGrad), whole.weightGrad) < tolerance)
        #expect(error(sum(\.biasGrad), whole.biasGrad) < tolerance)
        for answer in answers {
            #expect(error(answer.mean, whole.mean) < tolerance && error(answer.variance, whole.variance) < tolerance)
            #expect(answer.batches == whole.batches)
            #expect(answer.mean == answers[0].mean && answer.variance == answers[0].variance)
        }
    }

    @Test func oneValueAChannelAltogetherLeavesTheStatistics() throws {
        let parts = Parts(counts: [1, 0], side: 0)
        let alone = try Self.run(parts.tensor(0..<1, seed: 1), parts.tensor(0..<1, seed: 2), over: nil)
        let answers = try withProcesses(2) { group in
            let mine = group.rank..<1
            return try Self.run(parts.tensor(mine, seed: 1), parts.tensor(mine, seed: 2), over: group)
        }
        #expect(error(answers[0].output, alone.output) < 1e-9 && error(answers[0].inputGrad, alone.inputGrad) < 1e-9)
        #expect(answers.allSatisfy { $0.batches == 0 && $0.mean == alone.mean && $0.variance == alone.variance })
    }

    /// The layer asks for the processes about it; in a process by itself it is trained.
    @Test func theLayerAsksForTheProcessesAboutIt() throws {
        let parts = Parts(counts: [2, 3], side: 2, dtype: .float32)
        @Sendable func run(_ range: Range<Int>, _ normalization: Normalization) -> ([Float], [Float], Int) {
            let norm = BatchNorm(Self.channels, normalization)
            let output = norm(parts.tensor(range, seed: 1), .train)
            return (output.detached().floats, norm.runningVariance.floats, norm.batchesTracked.ints[0])
        }
        let trained = run(0..<5, .bn)
        #expect(run(0..<5, .syncBN) == trained)
        let answers = try withProcesses(2) { run($0.rank == 0 ? 0..<2 : 2..<5, .syncBN) }
        #expect(zip(answers.flatMap(\.0), trained.0).allSatisfy { abs($0 - $1) < 1e-5 })
        #expect(answers.allSatisfy { zip($0.1, trained.1).allSatisfy { abs($0 - $1) < 1e-5 } && $0.2 == 1 })
        let apart = try withProcesses(2) { run($0.rank == 0 ? 0..<2 : 2..<5, .bn) }
        #expect(!zip(apart.flatMap(\.0), trained.0).allSatisfy { abs($0 - $1) < 1e-2 })
    }
}
