import Torch
import Vision

/// How images are made ready for a detector.
public struct DetectionInput: Sendable, Equatable {
    public var edges: ShortestEdge
    public var minSizeTest: Int
    public var testResizing = TestResizing.pillow
    public var normalization = PixelNormalization.imageNet
    public var flipProbability = 0.5
    /// Sides of a batch are made multiples of it.
    public var divisor = 1
    /// Whether training batches are of wide images or of high ones, as far as they can be: less is padded.
    public var groupsByAspect = true

    /// How an image comes to its size when it is predicted on.
    public enum TestResizing: Sendable {
        /// As bytes, by Pillow's arithmetic, as Detectron2's are.
        case pillow
        /// Normalised first, then bilinearly without antialiasing, as torchvision's detectors do it themselves
        /// (`GeneralizedRCNNTransform`).
        case torchvision
    }

    /// Detectron2's for the 1x schedule: 640 to 800 in steps of 32, at most 1333, tested at 800.
    public init(edges: ShortestEdge = ShortestEdge(Array(stride(from: 640, through: 800, by: 32)), longest: 1333), minSizeTest: Int = 800) {
        self.edges = edges
        self.minSizeTest = minSizeTest
    }
}

extension DetectionInput {
    /// An image to predict on, normalised and at its size: (1, 3, H, W).
    public func prepared(_ image: Image) -> Tensor {
        switch testResizing {
        case .pillow:
            let (width, height) = edges.size(width: image.width, height: image.height, edge: minSizeTest)
            return normalization([image.resized(width: width, height: height, filter: .bilinear)])
        case .torchvision:
            let (width, height) = edges.sizeRoundedDown(width: image.width, height: image.height, edge: minSizeTest)
            return normalization([image]).upsampled(height, width, .bilinear)
        }
    }
}
