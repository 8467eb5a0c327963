import CSimdJSON
import Support

/// Reads a file through simdjson, hands its columns to `body`, and lets go of them.
func withCocoFile<R>(_ path: String, results: Bool, _ body: (OpaquePointer) throws -> R) throws -> R {
    var problem = CocoProblem()
    guard let file = coco_read(path, results, &problem) else {
        let message = withUnsafeBytes(of: problem.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let record = problem.record >= 0 ? "record \(problem.record)" : nil
        let byte = problem.byte >= 0 ? "byte \(problem.byte)" : nil
        let place = [record, byte].compactMap { $0 }.joined(separator: ", ")
        throw UserError(
            message, file: path, at: place.isEmpty ? nil : place,
            remedy: problem.byte < 0 && problem.record < 0
                ? "check the path and that this is the right kind of file" : "check that the file was written whole")
    }
    defer { coco_close(file) }
    return try body(file)
}

/// The strings of a pool, the i-th from starts[i] to starts[i + 1].
func strings(_ count: Int, _ starts: UnsafePointer<Int64>?, _ pool: UnsafePointer<CChar>?) -> [String] {
    guard let starts, let pool else { return [] }
    return (0..<count).map { i in
        let length = Int(starts[i + 1] - starts[i])
        return pool.withMemoryRebound(to: UInt8.self, capacity: Int(starts[count])) {
            String(decoding: UnsafeBufferPointer(start: $0 + Int(starts[i]), count: length), as: UTF8.self)
        }
    }
}

/// What an annotation file holds, as it is written there: nothing is checked against anything else.
struct CocoTables {
    let images: [ImageInfo]
    /// In the order of their ids.
    let categories: [Category]
    let objects: ObjectColumns

    /// - Throws: `UserError` with the file and the byte or the record for what is malformed or of the wrong type.
    static func read(_ path: String) throws -> CocoTables {
        try withCocoFile(path, results: false, CocoTables.init)
    }

    private init(_ file: OpaquePointer) {
        let i = coco_images(file)
        let fileNames = strings(Int(i.count), i.name_starts, i.names)
        images = (0..<Int(i.count)).map {
            ImageInfo(id: Int(i.ids[$0]), fileName: fileNames[$0], width: Int(i.widths[$0]), height: Int(i.heights[$0]))
        }
        let c = coco_categories(file)
        let names = strings(2 * Int(c.count), c.name_starts, c.names)
        categories = (0..<Int(c.count)).map {
            Category(id: Int(c.ids[$0]), name: names[2 * $0], supercategory: names[2 * $0 + 1])
        }.sorted { $0.id < $1.id }
        objects = ObjectColumns(file)
    }
}
