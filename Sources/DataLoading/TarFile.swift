import Foundation
import Support

/// A tar archive that is read in place: its members' names and where their bytes lie. POSIX's ustar and pax formats and
/// GNU's long names. Sources: IEEE Std 1003.1, pax; the GNU tar manual, "Basic Tar Format".
struct TarFile {
    struct Member {
        let name: String
        /// Where the member's own blocks begin, those of a long name first.
        let start: Int
        let bytes: Range<Int>
        let isFile: Bool

        /// Where the next member begins: contents fill whole blocks.
        var end: Int { (bytes.upperBound + TarFile.block - 1) / TarFile.block * TarFile.block }
    }

    private static let block = 512
    /// Names longer than this are refused before memory is taken for them.
    private static let maximumNameLength = 1 << 16

    let path: String
    private let handle: Int32
    private let length: Int

    /// - Throws: `UserError` when the file cannot be read.
    static func open<Result>(_ path: String, _ body: (TarFile) throws -> Result) throws -> Result {
        let handle = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        var status = stat()
        guard handle >= 0, fstat(handle, &status) == 0 else {
            if handle >= 0 { close(handle) }
            throw UserError("cannot be read", file: path, remedy: "check the path and the permissions")
        }
        defer { close(handle) }
        return try body(TarFile(path: path, handle: handle, length: Int(status.st_size)))
    }

    /// The member that begins at a place, or nil where the archive ends.
    ///
    /// - Throws: `UserError` with the place, when there is no member, or one that says it goes on beyond the file's end.
    func member(at start: Int) throws -> Member? {
        var (place, longName, longSize): (Int, String?, Int?) = (start, nil, nil)
        while true {
            // An archive ends with blocks of zeros, or, by some writers, just so.
            if place == length, place == start { return nil }
            let header = try read(place..<place + Self.block)
            if header.allSatisfy({ $0 == 0 }) {
                guard place == start else { throw damaged("a long name without its member", place) }
                return nil
            }
            guard Self.checksum(header) == Self.number(header[148..<156]) else { throw damaged("no tar header", place) }
            let kind = header[156]
            let own = [UInt8(ascii: "x"), UInt8(ascii: "g"), UInt8(ascii: "L"), UInt8(ascii: "K")].contains(kind)
            guard let size = own ? Self.number(header[124..<136]) : longSize ?? Self.number(header[124..<136]),
                size <= length - place - Self.block
            else { throw damaged("a member that goes on beyond the file's end", place) }
            let bytes = place + Self.block..<place + Self.block + size
            switch kind {
            case UInt8(ascii: "L"): longName = Self.text(try name(bytes))
            case UInt8(ascii: "x"):
                let records = Self.records(try name(bytes))
                longName = records["path"] ?? longName
                longSize = records["size"].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil } ?? longSize
            case UInt8(ascii: "g"), UInt8(ascii: "K"): break
            default:
                let isFile = kind == 0 || kind == UInt8(ascii: "0")
                return Member(name: longName ?? Self.name(header), start: start, bytes: bytes, isFile: isFile)
            }
            place = (bytes.upperBound + Self.block - 1) / Self.block * Self.block
        }
    }

    /// - Throws: `UserError` when the file ends before.
    func read(_ range: Range<Int>) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            while count < range.count {
                let got = pread(handle, buffer.baseAddress! + count, range.count - count, off_t(range.lowerBound + count))
                if got < 0 && errno == EINTR { continue }
                guard got > 0 else { throw damaged("the file is cut short", range.lowerBound + count) }
                count += got
            }
        }
    }

    /// Has the system read a range ahead.
    func prefetch(_ range: Range<Int>) {
        posix_fadvise(handle, off_t(range.lowerBound), off_t(range.count), POSIX_FADV_WILLNEED)
    }

    // MARK: - Headers

    private func name(_ range: Range<Int>) throws -> [UInt8] {
        guard range.count <= Self.maximumNameLength else { throw damaged("a name of \(range.count) bytes", range.lowerBound) }
        return try read(range)
    }

    private func damaged(_ problem: String, _ place: Int) -> UserError {
        UserError(problem, file: path, at: "byte \(place)", remedy: "check that the archive was written whole")
    }

    /// The header's bytes added up, its own sum counted as spaces.
    private static func checksum(_ header: [UInt8]) -> Int {
        header.indices.reduce(0) { $0 + Int((148..<156).contains($1) ? UInt8(ascii: " ") : header[$1]) }
    }

    /// Octal digits, or with the first bit set a binary number; nil where it is neither, or too large.
    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        if field.first == 0x80 {
            guard field.dropFirst().dropLast(7).allSatisfy({ $0 == 0 }) else { return nil }
            return field.suffix(7).reduce(0) { $0 << 8 | Int($1) }
        }
        let text = field.drop { $0 == UInt8(ascii: " ") }.prefix { $0 != 0 && $0 != UInt8(ascii: " ") }
        guard text.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }) else { return nil }
        return text.reduce(0) { $0 << 3 | Int($1 - UInt8(ascii: "0")) }
    }

    private static func text(_ field: some Sequence<UInt8>) -> String {
        String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }

    private static func name(_ header: [UInt8]) -> String {
        let isUstar = header[257..<262].elementsEqual("ustar".utf8) && header[262] == 0
        let prefix = isUstar ? text(header[345..<500]) : ""
        return prefix.isEmpty ? text(header[0..<100]) : "\(prefix)/\(text(header[0..<100]))"
    }

    /// pax's records, each "length key=value\n"; what is none ends them.
    private static func records(_ bytes: [UInt8]) -> [String: String] {
        var records: [String: String] = [:]
        var rest = bytes[...]
        while let space = rest.firstIndex(of: UInt8(ascii: " ")),
            let length = Int(String(decoding: rest[..<space], as: UTF8.self)), length > space - rest.startIndex + 1,
            length <= rest.count
        {
            let record = rest[(space + 1)..<rest.startIndex + length].dropLast()
            if let equals = record.firstIndex(of: UInt8(ascii: "=")) {
                let key = String(decoding: record[..<equals], as: UTF8.self)
                records[key] = String(decoding: record[(equals + 1)...], as: UTF8.self)
            }
            rest = rest.dropFirst(length)
        }
        return records
    }
}
