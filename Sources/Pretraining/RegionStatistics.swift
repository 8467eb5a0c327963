import COpenBLAS
import NN
import Support
import Torch

#if canImport(Glibc)
import Glibc
#endif

/// How different the regions of a picture are to a backbone: what E-DIY's paper says BYOL gets wrong, as numbers.
public struct RegionStatistics: Sendable, Equatable {
    /// The mean cosine of two different regions of a picture; 1 when all are the same.
    public let meanPairwiseCosine: Double
    /// Roy and Vetterli's effective rank (EUSIPCO 2007) of the region features, centred: e to the entropy of the singular
    /// values over their sum. 1 when all lie on a line, the number of channels when they spread evenly.
    public let effectiveRank: Double
    /// The deviation of the pooled features scaled to unit length, the mean over channels. 0 after a collapse; 1 / √C when
    /// they spread evenly.
    public let featureDeviation: Double
    public let channels: Int

    /// Whether the features have shrunk to a point: a deviation below 0.3 of an even spread's.
    public var isCollapsed: Bool { featureDeviation < 0.3 / Double(channels).squareRoot() }

    /// - Parameter maps: the last map of each picture, (N, C, H, W), N of at least 2.
    public init(maps: Tensor, grid: Int) {
        let rows = regionRows(maps.to(.float32), grid: grid)
        let (n, regions, channels) = (rows.size(0), rows.size(1), rows.size(2))
        self.channels = channels
        let unit = rows.unitLength()
        let total = unit.sum([1])
        // Σᵢⱼ ⟨zᵢ, zⱼ⟩ = ‖Σ z‖², and the pairs of a region with itself are left out.
        let pairs = (total * total).sum([1]) - (unit * unit).sum([1, 2])
        meanPairwiseCosine = regions > 1 ? pairs.mean().item / Double(regions * (regions - 1)) : 1
        effectiveRank = Self.effectiveRank(rows.reshaped([n * regions, channels]).floats, columns: channels)
        let pooled = maps.to(.float32).mean([2, 3]).unitLength()
        featureDeviation = pooled.variance([0], unbiased: false).sqrt().mean().item
    }

    /// Measures a backbone on pictures (N, 3, H, W), a few at a time.
    public init(of backbone: ResNet, images: [Tensor], grid: Int) {
        let maps = withoutGrad { images.map { backbone.features($0.to(backbone.conv1.weight.device), .evaluate).to(.cpu) } }
        self.init(maps: Tensor.concatenated(maps), grid: grid)
    }

    /// The contents of regions.json.
    public var json: JSON {
        [
            "mean_pairwise_cosine": .double(meanPairwiseCosine), "effective_rank": .double(effectiveRank),
            "feature_std": .double(featureDeviation), "channels": .int(channels),
        ]
    }

    /// The effective rank of a matrix (rows, columns), row-major, after centring its columns.
    static func effectiveRank(_ values: [Float], columns: Int) -> Double {
        let rows = values.count / columns
        var centred = values
        for c in 0..<columns {
            var sum: Float = 0
            for r in 0..<rows { sum += values[r * columns + c] }
            let mean = sum / Float(rows)
            for r in 0..<rows { centred[r * columns + c] -= mean }
        }
        // The covariance has the squares of the singular values.
        var covariance = [Float](repeating: 0, count: columns * columns)
        cblas_ssyrk(
            CblasRowMajor, CblasUpper, CblasTrans, Int32(columns), Int32(rows), 1, centred, Int32(columns), 0,
            &covariance, Int32(columns))
        let singular = eigenvalues(ofSymmetric: &covariance, size: columns).map { Double(max($0, 0)).squareRoot() }
        let total = singular.reduce(0, +)
        guard total > 0 else { return 0 }
        let entropy = singular.reduce(0.0) { sum, value in
            let p = value / total
            return p > 0 ? sum - p * log(p) : sum
        }
        return exp(entropy)
    }

    /// - Parameter matrix: its upper triangle, row-major; overwritten.
    private static func eigenvalues(ofSymmetric matrix: inout [Float], size: Int) -> [Float] {
        var (n, info): (Int32, Int32) = (Int32(size), 0)
        var values = [Float](repeating: 0, count: size)
        var length: Int32 = -1
        var best: Float = 0
        // Fortran sees the upper triangle of rows as the lower one of columns.
        ssyev_("N", "L", &n, &matrix, &n, &values, &best, &length, &info)
        length = Int32(best)
        var work = [Float](repeating: 0, count: Int(length))
        ssyev_("N", "L", &n, &matrix, &n, &values, &work, &length, &info)
        return values
    }
}
