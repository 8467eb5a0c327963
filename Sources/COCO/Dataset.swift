import Support

/// An image of a dataset.
public struct ImageInfo: Sendable, Equatable {
    public let id: Int
    /// Below the folder of the dataset's images, or from the root; nil where the annotation file gives none.
    public let fileName: String?
    /// In pixels, as the annotation file says; nil where it does not.
    public let width: Int?
    public let height: Int?

    /// Where the image's file is, of a dataset whose images lie in `folder`; nil where the annotation file gives no name.
    public func path(in folder: String) -> String? {
        fileName.map { $0.hasPrefix("/") ? $0 : "\(folder)/\($0)" }
    }
}

/// A category of a dataset.
public struct Category: Sendable, Equatable {
    public let id: Int
    /// The id as the file writes it.
    public let writtenID: String
    /// Empty where the file gives none.
    public let name: String
    /// Empty where the file gives none.
    public let supercategory: String
    /// LVIS only.
    public let frequency: Frequency?

    /// In how many training images a category is: under 10, under 100, or more. Source: arXiv 1908.03195, section 4.
    public enum Frequency: String, Sendable, CaseIterable {
        case rare = "r"
        case common = "c"
        case frequent = "f"
    }
}

/// Ground truth in COCO's format, in columns: no Swift object per annotation.
///
/// Annotations are named by their place in the file, 0 ..< `annotationCount`, images and categories by theirs. What the file lacks,
/// a box, an area, a size, is missing until something needs it: `require` then says where.
public struct Dataset: Sendable {
    /// In the order of the file.
    public let images: [ImageInfo]
    /// In the order of their ids.
    public let categories: [Category]
    let objects: ObjectColumns
    /// Which categories were looked for in which image, where the file says so.
    let federation: Federation?
    /// What errors name.
    public let file: String
    /// Ids as the file writes them.
    public let names: IDNames
    /// The places of `images` in the order of their ids.
    let imageOrder: [Int]
    /// The place of each annotation's image in `images`.
    public let imageIndices: [Int32]
    /// The place of each annotation's category in `categories`.
    public let categoryIndices: [Int32]
    // Annotations by image: those of image i are byImage[imageStarts[i] ..< imageStarts[i + 1]], in the file's order.
    private let byImage: [Int32]
    private let imageStarts: [Int32]

    /// How many objects are annotated, crowds among them.
    public var annotationCount: Int { objects.count }
    public var annotationIDs: [Int] { objects.ids }
    /// Of each annotation, in pixels; NaN where the file gives none.
    public var boxes: [Box] { objects.boxes }
    /// In pixels, as the file gives them; NaN where it gives none.
    public var areas: [Double] { objects.areas }
    /// Whether an annotation stands for many objects, which need not be found.
    public var isCrowd: [Bool] { objects.isCrowd }

    /// Reads an annotation file (instances_val2017.json).
    ///
    /// - Throws: `UserError` with the file and the byte or the record: malformed or cut short, a list that is not there, a value of
    ///   the wrong type, an id that is there twice, an annotation to an unknown image or category.
    public static func read(_ path: String) throws -> Dataset { try read(path, ReadingOptions()) }

    package static func read(_ path: String, _ options: ReadingOptions) throws -> Dataset {
        try withCocoFile(path, results: false, options) { contents in
            for (list, isThere) in [
                ("images", contents.hasImages), ("annotations", contents.hasAnnotations), ("categories", contents.hasCategories),
            ] where !isThere {
                throw UserError("has no list of \(list)", file: path, remedy: "check the path and that this is the right kind of file")
            }
            return try Dataset(contents)
        }
    }

    /// Reads what there is to predict on: a file with a list of images, and no need of annotations (image_info_test-dev2017.json).
    ///
    /// - Throws: `UserError` as `read` does.
    public static func readImages(_ path: String) throws -> Dataset {
        try withCocoFile(path, results: false) { contents in
            guard contents.hasImages else {
                throw UserError("has no list of images", file: path, remedy: "check the path and that this is the right kind of file")
            }
            return try Dataset(contents)
        }
    }

    private init(_ contents: CocoContents) throws {
        try contents.checkContent()
        let (tables, path) = (CocoTables(contents), contents.path)
        let (images, categories, objects, names) = (tables.images, tables.categories, tables.objects, tables.names)
        let imagePlaces = try Self.places(images.map(\.id), "image", names, path)
        let categoryPlaces = try Self.places(categories.map(\.id), "category", names, path)
        _ = try Self.places(objects.ids, "annotation", names, path)
        func fail(_ i: Int, _ problem: String, _ remedy: String) -> UserError {
            UserError(problem, file: path, at: "annotation \(names[objects.ids[i]])", remedy: remedy)
        }
        imageIndices = try (0..<objects.count).map { i in
            guard let place = imagePlaces[objects.imageIDs[i]] else {
                throw fail(i, "is of image \(names[objects.imageIDs[i]]), which is not in the file", "add the image or drop the annotation")
            }
            return Int32(place)
        }
        categoryIndices = try (0..<objects.count).map { i in
            guard let place = categoryPlaces[objects.categoryIDs[i]] else {
                throw fail(
                    i, "is of category \(names[objects.categoryIDs[i]]), which is not in the file",
                    "add the category or drop the annotation")
            }
            return Int32(place)
        }
        self.images = images
        self.categories = categories
        self.objects = objects
        federation = tables.federation
        self.names = names
        imageOrder = tables.imageOrder
        file = path
        (byImage, imageStarts) = grouped(imageIndices, groups: images.count)
    }

    /// The annotations of an image, by its place, in the file's order.
    public func annotations(ofImage image: Int) -> ArraySlice<Int32> {
        byImage[Int(imageStarts[image])..<Int(imageStarts[image + 1])]
    }

    /// Where each id stands.
    private static func places(_ ids: [Int], _ what: String, _ names: IDNames, _ path: String) throws -> [Int: Int] {
        var places = [Int: Int](minimumCapacity: ids.count)
        for (i, id) in ids.enumerated() where places.updateValue(i, forKey: id) != nil {
            throw UserError("is there twice", file: path, at: "\(what) \(names[id])", remedy: "give each \(what) an id of its own")
        }
        return places
    }
}
