import Torch

/// Picks the regions that the second half of the detector looks at. Source: Detectron2's `find_top_rpn_proposals`.
///
/// N images, A anchors over all levels.
public struct Proposals: Sendable {
    public let beforeNMS: Int
    public let afterNMS: Int
    public let iouThreshold: Double

    public init(beforeNMS: Int, afterNMS: Int, iouThreshold: Double) {
        self.beforeNMS = beforeNMS
        self.afterNMS = afterNMS
        self.iouThreshold = iouThreshold
    }

    /// - Parameters:
    ///   - levels: for each level boxes (N, Aₗ, 4) and logits (N, Aₗ).
    ///   - sizes: the images', without padding.
    /// - Returns: for each image boxes (at most `afterNMS`, 4) and logits, by falling logit.
    public func callAsFunction(
        _ levels: [(boxes: Tensor, logits: Tensor)], sizes: [(width: Int, height: Int)]
    ) -> [(boxes: Tensor, logits: Tensor)] {
        var boxes: [Tensor] = [], logits: [Tensor] = [], levelOf: [Int] = []
        for (i, level) in levels.enumerated() {
            let kept = min(beforeNMS, level.logits.size(1))
            let top = level.logits.topK(kept, 1)
            boxes.append(level.boxes.gathered(1, top.indices.unsqueezed(2).expanded([-1, -1, 4])))
            logits.append(top.values)
            levelOf += Array(repeating: i, count: kept)
        }
        let allBoxes = Tensor.concatenated(boxes, dimension: 1), allLogits = Tensor.concatenated(logits, dimension: 1)
        let groups = Tensor(levelOf).to(allBoxes.device)
        return sizes.enumerated().map { image, size in
            select(allBoxes.selected(0, image), allLogits.selected(0, image), groups, size)
        }
    }

    private func select(
        _ boxes: Tensor, _ logits: Tensor, _ groups: Tensor, _ size: (width: Int, height: Int)
    ) -> (boxes: Tensor, logits: Tensor) {
        let finite = boxes.isFinite().all(1) .& logits.isFinite()
        let clipped = Boxes.clipped(boxes, width: size.width, height: size.height)
        let valid = (finite .& Boxes.nonEmpty(clipped)).nonzero().flattened()
        let (b, l) = (clipped.indexSelected(0, valid), logits.indexSelected(0, valid))
        let kept = b.suppressed(scores: l, groups: groups.indexSelected(0, valid), iouThreshold: iouThreshold)
        let first = kept.narrowed(0, 0..<min(afterNMS, kept.size(0)))
        return (b.indexSelected(0, first), l.indexSelected(0, first))
    }
}
