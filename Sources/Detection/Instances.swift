import COCO
import DataLoading
import Torch

/// The objects found in one image, by falling score, in the coordinates of the image as the network sees it. Proposals are
/// objects too, without scores and classes.
///
/// D objects.
public struct Instances {
    /// (D, 4)
    public let boxes: Tensor
    /// D
    public let scores: [Float]
    /// D
    public let classes: [Int]
    /// What heads say of the objects beside their boxes, head by head.
    public private(set) var predictions: [any InstancePredictions] = []

    public init(boxes: Tensor, scores: [Float], classes: [Int]) {
        self.boxes = boxes
        self.scores = scores
        self.classes = classes
    }

    /// - Parameter proposals: (D, 4)
    init(proposals: Tensor) { self.init(boxes: proposals, scores: [], classes: []) }

    /// The same objects with more said of them.
    func with(_ more: some InstancePredictions) -> Instances {
        var instances = self
        instances.predictions.append(more)
        return instances
    }

    /// The objects in the coordinates of the image as its file has it. Those whose box has no extent are left out. Source:
    /// Detectron2's `detector_postprocess`.
    ///
    /// - Parameter categoryIDs: the dataset's ids, by class.
    public func detections(_ size: ImageSizes, categoryIDs: [Int]) -> [Detection] {
        let scale = [
            Float(size.originalWidth) / Float(size.width), Float(size.originalHeight) / Float(size.height),
        ]
        let limit = [Float(size.originalWidth), Float(size.originalHeight)]
        let corners = boxes.floats
        let placed = classes.indices.map { i in (0..<4).map { min(max(corners[4 * i + $0] * scale[$0 % 2], 0), limit[$0 % 2]) } }
        let objects = classes.indices.filter { placed[$0][2] > placed[$0][0] && placed[$0][3] > placed[$0][1] }
        var detections = objects.map { i in
            let b = placed[i].map(Double.init)
            return Detection(
                imageID: size.imageID, categoryID: categoryIDs[classes[i]],
                box: Box(x: b[0], y: b[1], width: b[2] - b[0], height: b[3] - b[1]), score: Double(scores[i]))
        }
        for prediction in predictions { prediction.add(to: &detections, objects: objects, boxes: objects.map { placed[$0] }, size) }
        return detections
    }
}

/// What a head says of found objects beside their boxes: masks, keypoints, …
public protocol InstancePredictions {
    /// Adds it to detections, in the coordinates of the image as its file has it.
    ///
    /// - Parameters:
    ///   - objects: the object of each detection: its index among those found.
    ///   - boxes: x₀, y₀, x₁, y₁ of each detection.
    func add(to detections: inout [Detection], objects: [Int], boxes: [[Float]], _ size: ImageSizes)
}
