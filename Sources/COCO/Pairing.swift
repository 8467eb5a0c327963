import Support

/// A mask or a list of keypoints that cannot be used, by its place in the file.
struct RecordError: Error {
    let isTruth: Bool
    let row: Int
    let problem: String
}

/// Ground truth and detections side by side, group by group and image by image.
///
/// A group is a category, or all of them where the evaluation tells none apart.
struct Pairing: Sendable {
    /// Who is compared with whom.
    enum Grouping {
        /// Objects of one category.
        case categories
        /// Objects of all categories; within an image they stand by category, as pycocotools has them.
        case agnostic
        /// Objects of all categories, in the order of the file.
        case images
    }

    let dataset: Dataset
    let results: Results
    let type: IoUType
    let categories: [Category]
    let groupCount: Int
    let truth: Objects
    let detections: Objects
    /// By row of the dataset: objects that need not be found.
    let isIgnored: [Bool]
    /// loadRes of pycocotools takes a file for one of boxes when its first record has one, else for one of masks, else for
    /// one of keypoints: areas are those of what it is a file of.
    let areaSource: IoUType
    /// Which categories were looked for in which image, where that counts.
    let federation: Federation?
    /// The images' places in the dataset, sorted by id.
    private let imageOrder: [Int]

    /// Detections of categories that the ground truth lacks take no part, as in pycocotools.
    ///
    /// - Throws: `UserError` for a detection on an unknown image, or without a partner in `type`.
    init(_ results: Results, _ dataset: Dataset, _ type: IoUType, _ evaluator: Evaluator, _ grouping: Grouping) throws {
        let objects = dataset.objects
        let categories = try evaluator.categories(of: dataset)
        let selected = try evaluator.imageFilter(of: dataset)
        let (I, K) = (dataset.images.count, categories.count)
        imageOrder = dataset.imageOrder
        var ranks = [Int32](repeating: 0, count: I)
        for (rank, place) in imageOrder.enumerated() { ranks[place] = Int32(rank) }
        let groupCount = grouping == .categories ? K : 1
        /// Which group of `groupCount` an object of a category belongs to.
        func groups(_ places: [Int32]) -> [Int32] {
            grouping == .categories ? places : places.map { $0 < K ? 0 : 1 }
        }
        func order(_ places: [Int32]) -> [Int32]? {
            grouping == .agnostic ? grouped(places, groups: K + 1).places : nil
        }
        let places = IDTable(categories.map(\.id))

        let place = dataset.categories.map { places[$0.id] ?? Int32(K) }
        let truthPlaces = dataset.imageIndices.indices.map { i in
            // lvis passes over objects without area.
            let isOut = selected?(Int(dataset.imageIndices[i])) == false || (evaluator.rules == .lvis && objects.areas[i] <= 0)
            return isOut ? Int32(K) : place[Int(dataset.categoryIndices[i])]
        }
        truth = Objects(
            images: dataset.imageIndices.map { ranks[Int($0)] }, imageCount: I, groups: groups(truthPlaces),
            groupCount: groupCount, order: order(truthPlaces))

        let imageRanks = IDTable(imageOrder.map { dataset.images[$0].id })
        let images = try results.imageIDs.enumerated().map { i, id in
            guard let rank = imageRanks[id] else {
                throw UserError(
                    "is on image \(results.names[id]), which the annotations do not have", file: results.file, at: "record \(i)",
                    remedy: "check that results and annotations belong together")
            }
            return rank
        }
        var detectionPlaces = results.categoryIDs.map { places[$0] ?? Int32(K) }
        if let selected {
            for i in images.indices where !selected(imageOrder[Int(images[i])]) { detectionPlaces[i] = Int32(K) }
        }
        federation = evaluator.rules == .lvis ? dataset.federation : nil
        if evaluator.rules == .lvis {
            try Self.leaveOutUnjudged(
                &detectionPlaces, images, imageOrder, results, dataset, categories, truthPlaces, limit: evaluator.limitOfImage)
        }
        detections = Objects(
            images: images, imageCount: I, groups: groups(detectionPlaces), groupCount: groupCount, order: order(detectionPlaces),
            scores: results.scores, limit: evaluator.limitOfGroup)

        isIgnored =
            switch (evaluator.rules, type) {
            case (.lvis, _): objects.isIgnored
            case (.coco, .keypoints): objects.isCrowd.indices.map { objects.isCrowd[$0] || objects.keypoints.hasNoneLabelled($0) }
            case (.coco, _): objects.isCrowd
            }
        let first = results.objects
        let areaSource: IoUType = first.hasBox.first ?? true ? .bbox : first.masks.kind(0) != .none ? .segm : .keypoints
        try Self.checkNeeds(dataset, type, areaSource) { truthPlaces[$0] < K }
        self.areaSource = areaSource
        self.dataset = dataset
        self.results = results
        self.type = type
        self.categories = categories
        self.groupCount = groupCount
    }

