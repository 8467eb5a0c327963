import Foundation
import Support

/// The JPEG files below a folder, in the order of their paths.
public struct ImageFolder: Sendable {
    public let folder: String
    /// Relative to the folder.
    public let names: [String]

    /// - Throws: `UserError` when the folder has none.
    public init(_ folder: String) throws {
        self.folder = folder
        guard let walk = FileManager.default.enumerator(atPath: folder) else {
            throw UserError("cannot be read", file: folder, remedy: "check the path and the permissions")
        }
        var names: [String] = []
        for case let name as String in walk where Self.isJPEG(name) { names.append(name) }
        // By bytes: an order that depends on no locale.
        self.names = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        guard !names.isEmpty else {
            throw UserError("has no JPEG files", file: folder, remedy: "name a folder with .jpg or .jpeg files below it")
        }
    }

    public var count: Int { names.count }

    public func path(_ index: Int) -> String { "\(folder)/\(names[index])" }

    private static func isJPEG(_ name: String) -> Bool {
        [".jpg", ".jpeg"].contains { name.lowercased().hasSuffix($0) }
    }
}
