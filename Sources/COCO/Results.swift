import CSimdJSON
import Support

/// One detection, as a detector gives it.
public struct Detection: Sendable {
    public let imageID: Int
    public let categoryID: Int
    /// In pixels; nil where the detector gives a mask or keypoints alone.
    public let box: Box?
    /// How sure the detector is; only the order counts.
    public let score: Double
    /// Of the image's size; nil where the detector gives none.
    public var mask: RLE?
    /// x, y, v of each point, one after the other; empty where there are none.
    public var keypoints: [Double]

    public init(imageID: Int, categoryID: Int, box: Box?, score: Double, mask: RLE? = nil, keypoints: [Double] = []) {
        self.imageID = imageID
        self.categoryID = categoryID
        self.box = box
        self.score = score
        self.mask = mask
        self.keypoints = keypoints
    }
}

/// Detections in columns, in the order of their file.
public struct Results: Sendable {
    let objects: ObjectColumns
    /// Ids as the file writes them.
    let names: IDNames
    /// What errors name.
    let file: String?

    /// How many detections there are.
    public var count: Int { objects.count }
    public var imageIDs: [Int] { objects.imageIDs }
    public var categoryIDs: [Int] { objects.categoryIDs }
    public var scores: [Double] { objects.scores }
    public var boxes: [Box] { objects.boxes }
    /// Whether any detection has a mask.
    public var hasMasks: Bool { (0..<count).contains { objects.masks.kind($0).isMask } }

    /// Reads a results file: a list of objects with image_id, category_id, score, and at least one of bbox, segmentation
    /// and keypoints.
    ///
    /// - Throws: `UserError` with the file and the byte or the record. An empty list is valid.
    public static func read(_ path: String) throws -> Results { try read(path, ReadingOptions()) }

    package static func read(_ path: String, _ options: ReadingOptions) throws -> Results {
        try withCocoFile(path, results: true, options) { contents in
            try contents.checkContent()
            return Results(objects: ObjectColumns(contents.parts), names: contents.names, file: path)
        }
    }

    /// Detections that are in memory already.
    public init(_ detections: [Detection]) {
        self.init(objects: ObjectColumns(detections), names: IDNames(), file: nil)
    }

    private init(objects: ObjectColumns, names: IDNames, file: String?) {
        self.objects = objects
        self.names = names
        self.file = file
    }

    /// The mask of a detection in an image of this size; the rectangle of its box where it says nothing of one, as pycocotools has
    /// it.
    ///
    /// - Throws: `UserError` naming the file and the record, also where what it has is no mask.
    public func mask(_ detection: Int, height: Int, width: Int) throws -> RLE {
        do throws(UserError) {
            if [.empty, .unusable].contains(objects.masks.kind(detection)) { throw UserError(MaskColumns.unusable) }
            return try objects.masks.mask(detection, height: height, width: width)
                ?? RLE(box: objects.boxes[detection], height: height, width: width)
        } catch {
            throw UserError(error.problem, file: file, at: "record \(detection)", remedy: "write its mask again")
        }
    }
}
