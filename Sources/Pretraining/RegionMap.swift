import NN
import Runs
import Torch
import Vision

/// The last map of one image, region by region, to be looked at: where a backbone sees what it sees in one place. The
/// mechanism of E-DIY's paper.
public struct RegionMap: Sendable {
    /// Regions a row, and a column.
    public let width: Int
    public let height: Int
    /// (height · width, C), unit length.
    private let regions: Tensor

    /// - Parameters:
    ///   - map: (1, C, H, W).
    ///   - grid: pools the map to grid × grid regions; nil takes its own cells.
    public init(_ map: Tensor, grid: Int? = nil) {
        (height, width) = (grid ?? map.size(2), grid ?? map.size(3))
        let pooled = grid.map { map.adaptiveAveragePooled($0, $0) } ?? map
        regions = pooled.to(.float32).flattened(from: 2).selected(0, 0).transposed(0, 1).unitLength()
    }

    /// The region that shows a point, given as shares of the image's width and height; of one outside the nearest.
    public func region(x: Double, y: Double) -> Int {
        func place(_ share: Double, of count: Int) -> Int { min(max(Int(share * Double(count)), 0), count - 1) }
        return place(y, of: height) * width + place(x, of: width)
    }

    /// The cosine of a region's feature with each one's, row by row; 1 at its own.
    public func cosines(with region: Int) -> [Float] {
        regions.matmul(regions.selected(0, region).unsqueezed(1)).squeezed(1).floats
    }

    /// As regions.json keeps it, of a map of as many rows as columns.
    public func similarity(fileName: String, region: Int) -> RegionSimilarity {
        precondition(width == height, "\(width) × \(height) regions")
        return RegionSimilarity(fileName: fileName, grid: width, region: region, similarities: cosines(with: region).map(Double.init))
    }

    /// The cosines as an image of this size, dark at 0 and bright at 1, over the image itself in grey.
    public func heat(with region: Int, over image: Image) -> Image {
        let bytes = cosines(with: region).map { UInt8((255 * min(max($0, 0), 1)).rounded()) }
        let smooth = Image(width: width, height: height, channels: 1, pixels: bytes)
            .resized(width: image.width, height: image.height, filter: .bilinear)
        var heat = image.rgb
        for (i, value) in smooth.pixels.enumerated() {
            let color = ColorMap.viridis(Double(value) / 255)
            let grey = Int(Color(red: heat.pixels[3 * i], green: heat.pixels[3 * i + 1], blue: heat.pixels[3 * i + 2]).luma)
            for (c, part) in [color.red, color.green, color.blue].enumerated() {
                // A third of the image's light, so that its things can still be told.
                heat.pixels[3 * i + c] = UInt8((2 * Int(part) + grey) / 3)
            }
        }
        return heat
    }
}
