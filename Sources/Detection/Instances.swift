import COCO
import DataLoading
import Torch

/// The objects found in one image, by falling score, in the coordinates of the image as the network sees it.
///
/// D objects, masks of S × S.
public struct Instances {
    /// (D, 4)
    public let boxes: Tensor
    /// D
    public let scores: [Float]
    /// D
    public let classes: [Int]
    /// (D, S, S) probabilities inside the boxes; nil from a detector without masks.
    public let masks: Tensor?

    /// The objects in the coordinates of the image as its file has it, masks pasted into their boxes. Those whose box has
    /// no extent are left out. Source: Detectron2's `detector_postprocess`.
    ///
    /// - Parameters:
    ///   - categoryIDs: the dataset's ids, by class.
    ///   - maskThreshold: from what probability on a pixel belongs to a mask.
    public func detections(
        _ size: ImageSizes, categoryIDs: [Int], pasting: MaskPasting = .sampled, maskThreshold: Double = 0.5
    ) -> [Detection] {
        let scale = [
            Float(size.originalWidth) / Float(size.width), Float(size.originalHeight) / Float(size.height),
        ]
        let limit = [Float(size.originalWidth), Float(size.originalHeight)]
        let corners = boxes.floats, probabilities = masks?.floats
        let side = masks?.size(2) ?? 0
        return classes.indices.compactMap { i in
            let box = (0..<4).map { min(max(corners[4 * i + $0] * scale[$0 % 2], 0), limit[$0 % 2]) }
            guard box[2] > box[0], box[3] > box[1] else { return nil }
            let mask = probabilities.map {
                pasting(
                    Array($0[i * side * side..<(i + 1) * side * side]), side: side, box: box, width: size.originalWidth,
                    height: size.originalHeight, threshold: Float(maskThreshold))
            }
            let b = box.map(Double.init)
            return Detection(
                imageID: size.imageID, categoryID: categoryIDs[classes[i]],
                box: Box(x: b[0], y: b[1], width: b[2] - b[0], height: b[3] - b[1]), score: Double(scores[i]), mask: mask)
        }
    }
}
