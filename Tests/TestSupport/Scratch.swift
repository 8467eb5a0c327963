import Foundation

/// A folder that goes away with the test.
public final class Scratch: Sendable {
    public let path = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID())").path

    /// - Throws: when it cannot be made.
    public init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A file of the folder `Fixtures` beside the test that asks.
public func fixture(_ name: String, from file: String = #filePath) -> String {
    URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("Fixtures/\(name)").path
}
