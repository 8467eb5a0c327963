import Foundation
import Support

/// A file whose bytes are looked at where they lie: mapped, not copied.
final class MappedFile: Sendable {
    let path: String
    let bytes: Data

    /// - Throws: `UserError` when it cannot be read.
    init(_ path: String) throws {
        self.path = path
        do {
            bytes = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
        } catch {
            throw UserError("cannot be read", file: path, remedy: "check the path and the permissions")
        }
    }

    init(_ bytes: [UInt8], path: String) {
        self.path = path
        self.bytes = Data(bytes)
    }

    var count: Int { bytes.count }

    /// A little-endian number of `size` bytes at `place`; nil where the file ends before.
    func number(at place: Int, size: Int) -> UInt64? {
        guard place >= 0, place <= count - size else { return nil }
        return (0..<size).reduce(0) { $0 | UInt64(bytes[place + $1]) << (8 * $1) }
    }

    /// The text of a range that lies in the file.
    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    func error(_ problem: String, at place: String? = nil, remedy: String? = nil) -> UserError {
        UserError(problem, file: path, at: place, remedy: remedy)
    }
}

/// Bytes of a file, as they are or as older pickles spell them.
enum Blob: Sendable {
    /// The bytes themselves.
    case plain(Range<Int>)
    /// Each byte a character of UTF-8 text, as Python 3 writes bytes by the pickle protocol 2.
    case latin1(Range<Int>, count: Int)

    var count: Int {
        switch self {
        case .plain(let range): range.count
        case .latin1(_, let count): count
        }
    }

    /// Bytes written as the characters U+0000 to U+00FF; nil where one is another.
    static func latin1(_ range: Range<Int>, of file: MappedFile) -> Blob? {
        let count: Int? = file.bytes.withUnsafeBytes { bytes in
            var characters = 0, place = range.lowerBound
            while place < range.upperBound {
                let byte = bytes[place]
                if byte >= 0x80 {
                    guard byte == 0xC2 || byte == 0xC3, place + 1 < range.upperBound, bytes[place + 1] & 0xC0 == 0x80
                    else { return nil }
                    place += 1
                }
                place += 1
                characters += 1
            }
            return characters
        }
        return count.map { .latin1(range, count: $0) }
    }

    /// Hands over the bytes: where they lie, or decoded.
    func withBytes<Result>(of file: MappedFile, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        switch self {
        case .plain(let range):
            return try file.bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
        case .latin1(let range, let count):
            let decoded = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                file.bytes.withUnsafeBytes { bytes in
                    var place = range.lowerBound
                    while place < range.upperBound {
                        let byte = bytes[place]
                        let isPair = byte >= 0x80
                        buffer[filled] = isPair ? (byte & 0x03) << 6 | bytes[place + 1] & 0x3F : byte
                        filled += 1
                        place += isPair ? 2 : 1
                    }
                }
            }
            return try decoded.withUnsafeBytes(body)
        }
    }
}
