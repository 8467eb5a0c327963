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
