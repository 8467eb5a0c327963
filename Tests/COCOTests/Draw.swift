import Foundation
import Support

/// What the scripts beside the fixtures draw: a linear congruential generator (Knuth's MMIX), its upper bits.
struct Draw {
    var state: UInt64

    /// 0 ..< n.
    mutating func callAsFunction(_ n: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % n
    }
}

/// Calls `body` with the paths of files of these texts, which go away after it.
func withFiles<R>(_ texts: String..., body: ([String]) throws -> R) throws -> R {
    let paths = texts.map { _ in FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID()).json").path }
    defer { for path in paths { try? FileManager.default.removeItem(atPath: path) } }
    for (path, text) in zip(paths, texts) { try AtomicFile.write(text, to: path) }
    return try body(paths)
}
