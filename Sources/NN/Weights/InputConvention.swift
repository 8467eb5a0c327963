import Torch

/// What a network's weights expect of its input and of its strides: nothing in their shapes tells, and with the wrong one the
/// numbers are merely bad.
public struct InputConvention: Sendable, Equatable {
    public let isBGR: Bool
    /// In grey levels, in the network's order of channels.
    public let mean: [Double]
    public let deviation: [Double]
    public let strideIn1x1: Bool
    /// What it was concluded from.
    public let reason: String
    /// What speaks against it.
    public var doubt: String?

    /// Of ImageNet's training images, red, green and blue, in grey levels of 0 to 255; torchvision's, 255 times 0.485, 0.456, 0.406.
    public static let imageNetMean = [123.675, 116.28, 103.53]
    /// 255 times 0.229, 0.224, 0.225.
    public static let imageNetDeviation = [58.395, 57.12, 57.375]

    /// PyTorch's: RGB, ImageNet's mean and deviation, the stride in the 3×3 convolution.
    static func torchvision(_ reason: String) -> InputConvention {
        InputConvention(
            isBGR: false, mean: imageNetMean, deviation: imageNetDeviation, strideIn1x1: false, reason: reason)
    }

    /// Caffe's, and Detectron2's own: BGR, the mean alone, the stride in the first 1×1 convolution.
    static func caffe(_ reason: String) -> InputConvention {
        InputConvention(isBGR: true, mean: imageNetMean.reversed(), deviation: [1, 1, 1], strideIn1x1: true, reason: reason)
    }

    /// In words.
    public var text: String {
        func list(_ values: [Double]) -> String { values.map { "\($0)" }.joined(separator: ", ") }
        return "\(isBGR ? "BGR" : "RGB"), mean \(list(mean)), deviation \(list(deviation)), stride in the "
            + (strideIn1x1 ? "1×1" : "3×3") + " convolution"
    }
}

extension NetworkWeights {
    /// What these weights expect, as far as it can be told.
    public var convention: InputConvention {
        if let mean = pixelMean, let deviation = pixelDeviation {
            let isPlain = deviation.allSatisfy { $0 == 1 }
            return InputConvention(
                isBGR: mean[0] < mean[2], mean: mean, deviation: deviation, strideIn1x1: isPlain && layout == .detectron2,
                reason: "the file's pixel_mean and pixel_std")
        }
        switch (layout, network) {
        case (.caffe2, _): return .caffe("Caffe2's names")
        case (.detectron2, .detector):
            // What is trained counts its batches; Detectron2's own normalisation is frozen and does not.
            if names.contains(where: { $0.hasSuffix("num_batches_tracked") }) {
                return .torchvision("trained batch normalisation, as in the protocol for self-supervised weights")
            }
            var guess = InputConvention.caffe("Detectron2's defaults: the file does not say")
            if !hasFoldedStatistics {
                guess.doubt =
                    "its frozen statistics are not those of Caffe's weights: if its backbone came from PyTorch, say so by "
                    + "--recipe (channel_order: rgb, pixel_mean, pixel_std, stride_in_1x1: false)"
            }
            return guess
        case (.detectron2, .backbone) where hasFoldedStatistics: return .caffe("statistics multiplied into scale and shift")
        default: return .torchvision("\(layout.title) names")
        }
    }

    /// Whether the statistics are multiplied into scale and shift, as Caffe's weights have them: the stem's mean is 0 and its
    /// variance 1, but for ε.
    public var hasFoldedStatistics: Bool {
        func values(_ field: String) -> [Float]? {
            (self["bn1.\(field)"] ?? self["backbone.bn1.\(field)"])?.tensor().floats
        }
        guard let mean = values("running_mean"), let variance = values("running_var") else { return false }
        return mean.allSatisfy { $0 == 0 } && variance.allSatisfy { abs($0 - 1) < 1e-4 }
    }
}
