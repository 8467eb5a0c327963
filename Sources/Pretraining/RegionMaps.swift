import Data
import NN
import Support
import Torch
import Vision

/// The last map of a picture, cell by cell: where in the picture a backbone sees what it sees in one place.
public struct RegionMaps: Sendable {
    /// Cells of the map.
    public let width: Int
    public let height: Int
    /// Of the picture's regions, pooled to a grid.
    public let meanPairwiseCosine: Double
    public let effectiveRank: Double
    /// (height · width, C), unit length.
    private let cells: Tensor

    /// - Parameters:
    ///   - size: what the picture's short side is resized to; both sides become multiples of 32, a cell's.
    ///   - grid: regions a side of the statistics.
    public init(_ backbone: ResNet, _ image: Image, size: Int, grid: Int) {
        let scale = Double(size) / Double(min(image.width, image.height))
        func side(_ length: Int) -> Int { max(Int((Double(length) * scale / 32).rounded()), 1) * 32 }
        let shown = image.rgb.resized(width: side(image.width), height: side(image.height), filter: .bicubic)
        let map = withoutGrad {
            backbone.features(PixelNormalization.imageNet([shown]).to(backbone.conv1.weight.device), .evaluate).to(.cpu)
                .to(.float32)
        }
        (height, width) = (map.size(2), map.size(3))
        cells = map.flattened(from: 2).selected(0, 0).transposed(0, 1).unitLength()
        let statistics = RegionStatistics(maps: map, grid: grid)
        (meanPairwiseCosine, effectiveRank) = (statistics.meanPairwiseCosine, statistics.effectiveRank)
    }

    /// The cell that shows a place of the picture, both sides 0 ..< 1.
    public func cell(x: Double, y: Double) -> Int {
        min(Int(y * Double(height)), height - 1) * width + min(Int(x * Double(width)), width - 1)
    }

    /// The cosine of a cell's feature with each cell's, rows from top to bottom.
    public func cosines(with cell: Int) -> [Float] { cells.matmul(cells.selected(0, cell).unsqueezed(1)).floats }

    /// The cosines as a picture of this size, dark at 0 and bright at 1, over the picture itself in grey.
    public func heat(with cell: Int, over image: Image) -> Image {
        let bytes = cosines(with: cell).map { UInt8((255 * min(max($0, 0), 1)).rounded()) }
        let smooth = Image(width: width, height: height, channels: 1, pixels: bytes)
            .resized(width: image.width, height: image.height, filter: .bilinear)
        var heat = image.rgb
        for (i, value) in smooth.pixels.enumerated() {
            let color = ColorMap.viridis(Double(value) / 255)
            let grey = Int(Color(red: heat.pixels[3 * i], green: heat.pixels[3 * i + 1], blue: heat.pixels[3 * i + 2]).luma)
            for (c, part) in [color.red, color.green, color.blue].enumerated() {
                // A third of the picture's light, so that its things can still be told.
                heat.pixels[3 * i + c] = UInt8((2 * Int(part) + grey) / 3)
            }
        }
        return heat
    }
}
