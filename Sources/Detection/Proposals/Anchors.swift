import Synchronization
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

    public var countPerCell: Int { cell.count / 4 }

    /// (rows · columns · countPerCell, 4), in the order row, column, size, ratio.
    public func callAsFunction(rows: Int, columns: Int, device: Device = .cpu) -> Tensor {
        grid(rows: rows, columns: columns).reshaped([-1, 4]).to(device)
    }

    /// (rows, columns, countPerCell · 4)
    fileprivate func grid(rows: Int, columns: Int) -> Tensor {
        func centers(_ count: Int) -> Tensor { (Tensor.arange(0..<count).to(.float32) + Double(offset)) * Double(stride) }
        let x = centers(columns).unsqueezed(0).expanded([rows, columns]), y = centers(rows).unsqueezed(1).expanded([rows, columns])
        let both = Tensor.stacked([x, y, x, y], dimension: 2).unsqueezed(2)
        return (both + Tensor(cell, [1, 1, countPerCell, 4])).reshaped([rows, columns, -1])
    }
}

/// Anchors of one feature map, made once and kept where the network is: a grid as large as the largest that was asked for,
/// of which a smaller one is the corner. The part of a detector that asks for them owns it.
final class AnchorGrid: Sendable {
    let anchors: Anchors
    private let kept = Mutex<Tensor?>(nil)

    init(_ anchors: Anchors) { self.anchors = anchors }

    /// What `Anchors` gives.
    func callAsFunction(rows: Int, columns: Int, device: Device) -> Tensor {
        let grid = kept.withLock { kept in
            if let kept, kept.device == device, kept.size(0) >= rows, kept.size(1) >= columns { return kept }
            let known = kept.flatMap { $0.device == device ? ($0.size(0), $0.size(1)) : nil } ?? (0, 0)
            let grown = anchors.grid(rows: max(rows, known.0), columns: max(columns, known.1)).to(device)
            kept = grown
            return grown
        }
        return grid.narrowed(0, 0..<rows).narrowed(1, 0..<columns).reshaped([-1, 4])
    }
}
