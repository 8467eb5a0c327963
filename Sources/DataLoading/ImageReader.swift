import Support
import Synchronization
import Vision

/// Reads images of a dataset of which some may be damaged: each such file is named once on standard error, and the
/// run goes on until there are more than a limit.
public final class ImageReader: Sendable {
    private let limit: Int
    private let damaged = Mutex<Set<String>>([])

    /// - Parameter limit: damaged files that are put up with.
    public init(maxCorruptImages limit: Int) {
        self.limit = limit
    }

    /// How many damaged files were met.
    public var damagedCount: Int { damaged.withLock { $0.count } }

    /// What `make` makes of the first of the candidates from `start` on, going round, that can be read: which one that is
    /// depends on the files alone, and so a run's numbers do.
    ///
    /// - Parameters:
    ///   - name: what messages call a candidate.
    ///   - make: throws `UserError` for a damaged file.
    /// - Returns: the place among the candidates, and what was made.
    /// - Throws: `UserError` past the limit, naming the last file.
    public func read<Value>(
        from start: Int, of count: Int, name: (Int) -> String, _ make: (Int) throws -> Value
    ) throws -> (index: Int, value: Value) {
        for step in 0..<count {
            let index = (start + step) % count
            do {
                return (index, try make(index))
            } catch let error as UserError {
                try note(error, name(index))
            }
        }
        throw UserError("no image of the dataset can be read", file: name(start))
    }

    /// The first image from `start` on that can be read.
    public func read(from start: Int, of count: Int, path: (Int) -> String) throws -> (index: Int, image: Image) {
        let found = try read(from: start, of: count, name: path) { try ImageFile.read(path($0)) }
        return (found.index, found.value)
    }

    /// The image in a file; nil for one that cannot be read, as long as there are not too many.
    ///
    /// - Throws: `UserError` past the limit, naming the file.
    public func readIfWhole(_ path: String) throws -> Image? {
        do {
            return try ImageFile.read(path)
        } catch let error as UserError {
            try note(error, path, then: "nothing is predicted on it")
            return nil
        }
    }

    private func note(_ error: UserError, _ path: String, then consequence: String = "another image takes its place") throws {
        let (isNew, count) = damaged.withLock { ($0.insert(path).inserted, $0.count) }
        guard isNew else { return }
        guard count <= limit else {
            throw UserError(
                "\(error.problem): damaged image number \(count), and the recipe's max_corrupt_images allows \(limit)",
                file: path, remedy: "replace it, or raise the limit")
        }
        StandardError.line("\(path): \(error.problem); \(consequence)")
    }
}
