import NN
import Support
import Torch

/// How like one region of a picture all of its regions are to a backbone: the mechanism of E-DIY's paper, to be looked at.
public struct RegionMap: Sendable, Equatable {
    /// Cells a side, S.
    public let grid: Int
    /// The place of the region that the others are held against, row by row.
    public let region: Int
    /// S·S cosines, row by row; 1 at `region`.
    public let similarities: [Float]

    /// - Parameters:
    ///   - map: the last map of one picture, (1, C, H, W).
    ///   - x, y: the point whose region is taken, as shares of the picture's width and height.
    public init(map: Tensor, grid: Int, x: Double, y: Double) {
        func cell(_ share: Double) -> Int { min(max(Int(share * Double(grid)), 0), grid - 1) }
        let region = cell(y) * grid + cell(x)
        // (S·S, C)
        let rows = regionRows(map.to(.float32), grid: grid).selected(0, 0).unitLength()
        self.grid = grid
        self.region = region
        similarities = rows.matmul(rows.selected(0, region).unsqueezed(1)).squeezed(1).floats
    }

    /// Measures a backbone.
    ///
    /// - Parameter image: one picture, (1, 3, H, W), as the backbone takes it.
    public init(of backbone: ResNet, image: Tensor, grid: Int, x: Double, y: Double) {
        let map = withoutGrad { backbone.features(image.to(backbone.conv1.weight.device), .evaluate).to(.cpu) }
        self.init(map: map, grid: grid, x: x, y: y)
    }

    /// One of `maps` of regions.json.
    public func json(fileName: String) -> JSON {
        [
            "file_name": .string(fileName), "grid": .int(grid), "region": .int(region),
            "similarities": .array(similarities.map { .double((Double($0) * 1000).rounded() / 1000) }),
        ]
    }
}
