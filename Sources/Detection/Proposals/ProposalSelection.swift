import Torch

/// Takes the proposals that the second half of a detector looks at. Source: Detectron2's `find_top_rpn_proposals`.
///
/// N images, A anchors per level, k of them the best.
public struct ProposalSelection: Sendable {
    /// Per level.
    public let preNMSTopK: Int
    /// Per image.
    public let postNMSTopK: Int
    public let iouThreshold: Double

    public init(preNMSTopK: Int, postNMSTopK: Int, iouThreshold: Double) {
        self.preNMSTopK = preNMSTopK
        self.postNMSTopK = postNMSTopK
        self.iouThreshold = iouThreshold
    }

    /// What is predicted of the anchors of a feature map.
    public struct Level {
        /// (N, A)
        let logits: Tensor
        /// Indices (N, k) of anchors → their boxes (N, k, 4).
        let boxes: (Tensor) -> Tensor

        public init(logits: Tensor, boxes: @escaping (Tensor) -> Tensor) {
            self.logits = logits
            self.boxes = boxes
        }
    }

    /// - Parameter sizes: the images', without padding.
    /// - Returns: for each image boxes (at most `postNMSTopK`, 4) and logits, by falling logit.
    public func callAsFunction(
        _ levels: [Level], sizes: [(width: Int, height: Int)]
    ) -> [(boxes: Tensor, logits: Tensor)] {
        var boxes: [Tensor] = [], logits: [Tensor] = [], levelOf: [Int] = []
        for (i, level) in levels.enumerated() {
            let best = level.logits.topK(min(preNMSTopK, level.logits.size(1)), 1)
            boxes.append(level.boxes(best.indices))
            logits.append(best.values)
            levelOf += Array(repeating: i, count: best.values.size(1))
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
        let first = kept.narrowed(0, 0..<min(postNMSTopK, kept.size(0)))
        return (b.indexSelected(0, first), l.indexSelected(0, first))
    }
}
