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

/// Reads a file through simdjson, hands its parts to `body` in the order of the file, and frees all but their masks.
///
/// - Throws: `UserError` with the file and the byte or the record for what is malformed or of the wrong type.
func withCocoFile<R>(
    _ path: String, results: Bool, _ options: ReadingOptions = ReadingOptions(), _ body: ([CocoPart]) throws -> R
) throws -> R {
    var problem = CocoProblem()
    guard let file = coco_read(path, results, Int32(options.threads), Int64(options.window), &problem) else {
        let message = withUnsafeBytes(of: problem.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let record = problem.record >= 0 ? "record \(problem.record)" : nil
        let byte = problem.byte >= 0 ? "byte \(problem.byte)" : nil
        let place = [record, byte].compactMap { $0 }.joined(separator: ", ")
        let remedy =
            if problem.content { "mend the record, or write the file anew" } else if place.isEmpty {
                "check the path and that this is the right kind of file"
            } else { "check that the file was written whole" }
        throw UserError(message, file: path, at: place.isEmpty ? nil : place, remedy: remedy)
    }
    defer { coco_close(file) }
    let parts = (0..<coco_part_count(file)).compactMap { coco_take_part(file, $0).map(CocoPart.init) }
    defer { for part in parts { part.keepMasks() } }
    return try body(parts)
}

/// What an annotation file holds, as it is written there: nothing is checked against anything else.
struct CocoTables {
    let images: [ImageInfo]
    /// In the order of their ids.
    let categories: [Category]
    let objects: ObjectColumns
    let federation: Federation?

    /// - Throws: `UserError` with the file and the byte or the record for what is malformed or of the wrong type.
    static func read(_ path: String, _ options: ReadingOptions = ReadingOptions()) throws -> CocoTables {
        try withCocoFile(path, results: false, options, CocoTables.init)
    }

    private init(_ parts: [CocoPart]) {
        images = parts.map(\.images).flatMap { table in
            let names = strings(Int(table.count), table.name_starts, table.names)
            return (0..<Int(table.count)).map {
                ImageInfo(id: Int(table.ids[$0]), fileName: names[$0], width: Int(table.widths[$0]), height: Int(table.heights[$0]))
            }
        }
        categories = parts.map(\.categories).flatMap { table in
            let names = strings(3 * Int(table.count), table.name_starts, table.names)
            return (0..<Int(table.count)).map {
                Category(
                    id: Int(table.ids[$0]), name: names[3 * $0], supercategory: names[3 * $0 + 1],
                    frequency: Category.Frequency(rawValue: names[3 * $0 + 2]))
            }
        }.sorted { $0.id < $1.id }
        objects = ObjectColumns(parts)
        federation = Federation(parts.map(\.images))
    }
}

/// The strings of a pool, the i-th from starts[i] to starts[i + 1].
private func strings(_ count: Int, _ starts: UnsafePointer<Int64>?, _ pool: UnsafePointer<CChar>?) -> [String] {
    guard let starts, let pool else { return [] }
    return (0..<count).map { i in
        let bytes = UnsafeRawBufferPointer(start: pool + Int(starts[i]), count: Int(starts[i + 1] - starts[i]))
        return String(decoding: bytes, as: UTF8.self)
    }
}
