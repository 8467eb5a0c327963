import DataLoading
import Support
import Torch

/// The regions of a batch that the heads learn from. Source: Detectron2's `label_and_sample_proposals`.
struct RegionSample {
    /// (R, 5) in parts.
    private(set) var regions: [Tensor] = []
    /// (R, 4) in parts: the object of each region; the region itself where the image has none.
    private(set) var gtBoxes: [Tensor] = []
    /// R; the number of classes for background.
    private(set) var classes: [Int] = []
    /// Places of the regions that lie on objects.
    private(set) var foreground: [Int] = []
    /// S · S values for each of the foreground.
    private(set) var maskTargets: [UInt8] = []

    private let options: MaskRCNNOptions

    init(_ options: MaskRCNNOptions) {
        self.options = options
    }

    /// What means over this process's regions, and over those on objects, are multiplied by, so that the mean over processes
    /// (`ProcessGroup.current`) is that over all regions; nil where no process has any.
    var weights: (box: Double, mask: Double)? {
        guard let group = ProcessGroup.current else { return classes.isEmpty ? nil : (1, 1) }
        let own = [classes.count, foreground.count].map(Double.init)
        let all = group.total(own)
        guard all[0] > 0 else { return nil }
        return (own[0] * Double(group.size) / all[0], own[1] * Double(group.size) / max(all[1], 1))
    }

    /// Draws the regions of one image, the objects' own boxes among them.
    mutating func add(
        _ proposals: Tensor, gtBoxes objects: Tensor, _ target: DetectionTarget, image: Int,
        using generator: inout SeededGenerator
    ) {
        let boxes = Tensor.concatenated([proposals, objects])
        let matcher = Matcher(low: options.roiIoU, high: options.roiIoU, keepsBestOfEachObject: false)
        let (matches, labels) = matcher(Boxes.iou(objects, boxes))
        let (positives, negatives) = Sampler(count: options.roiBatch, positiveFraction: options.roiPositiveFraction)(
            labels, using: &generator)
        let drawn = positives + negatives
        let places = Tensor(drawn).to(boxes.device)
        let chosen = boxes.indexSelected(0, places)
        let own = matches.indexSelected(0, places)
        let objectOf = own.ints
        foreground += positives.indices.map { $0 + classes.count }
        classes += drawn.indices.map { $0 < positives.count ? target.classes[objectOf[$0]] : options.classes }
        regions.append(Boxes.regions(chosen, image: image))
        gtBoxes.append(target.count > 0 ? objects.indexSelected(0, own) : chosen)
        guard options.masks else { return }
        let corners = chosen.floats
        for i in positives.indices {
            maskTargets += maskTarget(
                polygons: target.polygons[objectOf[i]], box: Array(corners[4 * i..<4 * i + 4]), side: options.maskSize)
        }
    }
}
