import NN
import Torch

/// What heads see of ROIs: features that they share, or cells that are pooled for each head as it asks for them.
///
/// R ROIs (image, x₀, y₀, x₁, y₁), C channels, S × S cells.
public struct ROIFeatures {
    /// (R, 5)
    public let rois: Tensor
    private let source: Source

    private enum Source {
        case shared(Tensor)
        case pooled(ROIPooler, maps: [Tensor])
    }

    /// - Parameter features: (R, C, S, S), the same for all heads.
    public static func shared(_ features: Tensor, rois: Tensor) -> ROIFeatures {
        ROIFeatures(rois: rois, source: .shared(features))
    }

    /// - Parameter maps: finest first, as many as the pooler has strides, or more.
    public static func pooled(by pooler: ROIPooler, from maps: [Tensor], rois: Tensor) -> ROIFeatures {
        ROIFeatures(rois: rois, source: .pooled(pooler, maps: maps))
    }

    /// (R, C, S, S)
    ///
    /// - Parameters:
    ///   - side: S, where cells are pooled for this head by itself; shared features have their own.
    ///   - indices: the ROIs that are looked at, on their device; nil looks at all.
    public func callAsFunction(side: Int, of indices: Tensor? = nil) -> Tensor {
        switch source {
        case .shared(let features): indices.map { features.indexSelected(0, $0) } ?? features
        case .pooled(let pooler, let maps): pooler(indices.map { rois.indexSelected(0, $0) } ?? rois, of: maps, side: side)
        }
    }
}

/// What heads see of an ROI, known before there is a network.
public struct ROIFeatureShape: Sendable, Equatable {
    public let channels: Int
    /// The side of features that all heads share; nil where each head has cells pooled for itself.
    public let sharedSide: Int?

    public init(channels: Int, sharedSide: Int? = nil) {
        self.channels = channels
        self.sharedSide = sharedSide
    }

    /// The size of what a head sees that asks for `side`.
    func map(side: Int) -> Cost.MapSize { Cost.MapSize(height: sharedSide ?? side, width: sharedSide ?? side) }
}
