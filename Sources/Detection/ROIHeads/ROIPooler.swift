import Foundation
import Recipes
import Torch

/// What a recipe says of RoIAlign. Source: Mask R-CNN (arXiv 1703.06870), section 3.
public struct ROIPoolingOptions: Sendable {
    /// Samples per bin and axis; 0 takes as many as the bin has pixels.
    public var samplingRatio = 0
    /// With RoIAlign's half-pixel correction.
    public var isAligned = true

    public init() {}

    mutating func read(_ recipe: RecipeSection) throws {
        samplingRatio = try recipe.count(
            "sampling_ratio", default: samplingRatio,
            KeyDoc(
                "RoIAlign's samples per bin and axis; 0 takes as many as the bin has pixels",
                source: "Detectron2, POOLER_SAMPLING_RATIO"))
        isAligned = try recipe.value(
            "roi_aligned", default: isAligned,
            KeyDoc(
                "Whether RoIAlign has the half-pixel correction; torchvision's detectors have it not",
                source: "Detectron2, POOLER_TYPE ROIAlignV2"))
    }

    mutating func read(_ weights: DetectorShapes) {
        guard weights.layout == .torchvision else { return }
        samplingRatio = 2
        isAligned = false
    }
}

/// ROIs pooled from the feature map that fits their size: one of 224 pixels from the map of stride 16, one half as large from
/// the next finer. Source: FPN (arXiv 1612.03144), equation 1, as Detectron2's `ROIPooler` has it.
///
/// R ROIs (image, x₀, y₀, x₁, y₁), C channels.
public struct ROIPooler: Sendable {
    /// Of the feature maps, finest first, each twice the one before it.
    public let strides: [Int]
    private let options: ROIPoolingOptions

    public init(strides: [Int], _ options: ROIPoolingOptions = ROIPoolingOptions()) {
        self.strides = strides
        self.options = options
    }

    /// The index of each ROI's feature map.
    ///
    /// - Parameter boxes: (R, 4)
    public func levels(_ boxes: Tensor) -> [Int] {
        let coarser = strides.dropFirst().map { log2(Float($0)) }
        return Boxes.area(boxes).floats.map { area in
            let level = 4 + log2(area.squareRoot() / 224 + 1e-8)
            return coarser.count { level >= $0 }
        }
    }

    /// ROIs (R, 5) of the maps → (R, C, side, side). Maps beyond the strides are left alone.
    public func callAsFunction(_ rois: Tensor, of maps: [Tensor], side: Int) -> Tensor {
        guard strides.count > 1, rois.size(0) > 0 else { return pooled(rois, maps[0], strides[0], side) }
        let levels = levels(rois.narrowed(1, 1..<5))
        var parts: [Tensor] = []
        // Where in the parts, one after the other, each ROI is.
        var positions = [Int](repeating: 0, count: levels.count)
        var next = 0
        for (level, stride) in strides.enumerated() {
            let own = levels.indices.filter { levels[$0] == level }
            guard !own.isEmpty else { continue }
            for index in own {
                positions[index] = next
                next += 1
            }
            parts.append(pooled(rois.indexSelected(0, Tensor(own).to(rois.device)), maps[level], stride, side))
        }
        return Tensor.concatenated(parts).indexSelected(0, Tensor(positions).to(rois.device))
    }

    private func pooled(_ rois: Tensor, _ map: Tensor, _ stride: Int, _ side: Int) -> Tensor {
        map.roiAligned(
            rois, height: side, width: side, scale: 1 / Double(stride), samplingRatio: options.samplingRatio,
            aligned: options.isAligned)
    }
}
