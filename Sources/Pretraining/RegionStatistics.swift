import Runs
import Torch

/// How different the regions of an image are to a backbone, and images from one another: what E-DIY's paper says BYOL gets
/// wrong, as numbers.
public struct RegionStatistics: Sendable, Equatable {
    /// The mean cosine of two different regions of an image; 1 when all are the same.
    public let meanPairwiseCosine: Double
    /// The effective rank of the region features, centred: 1 when all lie on a line, the number of channels when they spread
    /// evenly.
    public let effectiveRank: Double
    /// The same of the pooled features, one per image; at most one less than there are images.
    public let globalRank: Double
    /// The standard deviation of the pooled features scaled to unit length, the mean over channels. 0 after a collapse; 1 / √C
    /// when they spread evenly.
    public let featureDeviation: Double
    public let channels: Int

    /// The standard deviation as a fraction of an even spread's, 1 / √C.
    public var spread: Double { featureDeviation * Double(channels).squareRoot() }

    /// Whether the features have shrunk to a point: a standard deviation below 0.3 of an even spread's.
    public var isCollapsed: Bool { spread < 0.3 }

    /// Regions along a side of the feature map where no method says otherwise: the cells of a ResNet's at 224 pixels.
    public static let standardGrid = 7

    /// - Parameters:
    ///   - maps: the last feature map of each image, (N, C, H, W), N of at least 2.
    ///   - grid: regions along each side.
    public init(maps: Tensor, grid: Int) {
        let rows = regionRows(maps.to(.float32), grid: grid)
        let (n, regions, channels) = (rows.size(0), rows.size(1), rows.size(2))
        self.channels = channels
        let unit = rows.unitLength()
        let total = unit.sum([1])
        // Σᵢⱼ ⟨zᵢ, zⱼ⟩ = ‖Σ z‖², and the pairs of a region with itself are left out.
        let pairs = (total * total).sum([1]) - (unit * unit).sum([1, 2])
        meanPairwiseCosine = regions > 1 ? pairs.mean().item / Double(regions * (regions - 1)) : 1
        effectiveRank = effectiveRankOfRows(rows.reshaped([n * regions, channels]).floats, columns: channels)
        let pooled = maps.to(.float32).mean([2, 3])
        globalRank = effectiveRankOfRows(pooled.floats, columns: channels)
        featureDeviation = pooled.unitLength().variance([0], unbiased: false).sqrt().mean().item
    }

    /// As regions.json keeps them.
    ///
    /// - Parameter neighbourAccuracy: what was measured beside them.
    public func numbers(neighbourAccuracy: Double? = nil) -> RegionNumbers {
        RegionNumbers(
            meanPairwiseCosine: meanPairwiseCosine, effectiveRank: effectiveRank, globalRank: globalRank,
            featureDeviation: featureDeviation, channels: channels, neighbourAccuracy: neighbourAccuracy)
    }
}
