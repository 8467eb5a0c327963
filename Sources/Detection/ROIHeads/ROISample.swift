import DataLoading
import Recipes
import Support
import Torch

/// How the ROIs that heads learn from are drawn. Defaults: Detectron2's.
public struct ROISamplingOptions: Sendable {
    public var batch = 512
    public var positiveFraction = 0.25
    /// From what overlap with an object on an ROI is one.
    public var iou = 0.5

    public init() {}

    mutating func read(_ recipe: RecipeSection) throws {
        batch = try recipe.positive(
            "roi_batch", default: batch,
            KeyDoc("ROIs per image that the heads learn from", unit: "ROIs", source: "Detectron2, BATCH_SIZE_PER_IMAGE"))
        positiveFraction = try recipe.fraction(
            "roi_positive_fraction", default: positiveFraction,
            KeyDoc("Part of them that lies on objects, at most", source: "Fast R-CNN (arXiv 1504.08083), section 2.3"))
        iou = try recipe.fraction(
            "roi_iou", default: iou,
            KeyDoc("Overlap with an object (IoU) from which on an ROI lies on it", source: "Fast R-CNN (arXiv 1504.08083), section 2.3"))
    }
}

/// The ROIs of a batch that the heads learn from. Source: Detectron2's `label_and_sample_proposals`.
///
/// R ROIs of all images, one image after the other, in each those on objects first.
public struct ROISample {
    /// (R, 5): image, x₀, y₀, x₁, y₁.
    public let rois: Tensor
    /// (R, 4): the object's box of each ROI; the ROI itself where the image has no object.
    public let gtBoxes: Tensor
    /// R; the number of classes for background.
    public let classes: [Int]
    /// Indices of the ROIs that lie on objects.
    public let foreground: [Int]
    /// The object of each of these: its image, and its index among the image's objects.
    public let objects: [(image: Int, index: Int)]
    public let targets: [DetectionTarget]
    /// What means over this process's ROIs, and over those on objects, are multiplied by, so that the mean over processes
    /// (`ProcessGroup.current`) is that over all ROIs.
    public let weights: (all: Double, foreground: Double)

    /// (R, 4)
    public var boxes: Tensor { rois.narrowed(1, 1..<5) }

    /// Draws the ROIs of each image, the objects' own boxes among them.
    ///
    /// - Parameters:
    ///   - proposals: (n, 4) per image.
    ///   - gtBoxes: (m, 4) per image, of `targets`.
    ///   - background: the class of what lies on no object: the number of classes.
    ///   - generators: one per image.
    /// - Returns: nil where no process has any ROI. What has none only here goes on with none, since normalisations wait for all
    ///   processes.
    static func draw(
        _ options: ROISamplingOptions, proposals: [Tensor], gtBoxes: [Tensor], targets: [DetectionTarget], background: Int,
        using generators: inout [SeededGenerator]
    ) -> ROISample? {
        var rois: [Tensor] = [], objectBoxes: [Tensor] = [], classes: [Int] = [], foreground: [Int] = []
        var objects: [(image: Int, index: Int)] = []
        for (image, target) in targets.enumerated() {
            let drawn = draw(options, proposals[image], gtBoxes[image], using: &generators[image])
            let positives = drawn.objects.prefix(drawn.positiveCount)
            foreground += positives.indices.map { $0 + classes.count }
            objects += positives.map { (image, $0) }
            classes += positives.map { target.classes[$0] }
            classes += Array(repeating: background, count: drawn.objects.count - drawn.positiveCount)
            rois.append(Boxes.rois(drawn.boxes, image: image))
            objectBoxes.append(drawn.gtBoxes)
        }
        guard let weights = weights(of: classes.count, foreground: foreground.count) else { return nil }
        return ROISample(
            rois: .concatenated(rois), gtBoxes: .concatenated(objectBoxes), classes: classes, foreground: foreground, objects: objects,
            targets: targets, weights: weights)
    }

    /// Of one image: boxes (n, 4), the first `positiveCount` on objects; the object of each, and that one's box (n, 4).
    private static func draw(
        _ options: ROISamplingOptions, _ proposals: Tensor, _ gtBoxes: Tensor, using generator: inout SeededGenerator
    ) -> (boxes: Tensor, positiveCount: Int, objects: [Int], gtBoxes: Tensor) {
        let candidates = Tensor.concatenated([proposals, gtBoxes])
        let matcher = Matcher(low: options.iou, high: options.iou, keepsBestOfEachObject: false)
        let (matches, labels) = matcher(Boxes.iou(gtBoxes, candidates))
        let (positives, negatives) = Sampler(count: options.batch, positiveFraction: options.positiveFraction)(labels, using: &generator)
        let indices = Tensor(positives + negatives).to(candidates.device)
        let boxes = candidates.indexSelected(0, indices), objects = matches.indexSelected(0, indices)
        return (boxes, positives.count, objects.ints, gtBoxes.size(0) > 0 ? gtBoxes.indexSelected(0, objects) : boxes)
    }

    private static func weights(of count: Int, foreground: Int) -> (all: Double, foreground: Double)? {
        guard let group = ProcessGroup.current else { return count == 0 ? nil : (1, 1) }
        let own = [count, foreground].map(Double.init)
        let total = group.total(own)
        guard total[0] > 0 else { return nil }
        return (own[0] * Double(group.size) / total[0], own[1] * Double(group.size) / max(total[1], 1))
    }
}
