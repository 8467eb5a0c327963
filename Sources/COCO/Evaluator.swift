import Foundation
import Support

/// What two objects are compared by.
public enum IoUType: String, Sendable, CaseIterable {
    case bbox
    case segm
}

/// COCO's evaluation, number for number as pycocotools 2.0.11 computes it, its quirks included.
///
/// T IoU thresholds, R recall points, K categories, A area ranges, M limits on detections an image.
public struct Evaluator: Sendable {
    public struct AreaRange: Sendable {
        public let name: String
        public let bounds: ClosedRange<Double>
    }

    /// 0.5, 0.55, … 0.95.
    public var iouThresholds = linspace(0.5, 0.95, 10)
    /// 0, 0.01, … 1.
    public var recallPoints = linspace(0, 1, 101)
    public var areaRanges = [
        AreaRange(name: "all", bounds: 0...1e10), AreaRange(name: "small", bounds: 0...1024),
        AreaRange(name: "medium", bounds: 1024...9216), AreaRange(name: "large", bounds: 9216...1e10),
    ]
    /// In rising order.
    public var detectionLimits = [1, 10, 100]

    public init() {}

    /// Evaluates detections against ground truth.
    ///
    /// - Throws: `UserError` for a detection on an unknown image, or of a mask that does not fit its image.
    public func evaluate(_ results: Results, against dataset: Dataset, by type: IoUType) throws -> Evaluation {
        let truth = try Objects(dataset, type)
        let detections = try Objects(results, dataset, type)
        let K = dataset.categories.count
        // Sorted as np.unique sorts the ids.
        let imageOrder = dataset.images.indices.sorted { dataset.images[$0].id < dataset.images[$1].id }
        let columns = Columns(T: iouThresholds.count, R: recallPoints.count, K: K, A: areaRanges.count, M: detectionLimits.count)
        var categories = [CategoryCurves?](repeating: nil, count: K)
        categories.withUnsafeMutableBufferPointer { slots in
            // Each category writes a slot of its own.
            nonisolated(unsafe) let slots = slots
            DispatchQueue.concurrentPerform(iterations: K) { k in
                slots[k] = Matching(self, truth, detections, category: k, imageOrder).curves(columns)
            }
        }
        return Evaluation(self, columns, categories.compactMap { $0 }, dataset.categories)
    }
}

/// Evenly spaced numbers with both ends, rounded as numpy's `linspace` rounds them.
private func linspace(_ start: Double, _ end: Double, _ count: Int) -> [Double] {
    let step = (end - start) / Double(count - 1)
    return (0..<count).map { i in i == count - 1 ? end : Double(i) * step + start }
}

/// The sizes of the arrays of an evaluation.
struct Columns: Sendable {
    let T, R, K, A, M: Int
}

/// Objects of one side, grouped by category and, inside it, by image.
struct Objects: Sendable {
    let ids: [Int]
    let boxes: [Box]
    /// Empty where boxes are compared.
    let masks: [RLE]
    /// The masks' bounding boxes: most pairs are told apart by them.
    let extents: [Box]
    let areas: [Double]
    let scores: [Double]
    let isCrowd: [Bool]
    /// Objects sorted by (category, image), equal ones in their file's order.
    let order: [Int32]
    /// Those of (category k, image i) are order[starts[k · images + i] ..< starts[k · images + i + 1]].
    let starts: [Int32]
    let imageCount: Int

    func range(category: Int, image: Int) -> ArraySlice<Int32> {
        let cell = category * imageCount + image
        return order[Int(starts[cell])..<Int(starts[cell + 1])]
    }

    init(_ dataset: Dataset, _ type: IoUType) throws {
        ids = dataset.annotationIDs
        boxes = dataset.boxes
        areas = dataset.areas
        isCrowd = dataset.isCrowd
        scores = []
        masks = type == .segm ? try (0..<dataset.annotationCount).map(dataset.mask) : []
        extents = masks.map(\.boundingBox)
        imageCount = dataset.images.count
        let cells = zip(dataset.categoryIndices, dataset.imageIndices).map { $0 * Int32(dataset.images.count) + $1 }
        (order, starts) = grouped(cells, groups: dataset.categories.count * dataset.images.count)
    }

    /// Detections of categories that the ground truth lacks take no part, as in pycocotools.
    init(_ results: Results, _ dataset: Dataset, _ type: IoUType) throws {
        let images = Dictionary(uniqueKeysWithValues: dataset.images.enumerated().map { ($1.id, $0) })
        let categories = Dictionary(uniqueKeysWithValues: dataset.categories.enumerated().map { ($1.id, $0) })
        let outside = dataset.categories.count * dataset.images.count
        let imagePlaces = try results.imageIDs.enumerated().map { i, id in
            guard let place = images[id] else {
                throw UserError(
                    "is on image \(id), which the annotations do not have", file: results.file, at: "record \(i)",
                    remedy: "check that results and annotations belong together")
            }
            return place
        }
        let cells = zip(results.categoryIDs, imagePlaces).map { category, image in
            Int32(categories[category].map { $0 * dataset.images.count + image } ?? outside)
        }
        imageCount = dataset.images.count
        ids = []
        isCrowd = []
        scores = results.scores
        // loadRes takes a file for one of boxes when its first record has one, and then areas are boxes' areas.
        let areBoxes = results.objects.hasBox.first ?? true
        if type == .segm {
            let masks = try results.imageIDs.indices.map { i in
                let image = dataset.images[imagePlaces[i]]
                return try results.mask(i, height: image.height, width: image.width)
            }
            extents = masks.map(\.boundingBox)
            boxes = areBoxes ? results.boxes : extents
            areas = areBoxes ? results.boxes.map(\.area) : masks.map { Double($0.area) }
            self.masks = masks
        } else {
            boxes =
                areBoxes
                ? results.boxes
                : try results.imageIDs.indices.map { i in
                    let image = dataset.images[imagePlaces[i]]
                    return try results.mask(i, height: image.height, width: image.width).boundingBox
                }
            areas = boxes.map(\.area)
            masks = []
            extents = []
        }
        (order, starts) = grouped(cells, groups: outside + 1)
    }
}
