import Foundation
import Support
import Vision

/// The JPEG and PNG files below a folder, in the order of their paths. Links to folders are followed; hidden files and folders are
/// passed over, and so are images of other formats, which are counted on standard error.
public struct ImageFolder: ImageSource {
    public let folder: String
    /// Relative to the folder.
    public let names: PathList

    /// - Throws: `UserError` when the folder has none.
    public init(_ folder: String) throws {
        self.folder = folder
        var walk = FolderWalk()
        guard walk.enter(folder, below: []) else {
            throw UserError("cannot be read", file: folder, remedy: "check the path and the permissions")
        }
        names = walk.found.sorted()
        let others = walk.others.sorted { $0.key < $1.key }.map { "\($0.value) .\($0.key)" }.joined(separator: ", ")
        guard names.count > 0 else {
            throw UserError(
                "has no JPEG or PNG files\(others.isEmpty ? "" : ", and these others: \(others)")", file: folder,
                remedy: others.isEmpty ? "name a folder with image files below it" : "convert them to JPEG or PNG")
        }
        if !others.isEmpty { StandardError.line("\(folder): passed over, as no JPEG or PNG: \(others)") }
    }

    public var count: Int { names.count }

    public func path(_ index: Int) -> String { "\(folder)/\(names[index])" }

    public func name(_ index: Int) -> String { path(index) }

    public func image(_ index: Int) throws -> ImageFile { try ImageFile(reading: path(index)) }
}

/// What a file's name says that it is.
enum NamedFormat: Equatable {
    /// JPEG or PNG; which of them, its content says.
    case image
    /// An image that is not read, by its ending.
    case otherImage(String)
    /// Without an ending: only its content can say.
    case unnamed
    case none

    private static let read: Set = ["jpg", "jpeg", "jpe", "jfif", "png"]
    private static let unread: Set = ["webp", "gif", "bmp", "tif", "tiff", "heic", "heif", "avif", "jp2"]

    /// - Parameter name: of the file, or its path.
    init(_ name: some BidirectionalCollection<UInt8>) {
        let last = name.lastIndex(of: UInt8(ascii: "/")).map { name[name.index(after: $0)...] } ?? name[...]
        guard let dot = last.lastIndex(of: UInt8(ascii: ".")) else {
            self = last.isEmpty ? .none : .unnamed
            return
        }
        let ending = last[last.index(after: dot)...]
        let word = ending.count <= 4 ? String(decoding: ending, as: UTF8.self).lowercased() : ""
        self = Self.read.contains(word) ? .image : Self.unread.contains(word) ? .otherImage(word) : .none
    }
}

/// Goes through a folder and those below it.
private struct FolderWalk {
    var found = PathList()
    /// Images that are not read, by their ending.
    var others: [String: Int] = [:]
    /// The folders that the present one lies in, so that a link to one of them is no endless way.
    private var above: [FileIdentity] = []

    private struct FileIdentity: Equatable {
        let device: UInt64
        let inode: UInt64
    }

    /// Folders that hold no images of the dataset: a Synology's thumbnails lie in folders of the images' names.
    private static let passedOver = ["@eaDir"]

    /// Adds the images below a folder; what cannot be opened further in is passed over.
    ///
    /// - Returns: whether the folder could be opened.
    mutating func enter(_ path: String, below prefix: [UInt8]) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0, let handle = opendir(path) else { return false }
        defer { closedir(handle) }
        let identity = FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        guard !above.contains(identity) else { return true }
        above.append(identity)
        defer { above.removeLast() }
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            let text = String(decoding: name, as: UTF8.self)
            guard name.first != UInt8(ascii: "."), !Self.passedOver.contains(text) else { continue }
            let inner = "\(path)/\(text)"
            if Self.isFolder(entry.pointee.d_type, inner) {
                _ = enter(inner, below: prefix + name + [UInt8(ascii: "/")])
                continue
            }
            switch NamedFormat(name) {
            case .image: found.append(prefix + name)
            case .otherImage(let ending): others[ending, default: 0] += 1
            case .unnamed: if Self.beginsAsImage(inner) { found.append(prefix + name) }
            case .none: break
            }
        }
        return true
    }

    private static func isFolder(_ kind: UInt8, _ path: String) -> Bool {
        if kind == UInt8(DT_DIR) { return true }
        guard kind == UInt8(DT_LNK) || kind == UInt8(DT_UNKNOWN) else { return false }
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func beginsAsImage(_ path: String) -> Bool {
        guard let handle = FileHandle(forReadingAtPath: path) else { return false }
        defer { try? handle.close() }
        return (try? handle.read(upToCount: 8)).flatMap { $0 }.map { ImageFile.isBegun(by: Array($0)) } ?? false
    }
}
