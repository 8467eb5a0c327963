import Torch

/// The regions of a feature map, one per row: (N, C, H, W) → (N, grid · grid, C).
public func regionRows(_ map: Tensor, grid: Int) -> Tensor {
    map.adaptiveAveragePooled(grid, grid).flattened(from: 2).transposed(1, 2)
}
