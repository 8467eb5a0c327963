import COCO
import DataLoading
import Torch

/// Masks of found objects, D of S × S.
struct InstanceMasks: InstancePredictions {
    /// (D, S, S), inside the boxes.
    let probabilities: Tensor
    let pasting: MaskPasting
    let threshold: Double

    func add(to detections: inout [Detection], objects: [Int], boxes: [[Float]], _ size: ImageSizes) {
        let values = probabilities.floats, side = probabilities.size(2)
        for (i, object) in objects.enumerated() {
            detections[i].mask = pasting(
                Array(values[object * side * side..<(object + 1) * side * side]), side: side, box: boxes[i],
                width: size.originalWidth, height: size.originalHeight, threshold: Float(threshold))
        }
    }
}

extension Instances {
    /// (D, S, S) probabilities inside the boxes; nil from a detector without masks.
    public var masks: Tensor? { predictions.lazy.compactMap { $0 as? InstanceMasks }.first?.probabilities }
}
