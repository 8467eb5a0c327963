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
    ///   - rounded: whether corners are whole pixels around the centre, as torchvision has them.
    public init(sizes: [Double], ratios: [Double], stride: Int, offset: Double = 0, rounded: Bool = false) {
        self.stride = stride
        self.offset = Float(offset)
        cell = sizes.flatMap { size in
            ratios.flatMap { ratio -> [Float] in
                let width = (size * size / ratio).squareRoot()
                let height = ratio * width
                let corners = [-width / 2, -height / 2, width / 2, height / 2]
                return (rounded ? corners.map { $0.rounded(.toNearestOrEven) } : corners).map(Float.init)
            }
        }
    }

    /// Anchors a cell.
    public var perCell: Int { cell.count / 4 }

    /// (rows · columns · perCell, 4), in the order row, column, size, ratio.
    public func callAsFunction(rows: Int, columns: Int, device: Device = .cpu) -> Tensor {
        func places(_ count: Int) -> Tensor { (Tensor.arange(0..<count).to(.float32) + Double(offset)) * Double(stride) }
        let x = places(columns).unsqueezed(0).expanded([rows, columns]), y = places(rows).unsqueezed(1).expanded([rows, columns])
        let centers = Tensor.stacked([x, y, x, y], dimension: 2).reshaped([-1, 1, 4])
        return (centers + Tensor(cell, [1, perCell, 4])).reshaped([-1, 4]).to(device)
    }
}
