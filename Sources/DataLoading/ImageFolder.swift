import Foundation
import Support
import Vision

/// The JPEG files below a folder, in the order of their paths. Links to folders are followed.
public struct ImageFolder: ImageSource {
    public let folder: String
    /// Relative to the folder.
    public let names: PathList

    /// - Throws: `UserError` when the folder has none.
    public init(_ folder: String) throws {
        self.folder = folder
        var found = PathList()
        var above: [FileIdentity] = []
        guard Self.walk(folder, below: [], &above, into: &found) else {
            throw UserError("cannot be read", file: folder, remedy: "check the path and the permissions")
        }
        names = found.sorted()
        guard names.count > 0 else {
            throw UserError("has no JPEG files", file: folder, remedy: "name a folder with .jpg or .jpeg files below it")
        }
    }

    public var count: Int { names.count }

    public func path(_ index: Int) -> String { "\(folder)/\(names[index])" }

    public func name(_ index: Int) -> String { path(index) }

    public func image(_ index: Int) throws -> JPEGFile { try JPEGFile(reading: path(index)) }

    private struct FileIdentity: Equatable {
        let device: UInt64
        let inode: UInt64
    }

    /// Adds the JPEG files below a folder; what cannot be opened further in is passed over.
    ///
    /// - Parameter above: the folders that this one lies in, so that a link to one of them is no endless way.
    /// - Returns: whether the folder could be opened.
    private static func walk(
        _ path: String, below prefix: [UInt8], _ above: inout [FileIdentity], into found: inout PathList
    ) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0, let handle = opendir(path) else { return false }
        defer { closedir(handle) }
        let identity = FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        guard !above.contains(identity) else { return true }
        above.append(identity)
        defer { above.removeLast() }
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name.first == UInt8(ascii: ".") { continue }
            let kind = entry.pointee.d_type
            if isJPEG(name) {
                found.append(prefix + name)
            } else if kind == UInt8(DT_DIR) || kind == UInt8(DT_LNK) || kind == UInt8(DT_UNKNOWN) {
                let inner = "\(path)/\(String(decoding: name, as: UTF8.self))"
                _ = walk(inner, below: prefix + name + [UInt8(ascii: "/")], &above, into: &found)
            }
        }
        return true
    }

    /// Whether a name ends as JPEG files' do, in small letters or capitals.
    static func isJPEG(_ name: some BidirectionalCollection<UInt8>) -> Bool {
        [".jpg", ".jpeg"].contains { ending in
            name.count > ending.utf8.count && zip(name.reversed(), ending.utf8.reversed()).allSatisfy { $0 | 0x20 == $1 | 0x20 }
        }
    }
}
