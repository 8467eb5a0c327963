import NN
import Torch
import Training

/// A mask for each class: 3×3 convolutions (none where heads share features, four in FPN), doubled by a transposed one. Source:
/// Mask R-CNN (arXiv 1703.06870), figure 4, as Detectron2 has it.
///
/// R ROIs, K classes, masks of S × S.
struct MaskHead: ROIHead {
    private let options: MaskHeadOptions
    private let convolutions: [ConvNorm]
    private let deconv: ConvTranspose2d
    private let predictor: Conv2d

    /// - Parameter channels: of what it sees of an ROI.
    init(_ options: MaskHeadOptions, channels: Int, classes: Int, normalization: Normalization, using generator: Generator) {
        self.options = options
        let inner = options.channels
        convolutions = (0..<options.convolutions).map { i in
            ConvNorm(
                i == 0 ? channels : inner, inner, kernel: 3, normalization: options.norm ? normalization : nil,
                initializer: .heNormalFanOut, using: generator)
        }
        deconv = ConvTranspose2d(
            convolutions.isEmpty ? channels : inner, inner, kernel: 2, stride: 2, initializer: .heNormalFanOut,
            using: generator)
        predictor = Conv2d(inner, classes, kernel: 1, initializer: .normal(deviation: 0.001), using: generator)
    }

    /// (R, C, S/2, S/2) → logits (R, K, S, S)
    func callAsFunction(_ cells: Tensor, _ mode: Mode) -> Tensor {
        let hidden = convolutions.reduce(cells) { $1($0, mode, activated: true) }
        return predictor(deconv(hidden).relu()).to(.float32)
    }

    func losses(_ sample: ROISample, _ features: ROIFeatures) -> [Loss] {
        let foreground = sample.foreground
        let logits = self(features(side: options.poolSize, of: Tensor(foreground).to(features.rois.device)), .train)
        let side = logits.size(3)
        let loss = maskLoss(
            logits: logits, classes: foreground.map { sample.classes[$0] },
            targets: Tensor(targets(sample, side: side).map(Float.init), [foreground.count, side, side]))
        return [Loss("loss_mask", loss * sample.weights.foreground)]
    }

    /// What the masks of the ROIs on objects should be, side × side values each.
    private func targets(_ sample: ROISample, side: Int) -> [UInt8] {
        let corners = sample.boxes.floats
        return zip(sample.foreground, sample.objects).flatMap { roi, object in
            maskTarget(
                polygons: sample.targets[object.image].polygons[object.index], box: Array(corners[4 * roi..<4 * roi + 4]), side: side)
        }
    }

    func predictions(_ found: Instances, _ features: ROIFeatures, size: (width: Int, height: Int)) -> Instances {
        let masks = ownMasks(self(features(side: options.poolSize), .evaluate), classes: found.classes).sigmoid()
        return found.with(InstanceMasks(probabilities: masks, pasting: options.pasting, threshold: options.threshold))
    }

    func state(_ prefix: String) -> [StateEntry] {
        let own = "\(prefix)mask_head."
        return convolutions.enumerated().flatMap { $1.state("\(own)mask_fcn\($0 + 1).") }
            + deconv.state("\(own)deconv.") + predictor.state("\(own)predictor.")
    }
}

/// Of masks for each class (R, K, S, S) those of the ROIs' own: (R, S, S).
func ownMasks(_ masks: Tensor, classes: [Int]) -> Tensor {
    let (count, side) = (masks.size(1), masks.size(2))
    let own = Tensor(classes.enumerated().map { $0 * count + $1 }).to(masks.device)
    return masks.reshaped([-1, side, side]).indexSelected(0, own)
}

/// Binary cross entropy of each ROI's mask of its own class, the mean over ROIs and pixels.
///
/// - Parameters:
///   - logits: (R, K, S, S)
///   - classes: R
///   - targets: (R, S, S), 0 and 1
public func maskLoss(logits: Tensor, classes: [Int], targets: Tensor) -> Tensor {
    guard !classes.isEmpty else { return logits.sum() * 0 }
    return ownMasks(logits, classes: classes).binaryCrossEntropyWithLogits(targets.to(logits.device))
}
