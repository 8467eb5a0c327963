import Foundation
import Support
import Vision

/// The JPEG files that a text file names, a path a line, relative to the text file's folder. Empty lines are passed over.
public struct ImageList: ImageSource {
    private let folder: String
    private let paths: PathList

    /// - Throws: `UserError` when the file cannot be read or names no image.
    public init(_ file: String) throws {
        guard let text = try? Data(contentsOf: URL(fileURLWithPath: file), options: .mappedIfSafe) else {
            throw UserError("cannot be read", file: file, remedy: "check the path and the permissions")
        }
        folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
        var paths = PathList()
        try text.withUnsafeBytes { text in
            for (number, line) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
                let path = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
                guard !path.isEmpty else { continue }
                guard path.count <= Int(PATH_MAX), !path.contains(0) else {
                    throw UserError(
                        "is no path", file: file, at: "line \(number + 1)",
                        remedy: "name a folder, tar shards, or a text file with the path of a JPEG file a line")
                }
                paths.append(path)
            }
        }
        guard paths.count > 0 else {
            throw UserError("names no image", file: file, remedy: "write the path of a JPEG file on each line")
        }
        self.paths = paths
    }

    public var count: Int { paths.count }

    public func name(_ index: Int) -> String {
        let path = paths[index]
        return path.hasPrefix("/") ? path : "\(folder)/\(path)"
    }

    public func image(_ index: Int) throws -> JPEGFile { try JPEGFile(reading: name(index)) }
}
