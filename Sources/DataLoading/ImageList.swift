import Foundation
import Support
import Vision

/// The image files that a text file names, a path a line, relative to the text file's folder. Empty lines are passed over, and so are
/// labels behind the paths ("train/001.jpg 1"), as lists of Caffe, MoCo and OpenSelfSup have them.
public struct ImageList: ImageSource {
    private let folder: String
    private let paths: PathList

    /// - Throws: `UserError` when the file cannot be read or names no image.
    public init(_ file: String) throws {
        guard let text = try? Data(contentsOf: URL(fileURLWithPath: file), options: .mappedIfSafe) else {
            throw UserError("cannot be read", file: file, remedy: "check the path and the permissions")
        }
        let mark = try TextFile.markLength(text, file: file)
        folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
        var paths = PathList()
        try text.withUnsafeBytes { text in
            let lines = text[mark...].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            for (number, line) in lines.enumerated() {
                let path = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
                guard !path.isEmpty else { continue }
                guard path.count <= Int(PATH_MAX), !path.contains(0) else {
                    throw UserError(
                        "is no path", file: file, at: "line \(number + 1)",
                        remedy: "name a folder, tar shards, or a text file with the path of an image file a line")
                }
                paths.append(path)
            }
        }
        guard paths.count > 0 else {
            throw UserError("names no image", file: file, remedy: "write the path of an image file on each line")
        }
        guard let unlabelled = Self.withoutLabels(paths, below: folder) else {
            self.paths = paths
            return
        }
        StandardError.line("\(file): the labels behind the paths are left out")
        self.paths = unlabelled
    }

    public var count: Int { paths.count }

    public func name(_ index: Int) -> String { Self.path(paths[index], below: folder) }

    public func image(_ index: Int) throws -> ImageFile { try ImageFile(reading: name(index)) }

    private static func path(_ path: String, below folder: String) -> String { path.hasPrefix("/") ? path : "\(folder)/\(path)" }

    /// The paths without the numbers behind them, where the first file that is there under either name is there without.
    private static func withoutLabels(_ paths: PathList, below folder: String) -> PathList? {
        func isThere(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name, below: folder)) }
        guard paths.count > 0, unlabelled(paths[0]) != nil,
            let first = (0..<min(paths.count, 100)).lazy.map({ paths[$0] }).first(where: {
                isThere($0) || unlabelled($0).map(isThere) == true
            }), !isThere(first)
        else { return nil }
        var bare = PathList()
        for i in 0..<paths.count { bare.append((unlabelled(paths[i]) ?? paths[i]).utf8) }
        return bare
    }

    /// What stands before a space and whole numbers at the end; nil where nothing of that kind does.
    private static func unlabelled(_ line: String) -> String? {
        var words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
        let before = words.count
        while words.count > 1, let last = words.last, Int(last) != nil { words.removeLast() }
        guard words.count < before, let last = words.last else { return nil }
        return String(line[..<last.endIndex])
    }
}
