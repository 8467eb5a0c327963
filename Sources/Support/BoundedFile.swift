import Foundation

/// Files that are read whole, and so must not be of any size.
public enum BoundedFile {
    /// The bytes of a file.
    ///
    /// - Parameter limit: bytes that it may have.
    /// - Throws: `UserError` for a file that cannot be read, or is larger.
    public static func read(_ path: String, limit: Int) throws -> Data {
        let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int
        // What a link names, or a pipe, has its size told by reading alone.
        guard size ?? 0 <= limit, let data = FileManager.default.contents(atPath: path) else {
            guard let size, size > limit else {
                throw UserError("cannot be read", file: path, remedy: "check the path and the permissions")
            }
            throw tooLarge(size, path)
        }
        guard data.count <= limit else { throw tooLarge(data.count, path) }
        return data
    }

    private static func tooLarge(_ size: Int, _ path: String) -> UserError {
        UserError("is \(size) bytes, too large for a file of its name", file: path, remedy: "check that it is the file you mean")
    }
}
