/// What is wrong in an annotation file, and what the file holds.
///
/// `Dataset.read` stops at the first thing it cannot use; this goes through the whole file, and finds too what can be
/// used but hardly was meant: boxes outside their image, areas that disagree with masks.
public struct DatasetCheck: Sendable {
    /// What can be wrong with a file.
    public enum Kind: String, Sendable, CaseIterable {
        case duplicateImage, duplicateCategory, duplicateAnnotation
        case unknownImage, unknownCategory
        /// No `bbox` or no `area`.
        case missingBox, missingArea
        /// Of no width or no height.
        case emptyBox
        /// By more than `boxTolerance`.
        case boxOutsideImage
        /// Of under 6 numbers, or an odd number of them.
        case shortPolygon
        /// Run lengths that are not those of a mask of the image.
        case brokenMask
        /// Further than half a pixel along the outline from the pixels of the mask. Crowds are left out: COCO's own
        /// differ, and no number depends on them.
        case areaDisagrees
        case missingImage, unreadableImage
        /// The file's pixels are not those that the annotations tell of.
        case wrongSize
        /// Told, but no fault: subsets of COCO have such.
        case emptyCategory

        /// Whether a dataset with this is to be mended.
        public var isProblem: Bool { self != .emptyCategory }
    }

    /// All that was found of one kind.
    public struct Finding: Sendable, Equatable {
        public let kind: Kind
        public fileprivate(set) var count: Int
        /// The first few: `annotation 17: 12.5 × 0`.
        public fileprivate(set) var examples: [String]
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
    public enum ImageFile: Sendable {
        case size(width: Int, height: Int)
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
    /// How many examples a finding keeps.
    public static let exampleLimit = 5

    /// Checks an annotation file, and its images where `imageFile` is given.
    ///
    /// - Parameter imageFile: looks at the file of an image; only its size is wanted, not its pixels.
    /// - Throws: `UserError` when the file cannot be read at all: missing, malformed, values of the wrong type.
    public init(annotations path: String, imageFile: ((ImageInfo) -> ImageFile)? = nil) throws {
        let tables = try CocoTables.read(path)
        var check = Checking()
        let imagePlaces = check.places(tables.images.map(\.id), .duplicateImage, "image")
        let categoryPlaces = check.places(tables.categories.map(\.id), .duplicateCategory, "category")
        _ = check.places(tables.objects.ids, .duplicateAnnotation, "annotation")

        var perCategory = [Counts](repeating: Counts(), count: tables.categories.count)
        var total = Counts()
        // By image, so that those with an object are counted without a set for each category.
        let order = tables.objects.imageIDs.indices.sorted {
            (tables.objects.imageIDs[$0], $0) < (tables.objects.imageIDs[$1], $1)
        }
        for i in order {
            let image = imagePlaces[tables.objects.imageIDs[i]].map { tables.images[$0] }
            check.object(i, tables.objects, image)
            total.add(i, tables.objects)
            if let place = categoryPlaces[tables.objects.categoryIDs[i]] {
                perCategory[place].add(i, tables.objects)
            } else {
                check.found(.unknownCategory, "annotation \(tables.objects.ids[i])", "category \(tables.objects.categoryIDs[i])")
            }
        }
        for (category, counts) in zip(tables.categories, perCategory) where counts.objects == 0 {
            check.found(.emptyCategory, "category \(category.id)", category.name)
        }
        if let imageFile {
            for image in tables.images { check.image(image, imageFile(image)) }
        }
        images = tables.images.count
        categories = tables.categories
        self.perCategory = perCategory
        self.total = total
        findings = Kind.allCases.compactMap { check.findings[$0] }
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

/// Findings as they come up.
private struct Checking {
    var findings: [DatasetCheck.Kind: DatasetCheck.Finding] = [:]

    mutating func found(_ kind: DatasetCheck.Kind, _ subject: String, _ detail: String) {
        var finding = findings[kind] ?? DatasetCheck.Finding(kind: kind, count: 0, examples: [])
        finding.count += 1
        if finding.examples.count < DatasetCheck.exampleLimit { finding.examples.append("\(subject): \(detail)") }
        findings[kind] = finding
    }

    /// Where each id stands first; later ones are duplicates.
    mutating func places(_ ids: [Int], _ kind: DatasetCheck.Kind, _ what: String) -> [Int: Int] {
        var places = [Int: Int](minimumCapacity: ids.count)
        for (i, id) in ids.enumerated() {
            if let first = places[id] {
                found(kind, "\(what) \(id)", "at places \(first) and \(i)")
            } else {
                places[id] = i
            }
        }
        return places
    }

    mutating func object(_ i: Int, _ objects: ObjectColumns, _ image: ImageInfo?) {
        let name = "annotation \(objects.ids[i])"
        if objects.areas[i].isNaN { found(.missingArea, name, "no area") }
        let box = objects.boxes[i]
        if !objects.hasBox[i] {
            found(.missingBox, name, "no bbox")
        } else if box.width == 0 || box.height == 0 {
            found(.emptyBox, name, "\(box.width) × \(box.height)")
        }
        let polygons = objects.masks.polygons(i)
        let short = polygons.first { $0.count < 6 || $0.count % 2 == 1 }
        if let short { found(.shortPolygon, name, "\(short.count) numbers") }
        guard let image else {
            return found(.unknownImage, name, "image \(objects.imageIDs[i])")
        }
        let slack = DatasetCheck.boxTolerance
        if box.x < -slack || box.y < -slack || box.x + box.width > Double(image.width) + slack
            || box.y + box.height > Double(image.height) + slack
        {
            let corners = "\(box.x), \(box.y) to \(box.x + box.width), \(box.y + box.height)"
            found(.boxOutsideImage, name, "\(corners) in \(image.width) × \(image.height)")
        }
        do {
            guard let mask = try objects.masks.mask(i, height: image.height, width: image.width) else { return }
            guard !objects.isCrowd[i], short == nil else { return }
            let outline = polygons.isEmpty ? 2 * (box.width + box.height) : polygons.reduce(0) { $0 + perimeter($1) }
            if abs(objects.areas[i] - Double(mask.area)) > max(outline / 2, 1) {
                found(.areaDisagrees, name, "area \(objects.areas[i]), mask of \(mask.area) pixels")
            }
        } catch {
            found(.brokenMask, name, error.problem)
        }
    }

    mutating func image(_ image: ImageInfo, _ file: DatasetCheck.ImageFile) {
        switch file {
        case .missing: found(.missingImage, "image \(image.id)", image.fileName)
        case .unreadable(let reason): found(.unreadableImage, "image \(image.id)", "\(image.fileName): \(reason)")
        case .size(let width, let height):
            guard width != image.width || height != image.height else { return }
            found(
                .wrongSize, "image \(image.id)",
                "\(image.fileName) is \(width) × \(height), annotated as \(image.width) × \(image.height)")
        }
    }
}

/// Of a closed polygon x₀, y₀, x₁, y₁, …
private func perimeter(_ xy: [Double]) -> Double {
    let n = xy.count / 2
    return (0..<n).reduce(0) { sum, i in
        let j = (i + 1) % n
        let (dx, dy) = (xy[2 * j] - xy[2 * i], xy[2 * j + 1] - xy[2 * i + 1])
        return sum + (dx * dx + dy * dy).squareRoot()
    }
}