    /// What the comparison reads of the ground truth must be there.
    private static func checkNeeds(
        _ dataset: Dataset, _ type: IoUType, _ areaSource: IoUType, takesPart: (Int) -> Bool
    ) throws {
        let purpose = "--iou \(type.rawValue)"
        if type == .segm || areaSource == .segm { try dataset.require(.imageSizes, for: purpose) }
        try dataset.require(type == .segm ? .masks : .boxes, for: purpose, where: takesPart)
        try dataset.require(.areas, for: purpose, where: takesPart)
    }

    /// In pixels; `checkNeeds` has seen to it that the file gives it where masks are compared.
    func size(of image: ImageInfo) -> (height: Int, width: Int) {
        guard let height = image.height, let width = image.width else { preconditionFailure("image \(image.id) has no size") }
        return (height, width)
    }

    /// Whether an object may be found more than once.
    func isCrowd(_ row: Int) -> Bool { federation == nil && dataset.objects.isCrowd[row] }

    /// The place in the dataset of the image of a rank.
    func place(of rank: Int32) -> Int { imageOrder[Int(rank)] }

    func image(_ rank: Int32) -> ImageInfo { dataset.images[place(of: rank)] }

    /// Whether a detection of a category that nothing was found for is no fault, since the image's objects are not all annotated.
    func isInexhaustive(_ row: Int32, image rank: Int32) -> Bool {
        federation?.isInexhaustive(results.categoryIDs[Int(row)], image: imageOrder[Int(rank)]) ?? false
    }

    func error(_ error: RecordError) -> UserError {
        let place = error.isTruth ? "annotation \(dataset.names[dataset.annotationIDs[error.row]])" : "record \(error.row)"
        return UserError(
            error.problem, file: error.isTruth ? dataset.file : results.file, at: place, remedy: "write it again")
    }

    /// LVIS's two rules on which detections count: the best 300 of an image, and of these only categories that are in the image,
    /// or known not to be.
    private static func leaveOutUnjudged(
        _ places: inout [Int32], _ images: [Int32], _ imageOrder: [Int], _ results: Results, _ dataset: Dataset,
        _ categories: [Category], _ truthPlaces: [Int32], limit: Int
    ) throws {
        guard let federation = dataset.federation else {
            throw UserError(
                "has no neg_category_ids and not_exhaustive_category_ids, which LVIS's protocol needs", file: dataset.file,
                remedy: "evaluate it by COCO's protocol")
        }
        let K = categories.count
        let best = Objects(
            images: images, imageCount: imageOrder.count, groups: images.map { _ in 0 }, groupCount: 1, scores: results.scores,
            limit: limit)
        var isAmongBest = [Bool](repeating: false, count: images.count)
        for row in best.rows { isAmongBest[Int(row)] = true }
        let present = Set(truthPlaces.indices.map { Int(dataset.imageIndices[$0]) * (K + 1) + Int(truthPlaces[$0]) })
        for i in places.indices where places[i] < K {
            let image = imageOrder[Int(images[i])]
            let isJudged =
                present.contains(image * (K + 1) + Int(places[i]))
                || federation.isAbsent(results.categoryIDs[i], image: image)
            if !isAmongBest[i] || !isJudged { places[i] = Int32(K) }
        }
    }
}

extension KeypointColumns {
    /// Whether an object has no labelled keypoint: then there is nothing to find.
    func hasNoneLabelled(_ i: Int) -> Bool {
        if i < labelled.count, labelled[i] >= 0 { return labelled[i] == 0 }
        let points = self[i]
        return !stride(from: points.startIndex + 2, to: points.endIndex, by: 3).contains { points[$0] > 0 }
    }
}
