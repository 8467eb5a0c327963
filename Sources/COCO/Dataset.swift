import Support

/// An image of a dataset.
public struct ImageInfo: Sendable, Equatable {
    public let id: Int
    /// Below the folder of the dataset's images.
    public let fileName: String
    /// In pixels, as the annotation file says.
    public let width: Int
    public let height: Int
}

/// A category of a dataset.
public struct Category: Sendable, Equatable {
    public let id: Int
    public let name: String
    /// Empty where the file names none.
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

/// Ground truth in COCO's format, in columns: no object an annotation.
///
/// Annotations are named by their place in the file, 0 ..< `annotationCount`, images and categories by theirs.
public struct Dataset: Sendable {
    /// In the order of the file.
    public let images: [ImageInfo]
    /// In the order of their ids.
    public let categories: [Category]
    let objects: ObjectColumns
    /// Which categories were looked for in which image, where the file says so.
    let federation: Federation?
    /// What errors name.
    let file: String
    /// The place of each annotation's image in `images`.
    public let imageIndices: [Int32]
    /// The place of each annotation's category in `categories`.
    public let categoryIndices: [Int32]
    // Annotations by image: those of image i are byImage[imageStarts[i] ..< imageStarts[i + 1]], in the file's order.
    private let byImage: [Int32]
    private let imageStarts: [Int32]

    /// How many objects are annotated, crowds among them.
    public var annotationCount: Int { objects.count }
    /// Of each annotation; of boxes x, y, width and height in pixels.
    public var annotationIDs: [Int] { objects.ids }
    public var boxes: [Box] { objects.boxes }
    /// In pixels, as the file gives them.
    public var areas: [Double] { objects.areas }
    /// Whether an annotation stands for many objects, which need not be found.
    public var isCrowd: [Bool] { objects.isCrowd }

    /// Reads an annotation file (instances_val2017.json).
    ///
    /// - Throws: `UserError` with the file and the byte or the annotation: malformed or cut short, a value of the wrong
    ///   type, an id that is there twice, an annotation to an unknown image or category, without a box or an area.
    public static func read(_ path: String) throws -> Dataset { try read(path, ReadingOptions()) }

    package static func read(_ path: String, _ options: ReadingOptions) throws -> Dataset {
        try Dataset(CocoTables.read(path, options), path)
    }

    private init(_ tables: CocoTables, _ path: String) throws {
        let (images, categories, objects) = (tables.images, tables.categories, tables.objects)
        let imagePlaces = try Self.places(images.map(\.id), "image", path)
        let categoryPlaces = try Self.places(categories.map(\.id), "category", path)
        _ = try Self.places(objects.ids, "annotation", path)
        func fail(_ i: Int, _ problem: String, _ remedy: String) -> UserError {
            UserError(problem, file: path, at: "annotation \(objects.ids[i])", remedy: remedy)
        }
        imageIndices = try (0..<objects.count).map { i in
            guard let place = imagePlaces[objects.imageIDs[i]] else {
                throw fail(i, "is of image \(objects.imageIDs[i]), which is not in the file", "add the image or drop the annotation")
            }
            return Int32(place)
        }
        categoryIndices = try (0..<objects.count).map { i in
            guard let place = categoryPlaces[objects.categoryIDs[i]] else {
                throw fail(
                    i, "is of category \(objects.categoryIDs[i]), which is not in the file",
                    "add the category or drop the annotation")
            }
            guard objects.hasBox[i] else { throw fail(i, "has no bbox", "add it: x, y, width, height") }
            guard !objects.areas[i].isNaN else { throw fail(i, "has no area", "add it: the pixels of its mask") }
            return Int32(place)
        }
        self.images = images
        self.categories = categories
        self.objects = objects
        federation = tables.federation
        file = path
        (byImage, imageStarts) = grouped(imageIndices, groups: images.count)
    }

    /// The annotations of an image, by its place, in the file's order.
    public func annotations(ofImage image: Int) -> ArraySlice<Int32> {
        byImage[Int(imageStarts[image])..<Int(imageStarts[image + 1])]
    }

    /// The polygons of an annotation, each x₀, y₀, x₁, y₁, … in pixels; none where its mask is written as runs.
    public func polygons(of annotation: Int) -> [[Double]] { objects.masks.polygons(annotation) }

    /// The mask of an annotation in its image; empty where the file gives none.
    ///
    /// - Throws: `UserError` naming the annotation when its run lengths are not those of a mask of the image.
    public func mask(of annotation: Int) throws -> RLE {
        let image = images[Int(imageIndices[annotation])]
        do {
            return try objects.masks.mask(annotation, height: image.height, width: image.width)
                ?? RLE(height: image.height, width: image.width, counts: [UInt32(image.height * image.width)])
        } catch {
            throw UserError(
                error.problem, file: file, at: "annotation \(objects.ids[annotation])", remedy: "write its mask again")
        }
    }

    /// Whether an annotation's mask is written as run lengths, as crowds are.
    public func hasRuns(_ annotation: Int) -> Bool {
        [.counts, .compressed].contains(objects.masks.kind(annotation))
    }

    /// Where each id stands.
    private static func places(_ ids: [Int], _ what: String, _ path: String) throws -> [Int: Int] {
        var places = [Int: Int](minimumCapacity: ids.count)
        for (i, id) in ids.enumerated() where places.updateValue(i, forKey: id) != nil {
            throw UserError("is there twice", file: path, at: "\(what) \(id)", remedy: "give each \(what) an id of its own")
        }
        return places
    }
}
