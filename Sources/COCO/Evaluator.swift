import Support

/// What two objects are compared by.
public enum IoUType: String, Sendable, CaseIterable {
    case bbox
    case segm
    /// Object keypoint similarity. Source: COCO's keypoint evaluation.
    case keypoints

    /// What detectors of boxes and masks are judged by.
    public static let detection = [IoUType.bbox, .segm]
}

/// COCO's evaluation, number for number as pycocotools 2.0.11 computes it, its quirks included; and LVIS's, as lvis 0.5.3 does.
///
/// T IoU thresholds, R recall points, K categories, A area ranges, M limits on detections per image.
public struct Evaluator: Sendable {
    /// Objects of some sizes: others need not be found, and detections of other sizes that find nothing are left out.
    public struct AreaRange: Sendable {
        public let name: String
        /// In pixels, both ends in.
        public let bounds: ClosedRange<Double>

        public init(_ name: String, _ bounds: ClosedRange<Double>) {
            self.name = name
            self.bounds = bounds
        }
    }

    /// Whose protocol decides what counts.
    public enum Rules: String, Sendable, CaseIterable {
        case coco
        /// Federated: arXiv 1908.03195, section 2.
        case lvis
    }

    /// COCO's, or LVIS's.
    public let rules: Rules
    /// 0.5, 0.55, … 0.95.
    public var iouThresholds = linspace(0.5, 0.95, 10)
    /// 0, 0.01, … 1.
    public var recallPoints = linspace(0, 1, 101)
    /// The first one is that of the headline numbers.
    public var areaRanges: [AreaRange]
    /// In rising order. COCO limits the detections of an image and category, LVIS those of an image.
    public var detectionLimits: [Int]
    /// Only these categories; nil for all.
    public var categoryIDs: [Int]?
    /// Only these images; nil for all.
    public var imageIDs: [Int]?
    /// False compares objects of all categories (pycocotools' useCats = 0).
    public var usesCategories = true
    /// How far annotators differ on each keypoint, as a part of the object's scale. COCO's are those of a person.
    public var keypointSigmas = [
        0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089, 0.089,
    ]

    /// COCO's protocol for a kind of object.
    public init(_ type: IoUType = .bbox) {
        self.init(
            .coco, areas: type == .keypoints ? [.all, .medium, .large] : [.all, .small, .medium, .large],
            limits: type == .keypoints ? [20] : [1, 10, 100])
    }

    /// LVIS's protocol.
    public static let lvis = Evaluator(.lvis, areas: [.all, .small, .medium, .large], limits: [300])

    private init(_ rules: Rules, areas: [AreaRange], limits: [Int]) {
        self.rules = rules
        areaRanges = areas
        detectionLimits = limits
    }

    /// Evaluates detections against ground truth.
    ///
    /// Categories are spread over the processor's cores, and the numbers are the same on any number of them. Masks are
    /// unpacked image by image, and only those that some number depends on.
    ///
    /// - Throws: `UserError` for a detection on an unknown image, a mask that does not fit its image, keypoints of another
    ///   number than `keypointSigmas`, a category or image to evaluate that the ground truth lacks.
    public func evaluate(_ results: Results, against dataset: Dataset, by type: IoUType) throws -> Evaluation {
        let pairing = try pairing(results, dataset, type)
        let columns = Columns(
            T: iouThresholds.count, R: recallPoints.count, K: pairing.groupCount, A: areaRanges.count, M: detectionLimits.count)
        let curves = try matched(pairing) { $0.curves(columns) }
        return Evaluation(self, type, columns, curves, usesCategories ? pairing.categories : [])
    }

    /// What matching found, by category and area range.
    func records(_ results: Results, _ dataset: Dataset, _ type: IoUType) throws -> [[MatchedRecords]] {
        try matched(pairing(results, dataset, type), MatchedRecords.all)
    }

    func pairing(_ results: Results, _ dataset: Dataset, _ type: IoUType) throws -> Pairing {
        try Pairing(results, dataset, type, self, usesCategories ? .categories : .agnostic)
    }

    /// AP of each image as if it were the whole dataset, in the order of `dataset.images`; nil for one without objects.
    ///
    /// - Throws: as `evaluate` does.
    public func perImageAP(_ results: Results, against dataset: Dataset, by type: IoUType) throws -> [Double?] {
        var alone = self
        alone.areaRanges = [areaRanges[0]]
        let images = dataset.images.count
        var (sums, counts) = ([Double](repeating: 0, count: images), [Int](repeating: 0, count: images))
        for category in try alone.matched(alone.pairing(results, dataset, type), { MatchedRecords.apByImage($0, areaRange: 0) }) {
            for (image, ap) in category {
                sums[image] += ap
                counts[image] += 1
            }
        }
        // Records name images by their rank among the sorted ids.
        let byRank = zip(sums, counts).map { $1 > 0 ? $0 / Double($1) : nil }
        var byPlace = [Double?](repeating: nil, count: images)
        for (rank, place) in dataset.imageOrder.enumerated() { byPlace[place] = byRank[rank] }
        return byPlace
    }

    /// Matches each category and keeps what `body` makes of it.
    func matched<R: Sendable>(_ pairing: Pairing, _ body: @Sendable (Matching) -> R) throws -> [R] {
        try pairing.concurrently { group throws(RecordError) in
            var matching = Matching(self, pairing, group: group)
            try matching.run()
            return body(matching)
        }
    }

    /// How many detections of an image and category, or of an image, are looked at.
    var limitOfGroup: Int { rules == .coco ? detectionLimits.last ?? 0 : .max }
    var limitOfImage: Int { rules == .lvis ? detectionLimits.last ?? 0 : .max }

    /// Those that are evaluated, by id.
    func categories(of dataset: Dataset) throws -> [Category] {
        guard let categoryIDs else { return dataset.categories }
        let wanted = Set(categoryIDs)
        let found = dataset.categories.filter { wanted.contains($0.id) }
        if let missing = wanted.subtracting(found.map(\.id)).min() {
            throw UserError("has no category \(dataset.names[missing])", file: dataset.file, remedy: "choose among its categories")
        }
        return found
    }

    /// Whether an image is evaluated, by its place; nil where all are.
    func imageFilter(of dataset: Dataset) throws -> ((Int) -> Bool)? {
        guard let imageIDs else { return nil }
        let wanted = Set(imageIDs)
        let isWanted = dataset.images.map { wanted.contains($0.id) }
        if let missing = wanted.subtracting(dataset.images.map(\.id)).min() {
            throw UserError("has no image \(dataset.names[missing])", file: dataset.file, remedy: "choose among its images")
        }
        return { isWanted[$0] }
    }
}

extension Evaluator.AreaRange {
    /// COCO's ranges: small is up to 32², large from 96² pixels on, both ends in.
    public static let all = Self("all", 0...1e10)
    public static let small = Self("small", 0...1024)
    public static let medium = Self("medium", 1024...9216)
    public static let large = Self("large", 9216...1e10)
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
