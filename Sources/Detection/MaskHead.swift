import NN
import Torch

/// A mask for each category: 3×3 convolutions (none in C4, four in FPN), doubled by a transposed one. Source: Mask R-CNN (arXiv
/// 1703.06870), figure 4, as Detectron2 has it.
///
/// R regions, K categories, masks of S × S.
public struct MaskHead: Module {
    private let convolutions: [ConvNorm]
    private let deconv: ConvTranspose2d
    private let predictor: Conv2d

    public init(channels: Int, _ options: MaskRCNNOptions, using generator: Generator) {
        let inner = options.maskChannels
        convolutions = (0..<options.maskConvolutions).map { i in
            ConvNorm(
                i == 0 ? channels : inner, inner, kernel: 3, normalization: options.extraNormalization,
                initializer: .heNormalFanOut, using: generator)
        }
        deconv = ConvTranspose2d(
            convolutions.isEmpty ? channels : inner, inner, kernel: 2, stride: 2, initializer: .heNormalFanOut,
            using: generator)
        predictor = Conv2d(inner, options.classes, kernel: 1, initializer: .normal(deviation: 0.001), using: generator)
    }

    /// (R, C, S/2, S/2) → logits (R, K, S, S)
    func callAsFunction(_ features: Tensor, _ mode: Mode) -> Tensor {
        let hidden = convolutions.reduce(features) { $1($0, mode, activated: true) }
        return predictor(deconv(hidden).relu()).to(.float32)
    }

    public func state(_ prefix: String) -> [StateEntry] {
        convolutions.enumerated().flatMap { $1.state("\(prefix)mask_fcn\($0 + 1).") }
            + deconv.state("\(prefix)deconv.") + predictor.state("\(prefix)predictor.")
    }
}

/// Of masks for each class (R, K, S, S) those of the regions' own: (R, S, S).
func ownMasks(_ masks: Tensor, classes: [Int]) -> Tensor {
    let (count, side) = (masks.size(1), masks.size(2))
    let own = Tensor(classes.enumerated().map { $0 * count + $1 }).to(masks.device)
    return masks.reshaped([-1, side, side]).indexSelected(0, own)
}

/// Binary cross entropy of each region's mask of its own class, the mean over regions and pixels.
///
/// - Parameters:
///   - logits: (R, K, S, S)
///   - classes: R
///   - targets: (R, S, S), 0 and 1
public func maskLoss(logits: Tensor, classes: [Int], targets: Tensor) -> Tensor {
    guard !classes.isEmpty else { return logits.sum() * 0 }
    return ownMasks(logits, classes: classes).binaryCrossEntropyWithLogits(targets.to(logits.device))
}
