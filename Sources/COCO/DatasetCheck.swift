import Dispatch
import Support

/// What is wrong in an annotation file, and what the file holds.
///
/// `Dataset.read` stops at the first thing it cannot use; this goes through the whole file, and finds too what can be
/// used but hardly was meant: boxes outside their image, areas that disagree with masks.
public struct DatasetCheck: Sendable {
    /// All that was found of one kind.
    public struct Finding: Sendable, Equatable {
        public let kind: Kind
        public internal(set) var count: Int
        /// The first thousand: `annotation 17: 12.5 × 0`.
        public internal(set) var examples: [String]
    }

    /// Objects of a category, or of all. Sizes are COCO's: small is under 32², large over 96² pixels of area.
    public struct Counts: Sendable, Equatable {
        public fileprivate(set) var objects = 0
        public fileprivate(set) var small = 0
        public fileprivate(set) var medium = 0
        public fileprivate(set) var large = 0
        public fileprivate(set) var crowds = 0
        /// With at least one object.
        public fileprivate(set) var images = 0
        fileprivate var lastImage: Int?
    }

    /// What an image file turned out to be.
    public enum ImageFile: Sendable, Equatable {
        /// Upright; `isTurned`: EXIF says that what is stored is to be turned by a quarter.
        case size(width: Int, height: Int, isTurned: Bool = false)
        case missing
        case unreadable(reason: String)
    }

    /// How many the file lists.
    public let images: Int
    /// In the order of their ids.
    public let categories: [Category]
    /// In the order of `categories`.
    public let perCategory: [Counts]
    /// Of all categories, unknown ones among them.
    public let total: Counts
    /// A kind each, in `Kind`'s order; only kinds that were found.
    public let findings: [Finding]

    /// Whether nothing is to be mended.
    public var isClean: Bool { !findings.contains { $0.kind.isProblem } }

    /// Annotations written with two decimals may stand out this many pixels.
    public static let boxTolerance = 0.01
    /// How many examples a finding keeps, and how many a text shows.
    public static let exampleLimit = 1000, shownExamples = 10

    /// Checks an annotation file, and its images where `imageFile` is given.
    ///
    /// - Parameter imageFile: looks at the file of an image; called on several threads.
    /// - Throws: `UserError` when the file cannot be read at all: missing, or malformed JSON.
    public init(annotations path: String, imageFile: (@Sendable (ImageInfo) -> ImageFile)? = nil) throws {
        let (tables, faults, missingLists) = try withCocoFile(path, results: false) { contents in
            let lists = [
                ("images", contents.hasImages), ("annotations", contents.hasAnnotations), ("categories", contents.hasCategories),
            ]
            return (CocoTables(contents), contents.faults, lists.filter { !$0.1 }.map(\.0))
        }
        var findings = DatasetFindings(tables.names)
        for list in missingLists { findings.add(.missingList, path, "has no list of \(list)") }
        findings.add(faults)
        let imagePlaces = findings.places(tables.images.map(\.id), .duplicateImage, "image")
        let categoryPlaces = findings.places(tables.categories.map(\.id), .duplicateCategory, "category")
        _ = findings.places(tables.objects.ids, .duplicateAnnotation, "annotation")
        findings.check(tables.images)
        findings.check(tables.categories)

        var perCategory = [Counts](repeating: Counts(), count: tables.categories.count)
        var total = Counts()
        // By image, so that those with an object are counted without a set for each category.
        let order = tables.objects.imageIDs.indices.sorted {
            (tables.objects.imageIDs[$0], $0) < (tables.objects.imageIDs[$1], $1)
        }
        for i in order {
            let image = imagePlaces[tables.objects.imageIDs[i]].map { tables.images[$0] }
            findings.check(i, tables.objects, image)
            total.add(i, tables.objects)
            if let place = categoryPlaces[tables.objects.categoryIDs[i]] {
                perCategory[place].add(i, tables.objects)
            } else {
                findings.add(
                    .unknownCategory, "annotation \(tables.names[tables.objects.ids[i]])",
                    "category \(tables.names[tables.objects.categoryIDs[i]])")
            }
        }
        for (category, counts) in zip(tables.categories, perCategory) where counts.objects == 0 {
            findings.add(.emptyCategory, "category \(tables.names[category.id])", category.name)
        }
        findings.tellMasks(of: total.objects)
        if let imageFile {
            for (image, file) in zip(tables.images, Self.files(of: tables.images, imageFile)) { findings.check(image, file) }
        }
        images = tables.images.count
        categories = tables.categories
        self.perCategory = perCategory
        self.total = total
        self.findings = findings.all
    }

    /// Looks at all files, those of several images at a time.
    private static func files(of images: [ImageInfo], _ look: @Sendable (ImageInfo) -> ImageFile) -> [ImageFile] {
        let progress = ProgressLine("check images", total: images.count, unit: "images")
        var files = [ImageFile](repeating: .missing, count: images.count)
        files.withUnsafeMutableBufferPointer { slots in
            // Each image writes a slot of its own.
            nonisolated(unsafe) let slots = slots
            DispatchQueue.concurrentPerform(iterations: images.count) { i in
                slots[i] = look(images[i])
                progress.advance()
            }
        }
        progress.end("checked")
        return files
    }
}

extension DatasetCheck.Counts {
    fileprivate mutating func add(_ i: Int, _ objects: ObjectColumns) {
        self.objects += 1
        if objects.isCrowd[i] { crowds += 1 }
        let area = objects.areas[i]
        if area < 1024 { small += 1 } else if area <= 9216 { medium += 1 } else if area > 9216 { large += 1 }
        if lastImage != objects.imageIDs[i] { images += 1 }
        lastImage = objects.imageIDs[i]
    }
}
