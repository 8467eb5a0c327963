import CSimdJSON
import Foundation
import Support

/// The columns of one stretch of a file, in the memory they were read into.
final class CocoPart: Sendable {
    // Written by nobody once it is here, but for `keepMasks`, before anybody else sees it.
    private nonisolated(unsafe) let part: OpaquePointer
    nonisolated(unsafe) let masks: CocoMasks

    fileprivate init(_ part: OpaquePointer) {
        self.part = part
        masks = coco_masks(part)
    }

    deinit { coco_free_part(part) }

    var objects: CocoObjects { coco_objects(part) }
    var images: CocoImages { coco_images(part) }
    var categories: CocoCategories { coco_categories(part) }
    var texts: CocoTexts { coco_texts(part) }

    fileprivate var faults: [ContentFault] {
        (0..<coco_fault_count(part)).map { ContentFault(coco_fault(part, $0), section: coco_section(part)) }
    }

    /// Frees all but the masks.
    fileprivate func keepMasks() { coco_keep_masks(part) }
}

/// How a file is read.
package struct ReadingOptions: Sendable {
    /// Bytes that a core parses at a time; longer records stretch it.
    package var window = 4 << 20
    /// Cores that parse; more than these wait for the disk.
    package var threads = min(ProcessInfo.processInfo.activeProcessorCount, 8)

    package init() {}
}

/// Well-formed JSON that is not what the format asks for, with the records it is in.
struct ContentFault {
    struct Place {
        /// Of its list, from 0.
        let record: Int
        /// In the file.
        let byte: Int
        /// The record's own, where it has one.
        let id: Int?
    }

    /// "annotations", or nil in a results file, which is one list.
    let list: String?
    /// "bbox must be a list of four numbers".
    let problem: String
    let count: Int
    /// The first thousand.
    let places: [Place]

    fileprivate init(_ fault: CocoFault, section: CocoSection) {
        list =
            switch section {
            case COCO_IMAGES: "images"
            case COCO_ANNOTATIONS: "annotations"
            case COCO_CATEGORIES: "categories"
            default: nil
            }
        problem = String(cString: fault.what)
        count = Int(fault.count)
        places = UnsafeBufferPointer(start: fault.places, count: Int(fault.place_count)).map {
            Place(record: Int($0.record), byte: Int($0.byte), id: $0.has_id ? Int($0.id) : nil)
        }
    }
}

/// What is in a file, before anything is checked against anything else.
struct CocoContents {
    let parts: [CocoPart]
    /// In the order of the file, a problem of a part each.
    let faults: [ContentFault]
    /// Of an annotation file: whether it has a list of images, annotations, categories.
    let hasImages, hasAnnotations, hasCategories: Bool
    let names: IDNames
    let path: String

    /// - Throws: `UserError` for the first fault, with the number of records that have it.
    func checkContent() throws {
        guard let fault = faults.first, let place = fault.places.first else { return }
        let same = faults.filter { $0.problem == fault.problem && $0.list == fault.list }.reduce(0) { $0 + $1.count }
        let id = place.id.map { " (id \(names[$0]))" } ?? ""
        let record = "\(fault.list.map { "\($0), " } ?? "")record \(place.record)\(id), byte \(place.byte)"
        let others = same > 1 ? ", as in \(same) records" : ""
        throw UserError(
            fault.problem + others, file: path, at: record,
            remedy: fault.list == nil ? "mend the record, or write the file anew" : "mend it: 'ediy dataset check' lists all of them")
    }
}

/// Reads a file through simdjson, hands its contents to `body`, and frees all but their masks.
///
/// - Throws: `UserError` with the file and the byte for what is malformed; what is wrong inside records is the contents' `faults`.
func withCocoFile<R>(
    _ path: String, results: Bool, _ options: ReadingOptions = ReadingOptions(), _ body: (CocoContents) throws -> R
) throws -> R {
    var problem = CocoProblem()
    guard let file = coco_read(path, results, Int32(options.threads), Int64(options.window), &problem) else {
        let message = withUnsafeBytes(of: problem.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let record = problem.record >= 0 ? "record \(problem.record)" : nil
        let byte = problem.byte >= 0 ? "byte \(problem.byte)" : nil
        let place = [record, byte].compactMap { $0 }.joined(separator: ", ")
        throw UserError(
            message, file: path, at: place.isEmpty ? nil : place,
            remedy: place.isEmpty ? "check the path and that this is the right kind of file" : "check that the file was written whole")
    }
    defer { coco_close(file) }
    let parts = (0..<coco_part_count(file)).compactMap { coco_take_part(file, $0).map(CocoPart.init) }
    defer { for part in parts { part.keepMasks() } }
    return try body(
        CocoContents(
            parts: parts, faults: parts.flatMap(\.faults), hasImages: coco_has_list(file, COCO_IMAGES),
            hasAnnotations: coco_has_list(file, COCO_ANNOTATIONS), hasCategories: coco_has_list(file, COCO_CATEGORIES),
            names: IDNames(parts.map(\.texts)), path: path))
}

/// What an annotation file holds, as it is written there: nothing is checked against anything else.
struct CocoTables {
    let images: [ImageInfo]
    /// The places of `images` in the order of their ids.
    let imageOrder: [Int]
    /// In the order of their ids.
    let categories: [Category]
    let objects: ObjectColumns
    let federation: Federation?
    let names: IDNames

    init(_ contents: CocoContents) {
        let parts = contents.parts
        names = contents.names
        let images = parts.map(\.images).flatMap { table in
            let names = strings(Int(table.count), table.name_starts, table.names)
            func side(_ pixels: Int64) -> Int? { pixels < 0 ? nil : Int(pixels) }
            return (0..<Int(table.count)).map {
                ImageInfo(
                    id: Int(table.ids[$0]), fileName: names[$0].isEmpty ? nil : names[$0], width: side(table.widths[$0]),
                    height: side(table.heights[$0]))
            }
        }
        let categories = parts.map(\.categories).flatMap { [names] table in
            let words = strings(3 * Int(table.count), table.name_starts, table.names)
            return (0..<Int(table.count)).map {
                Category(
                    id: Int(table.ids[$0]), writtenID: names[Int(table.ids[$0])], name: words[3 * $0], supercategory: words[3 * $0 + 1],
                    frequency: Category.Frequency(rawValue: words[3 * $0 + 2]))
            }
        }
        self.images = images
        imageOrder = names.order(images.map(\.id), areQuoted: parts.contains { $0.images.has_quoted_ids })
        self.categories = names.order(categories.map(\.id), areQuoted: parts.contains { $0.categories.has_quoted_ids })
            .map { categories[$0] }
        objects = ObjectColumns(parts)
        federation = Federation(parts.map(\.images))
    }
}

/// The strings of a pool, the i-th from starts[i] to starts[i + 1].
func strings(_ count: Int, _ starts: UnsafePointer<Int64>?, _ pool: UnsafePointer<CChar>?) -> [String] {
    guard let starts, let pool else { return [] }
    return (0..<count).map { i in
        let bytes = UnsafeRawBufferPointer(start: pool + Int(starts[i]), count: Int(starts[i + 1] - starts[i]))
        return String(decoding: bytes, as: UTF8.self)
    }
}
