import DataLoading
import Detection
import Foundation
import NN
import Pretraining
import Runs
import Support
import Training

/// What a benchmark would run, and what that would cost: counted from the recipe alone, without a tensor.
///
/// What is counted: convolutions and linear layers, two operations a multiply-add; backward twice forward. Detection images
/// have the mean of the recipe's short sides and a shape of 4 : 3. Memory is what the maps of an image take until backward
/// is done with them; 12 bytes a parameter, for weight, gradient and momentum, come once. Estimates, to a factor: what
/// libraries need besides is not in them.
public struct BenchmarkPlan {
    /// How fast the device at hand is.
    public enum Speed: Sendable {
        /// Operations that it reaches in training: 10¹² a second.
        case tflops(Double)
        /// Images a second, the same in both stages.
        case imagesPerSecond(Double)
    }

    /// One stage of one method and seed.
    public struct Row: Sendable {
        public let stage: RunStage
        public let method: String
        public let seed: UInt64
        /// Images that training sees; nil where the dataset is not at hand to be counted.
        public let images: Int?
        public let parameters: Int
        /// Operations of a training step, an image.
        public let operations: Double
        /// Bytes an image.
        public let memory: Double

        /// Of training.
        public func hours(_ speed: Speed) -> Double? {
            images.map { images in
                switch speed {
                case .tflops(let rate): Double(images) * operations / (rate * 1e12) / 3600
                case .imagesPerSecond(let rate): Double(images) / rate / 3600
                }
            }
        }
    }

    public let name: String
    public let rows: [Row]

    /// - Parameter unlabeledImages: how many images backbones are pretrained on; nil where they are not at hand.
    public init(_ recipe: Recipe, unlabeledImages: Int?) {
        name = recipe.name
        var rows: [Row] = []
        for seed in recipe.seeds {
            for method in recipe.methods {
                if let variant = recipe.variant(method) { rows.append(Self.pretraining(variant, seed, unlabeledImages)) }
                rows.append(Self.fineTuning(recipe, method, seed))
            }
        }
        self.rows = rows
    }

    private static func pretraining(_ variant: Variant, _ seed: UInt64, _ count: Int?) -> Row {
        let options = variant.options
        let cost = variant.method.cost(options)
        let batch = options.batchSize
        return Row(
            stage: .pretrain, method: variant.name, seed: seed,
            images: count.map { options.epochs * max($0 / batch, 1) * batch }, parameters: cost.learned.parameters,
            operations: 2 * (3 * cost.learned.multiplyAdds + cost.followed.multiplyAdds),
            memory: cost.learned.keptValues * variant.precision.bytes)
    }

    private static func fineTuning(_ recipe: Recipe, _ method: String, _ seed: UInt64) -> Row {
        let options = recipe.detection
        let edges = options.input.edges
        let edge = edges.lengths.reduce(0, +) / edges.lengths.count
        let size = edges.size(width: 4, height: 3, edge: edge)
        let cost = options.detector.trainingCost(.init(height: size.height, width: size.width))
        return Row(
            stage: .finetune, method: method, seed: seed, images: options.iterations * options.batchSize,
            parameters: cost.parameters, operations: 6 * cost.multiplyAdds,
            memory: cost.keptValues * recipe.detectionRun.precision.bytes)
    }

    /// A table for the terminal, a row a stage and their sum.
    public func text(_ speed: Speed?) -> String {
        let head = ["stage", "method", "seed", "images", "parameters", "GFLOP/image", "MiB/image", "hours"]
        func hours(_ value: Double?) -> String { value.map { String(format: "%.2f", $0) } ?? "-" }
        var lines = [head]
        lines += rows.map { row in
            [
                row.stage.rawValue, row.method, "\(row.seed)", row.images.map(String.init) ?? "-", "\(row.parameters)",
                String(format: "%.1f", row.operations / 1e9), String(format: "%.0f", row.memory / 0x1p20),
                hours(speed.flatMap(row.hours)),
            ]
        }
        if let speed {
            let known = rows.compactMap { $0.hours(speed) }
            let total = known.count == rows.count ? known.reduce(0, +) : nil
            lines.append(["total", "", "", "", "", "", "", hours(total)])
        }
        return aligned(lines, words: [0, 1]).joined(separator: "\n")
    }
}

extension Precision {
    /// Of a value that waits for backward.
    fileprivate var bytes: Double {
        switch self {
        case .float32: 4
        case .bfloat16: 2
        }
    }
}
