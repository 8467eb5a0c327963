import Foundation

/// Folders that are written to.
public enum Folder {
    /// Makes a folder, and those above it, unless it is there.
    ///
    /// - Throws: `UserError` naming it when it cannot be made.
    public static func make(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw UserError("cannot be made", file: path, remedy: "check the path and the permissions")
        }
    }
}
