import Support

/// A mask that cannot be used, by its place in the file.
struct RecordError: Error {
    let isTruth: Bool
    let row: Int
    let problem: String
}

/// Ground truth and detections side by side, category by category and image by image.
struct Pairing: Sendable {
    let dataset: Dataset
    let results: Results
    let type: IoUType
    let truth: Objects
    let detections: Objects
    /// loadRes of pycocotools takes a file for one of boxes when its first record has one: then areas are boxes' areas,
    /// otherwise masks' areas.
    let areasAreOfBoxes: Bool
    /// The images' places in the dataset, sorted by id.
    private let imageOrder: [Int]

    /// Detections of categories that the ground truth lacks take no part, as in pycocotools.
    ///
    /// - Throws: `UserError` for a detection on an unknown image.
    init(_ results: Results, _ dataset: Dataset, _ type: IoUType, limit: Int) throws {
        imageOrder = dataset.images.indices.sorted { dataset.images[$0].id < dataset.images[$1].id }
        var ranks = [Int32](repeating: 0, count: imageOrder.count)
        for (rank, place) in imageOrder.enumerated() { ranks[place] = Int32(rank) }
        let (I, K) = (dataset.images.count, dataset.categories.count)
        truth = Objects(
            images: dataset.imageIndices.map { ranks[Int($0)] }, imageCount: I, categories: dataset.categoryIndices,
            categoryCount: K)

        let rankOfID = Dictionary(uniqueKeysWithValues: imageOrder.enumerated().map { (dataset.images[$1].id, Int32($0)) })
        let categories = Dictionary(uniqueKeysWithValues: dataset.categories.enumerated().map { ($1.id, Int32($0)) })
        let images = try results.imageIDs.enumerated().map { i, id in
            guard let rank = rankOfID[id] else {
                throw UserError(
                    "is on image \(id), which the annotations do not have", file: results.file, at: "record \(i)",
                    remedy: "check that results and annotations belong together")
            }
            return rank
        }
        detections = Objects(
            images: images, imageCount: I, categories: results.categoryIDs.map { categories[$0] ?? Int32(K) },
            categoryCount: K, scores: results.scores, limit: limit)
        areasAreOfBoxes = results.objects.hasBox.first ?? true
        self.dataset = dataset
        self.results = results
        self.type = type
    }

    /// The image of a rank.
    func image(_ rank: Int32) -> ImageInfo { dataset.images[imageOrder[Int(rank)]] }

    func error(_ error: RecordError) -> UserError {
        let place = error.isTruth ? "annotation \(dataset.annotationIDs[error.row])" : "record \(error.row)"
        return UserError(
            error.problem, file: error.isTruth ? dataset.file : results.file, at: place, remedy: "write its mask again")
    }
}
