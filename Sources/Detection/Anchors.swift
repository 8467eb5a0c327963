import Torch

/// Anchors on a grid: at each cell one of each size and ratio. Source: Detectron2's `DefaultAnchorGenerator`.
public struct Anchors: Sendable {
    public let stride: Int
    /// x₀, y₀, x₁, y₁ around the origin, sizes outermost.
    private let cell: [Float]
    private let offset: Float

    /// - Parameters:
    ///   - sizes: √area in pixels.
    ///   - ratios: height over width.
    ///   - offset: where in its cell an anchor is centred, in strides; Detectron2's configurations have 0, the corner.
    public init(sizes: [Double], ratios: [Double], stride: Int, offset: Double = 0) {
        self.stride = stride
        self.offset = Float(offset)
        cell = sizes.flatMap { size in
            ratios.flatMap { ratio -> [Float] in
                let width = (size * size / ratio).squareRoot()
                let height = ratio * width
                return [-width / 2, -height / 2, width / 2, height / 2].map(Float.init)
            }
        }
    }

    /// Anchors a cell.
    public var perCell: Int { cell.count / 4 }

    /// (rows · columns · perCell, 4), in the order row, column, size, ratio.
    public func callAsFunction(rows: Int, columns: Int, device: Device = .cpu) -> Tensor {
        var values: [Float] = []
        values.reserveCapacity(rows * columns * cell.count)
        for row in 0..<rows {
            for column in 0..<columns {
                let (x, y) = ((Float(column) + offset) * Float(stride), (Float(row) + offset) * Float(stride))
                for i in Swift.stride(from: 0, to: cell.count, by: 4) {
                    values += [cell[i] + x, cell[i + 1] + y, cell[i + 2] + x, cell[i + 3] + y]
                }
            }
        }
        return Tensor(values, [rows * columns * perCell, 4]).to(device)
    }
}
