/// What a check of a dataset finds, as it comes up.
struct DatasetFindings {
    private let names: IDNames
    private var findings: [DatasetCheck.Kind: DatasetCheck.Finding] = [:]
    private var withoutMask: [String] = []
    private var hasMasks = false
    /// Annotations of which the reader could not take something: that is then missing, and no second fault.
    private var faulty: Set<Int> = []

    init(_ names: IDNames) { self.names = names }

    /// A kind each, in the kinds' order.
    var all: [DatasetCheck.Finding] { DatasetCheck.Kind.allCases.compactMap { findings[$0] } }

    mutating func add(_ kind: DatasetCheck.Kind, _ subject: String, _ detail: String) {
        var finding = findings[kind] ?? DatasetCheck.Finding(kind: kind, count: 0, examples: [])
        finding.count += 1
        if finding.examples.count < DatasetCheck.exampleLimit { finding.examples.append("\(subject): \(detail)") }
        findings[kind] = finding
    }

    /// What the reader could not take.
    mutating func add(_ faults: [ContentFault]) {
        for fault in faults {
            let list = fault.list ?? "results"
            if fault.list == "annotations" { faulty.formUnion(fault.places.compactMap(\.id)) }
            for place in fault.places {
                let subject = place.id.map { "\(list), id \(names[$0])" } ?? "\(list), record \(place.record)"
                add(.malformedValue, subject, fault.problem)
            }
            // Past what the reader keeps the places of.
            findings[.malformedValue]?.count += fault.count - fault.places.count
        }
    }

    /// Where each id stands first; later ones are duplicates.
    mutating func places(_ ids: [Int], _ kind: DatasetCheck.Kind, _ what: String) -> [Int: Int] {
        var places = [Int: Int](minimumCapacity: ids.count)
        for (i, id) in ids.enumerated() {
            if let first = places[id] {
                add(kind, "\(what) \(names[id])", "at places \(first) and \(i)")
            } else {
                places[id] = i
            }
        }
        return places
    }

    // MARK: - Images and categories

    mutating func check(_ images: [ImageInfo]) {
        var owners: [String: Int] = [:]
        for image in images {
            let name = "image \(names[image.id])"
            if image.width == nil || image.height == nil { add(.missingImageSize, name, image.fileName ?? "no file_name") }
            guard let file = image.fileName else {
                add(.missingFileName, name, "no file_name")
                continue
            }
            if let owner = owners.updateValue(image.id, forKey: file) {
                add(.doubledFileName, name, "\(file), as image \(names[owner])")
            }
        }
    }

    mutating func check(_ categories: [Category]) {
        var owners: [String: Int] = [:]
        for category in categories {
            let name = "category \(names[category.id])"
            if category.name.isEmpty {
                add(.missingCategoryName, name, "no name")
            } else if let owner = owners.updateValue(category.id, forKey: category.name) {
                add(.doubledCategoryName, name, "\(category.name), as category \(names[owner])")
            }
        }
    }

    mutating func check(_ image: ImageInfo, _ file: DatasetCheck.ImageFile) {
        // Told already.
        guard let fileName = image.fileName else { return }
        let name = "image \(names[image.id])"
        switch file {
        case .missing: add(.missingImage, name, fileName)
        case .unreadable(let reason): add(.unreadableImage, name, "\(fileName): \(reason)")
        case .size(let width, let height, let isTurned):
            guard let ownWidth = image.width, let ownHeight = image.height, (width, height) != (ownWidth, ownHeight) else { return }
            add(
                isTurned && (height, width) == (ownWidth, ownHeight) ? .turnedImage : .wrongSize, name,
                "\(fileName) is \(width) × \(height), annotated as \(ownWidth) × \(ownHeight)")
        }
    }

    // MARK: - Annotations

    mutating func check(_ i: Int, _ objects: ObjectColumns, _ image: ImageInfo?) {
        let name = "annotation \(names[objects.ids[i]])"
        let box = objects.boxes[i]
        if objects.ids[i] == 0 { add(.annotationIDZero, name, "give it another id") }
        let isFaulty = faulty.contains(objects.ids[i])
        if objects.areas[i].isNaN, !isFaulty { add(.missingArea, name, "no area") }
        if !objects.hasBox[i] {
            if !isFaulty { add(.missingBox, name, "no bbox") }
        } else if box.width < 0 || box.height < 0 {
            add(.negativeBox, name, "\(box.width) × \(box.height)")
        } else if box.width == 0 || box.height == 0 {
            add(.emptyBox, name, "\(box.width) × \(box.height)")
        }
        switch objects.masks.kind(i) {
        case .none, .empty: withoutMask.append(name)
        case .unusable where isFaulty: break
        case .unusable: add(.unusableMask, name, "neither polygons of three corners nor run lengths")
        case .polygons, .counts, .compressed: hasMasks = true
        }
        guard let image else { return add(.unknownImage, name, "image \(names[objects.imageIDs[i]])") }
        let polygons = objects.masks.polygons(i)
        let short = polygons.first { $0.count < 6 || $0.count % 2 == 1 }
        if let short { add(.shortPolygon, name, "\(short.count) numbers") }
        guard let width = image.width, let height = image.height else { return }
        if objects.hasBox[i] { checkBox(box, name, width, height) }
        for xy in polygons {
            guard let far = xy.enumerated().first(where: { abs($1) > 2 * Double($0 % 2 == 0 ? width : height) }) else { continue }
            add(.polygonFarOutside, name, "\(far.element) in \(width) × \(height)")
            break
        }
        do {
            guard let mask = try objects.masks.mask(i, height: height, width: width) else { return }
            guard !objects.isCrowd[i], short == nil, !objects.areas[i].isNaN else { return }
            let outline = polygons.isEmpty ? 2 * (box.width + box.height) : polygons.reduce(0) { $0 + perimeter($1) }
            if abs(objects.areas[i] - Double(mask.area)) > max(outline / 2, 1) {
                add(.areaDisagrees, name, "area \(objects.areas[i]), mask of \(mask.area) pixels")
            }
        } catch {
            add(.brokenMask, name, error.problem)
        }
    }

    private mutating func checkBox(_ box: Box, _ name: String, _ width: Int, _ height: Int) {
        let slack = DatasetCheck.boxTolerance
        guard
            box.x < -slack || box.y < -slack || box.x + box.width > Double(width) + slack
                || box.y + box.height > Double(height) + slack
        else { return }
        add(
            .boxOutsideImage, name,
            "\(box.x), \(box.y) to \(box.x + box.width), \(box.y + box.height) in \(width) × \(height)")
    }

    /// Objects without a mask are a fault only where others have one.
    mutating func tellMasks(of count: Int) {
        guard hasMasks else {
            if count > 0, findings[.unusableMask] == nil { add(.noMasks, "annotations", "\(count) of \(count)") }
            return
        }
        for name in withoutMask { add(.missingMask, name, "no segmentation") }
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
