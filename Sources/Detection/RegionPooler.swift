import Foundation
import Torch

/// Regions pooled from the map that fits their size: one of 224 pixels from the map of stride 16, one half as large from
/// the next finer. Source: FPN (arXiv 1612.03144), equation 1, as Detectron2's `ROIPooler` has it.
///
/// R regions (image, x₀, y₀, x₁, y₁).
public struct RegionPooler: Sendable {
    /// Of a pooled region.
    public let side: Int
    /// Of the maps, finest first, each twice the one before it.
    public let strides: [Int]
    private let samplingRatio: Int
    private let aligned: Bool

    /// - Parameters:
    ///   - samplingRatio: samples a bin and axis; 0 takes as many as the bin has pixels.
    ///   - aligned: with RoIAlign's half-pixel correction.
    public init(side: Int, strides: [Int], samplingRatio: Int = 0, aligned: Bool = true) {
        self.side = side
        self.strides = strides
        self.samplingRatio = samplingRatio
        self.aligned = aligned
    }

    init(side: Int, strides: [Int], _ options: MaskRCNNOptions) {
        self.init(side: side, strides: strides, samplingRatio: options.samplingRatio, aligned: options.roiAligned)
    }

    /// The place of each region's map among the strides.
    ///
    /// - Parameter boxes: (R, 4)
    public func levels(_ boxes: Tensor) -> [Int] {
        let coarser = strides.dropFirst().map { log2(Float($0)) }
        return Boxes.area(boxes).floats.map { area in
            let level = 4 + log2(area.squareRoot() / 224 + 1e-8)
            return coarser.count { level >= $0 }
        }
    }

    /// Regions (R, 5) of the maps → (R, C, side, side). Maps beyond the strides are left alone.
    public func callAsFunction(_ regions: Tensor, of maps: [Tensor]) -> Tensor {
        guard strides.count > 1, regions.size(0) > 0 else { return pooled(regions, maps[0], strides[0]) }
        let levels = levels(regions.narrowed(1, 1..<5))
        var parts: [Tensor] = []
        var placeOf = [Int](repeating: 0, count: levels.count)
        var next = 0
        for (level, stride) in strides.enumerated() {
            let rows = levels.indices.filter { levels[$0] == level }
            guard !rows.isEmpty else { continue }
            for row in rows {
                placeOf[row] = next
                next += 1
            }
            parts.append(pooled(regions.indexSelected(0, Tensor(rows).to(regions.device)), maps[level], stride))
        }
        return Tensor.concatenated(parts).indexSelected(0, Tensor(placeOf).to(regions.device))
    }

    private func pooled(_ regions: Tensor, _ map: Tensor, _ stride: Int) -> Tensor {
        map.roiAligned(
            regions, height: side, width: side, scale: 1 / Double(stride), samplingRatio: samplingRatio, aligned: aligned)
    }
}
