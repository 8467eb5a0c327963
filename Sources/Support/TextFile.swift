import Foundation

/// Files of text that people and their tools write: UTF-8, with or without the byte order mark that Windows puts in front.
public enum TextFile {
    /// What is in a file, without the mark.
    ///
    /// - Throws: `UserError` for a file that cannot be read, or is packed by gzip or written in UTF-16.
    public static func bytes(_ path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw UserError("cannot be read", file: path, remedy: "check the path and the permissions")
        }
        return Array(data.dropFirst(try markLength(data, file: path)))
    }

    /// How many bytes of what a file holds are UTF-8's mark.
    ///
    /// - Throws: `UserError` for what is packed by gzip or written in UTF-16.
    public static func markLength(_ bytes: some Collection<UInt8>, file: String?) throws -> Int {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return 3 }
        if bytes.starts(with: [0x1F, 0x8B]) {
            throw UserError("is packed by gzip", file: file, remedy: "unpack it first, with gunzip")
        }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw UserError("is written in UTF-16", file: file, remedy: "write it in UTF-8")
        }
        return 0
    }
}
