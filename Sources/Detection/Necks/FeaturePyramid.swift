import NN
import Torch

/// Feature maps with the same channels, coarse ones mixed into fine ones: a lateral 1×1 convolution of each
/// stage's map, plus the coarser result doubled, through a 3×3 convolution. Source: arXiv 1612.03144, section 3; the
/// coarsest map, every second cell of the one before it, from its section 4.1, footnote.
///
/// Names: `fpn_lateral2` … `fpn_output5`, as Detectron2's.
public struct FeaturePyramid: Module {
    /// Of the levels 2, 3, 4 and 5.
    private let laterals: [ConvNorm]
    private let outputs: [ConvNorm]

    /// - Parameters:
    ///   - inputs: channels of the stages' maps.
    ///   - normalization: of a batch normalisation after each convolution; nil has none.
    public init(from inputs: [Int], to channels: Int, normalization: Normalization?, using generator: Generator) {
        laterals = inputs.map {
            ConvNorm($0, channels, kernel: 1, normalization: normalization, initializer: .xavierFanIn, using: generator)
        }
        outputs = inputs.map { _ in
            ConvNorm(
                channels, channels, kernel: 3, normalization: normalization, initializer: .xavierFanIn, using: generator)
        }
    }

    /// The stages' maps, finest first → one more map than them, finest first.
    public func callAsFunction(_ stages: [Tensor], _ mode: Mode) -> [Tensor] {
        var maps: [Tensor] = []
        var above: Tensor?
        for (i, stage) in stages.enumerated().reversed() {
            let lateral = laterals[i](stage, mode)
            let merged = above.map { lateral + $0.upsampled(lateral.size(2), lateral.size(3), .nearest) } ?? lateral
            maps.insert(outputs[i](merged, mode), at: 0)
            above = merged
        }
        return maps + [maps[maps.count - 1].maxPooled(kernel: 1, stride: 2)]
    }

    public func state(_ prefix: String) -> [StateEntry] {
        laterals.indices.flatMap { i in
            laterals[i].state("\(prefix)fpn_lateral\(i + 2).") + outputs[i].state("\(prefix)fpn_output\(i + 2).")
        }
    }
}
