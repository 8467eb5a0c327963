import Foundation

/// Files written whole or not at all: a temporary name beside the target, fsync, rename.
public enum AtomicFile {
    /// Writes `bytes` to `path`; until this returns, whatever was at `path` stays as it was.
    ///
    /// - Throws: `UserError` with the reason (no such folder, no permission, disk full).
    public static func write(_ bytes: [UInt8], to path: String) throws {
        try write(to: path) { file in try file.append(bytes) }
    }

    /// Writes the text as UTF-8.
    public static func write(_ text: String, to path: String) throws {
        try write(Array(text.utf8), to: path)
    }

    /// Writes what `body` appends, piece by piece, without holding the whole. If `body` throws, nothing is left behind.
    public static func write(to path: String, _ body: (Appender) throws -> Void) throws {
        let file = try Appender(path)
        do {
            try body(file)
            try file.finish()
        } catch {
            file.abandon()
            throw error
        }
    }

    /// Deletes what writers that were killed left in `folder`, and in the folders below it.
    public static func sweep(_ folder: String) {
        guard let names = FileManager.default.enumerator(atPath: folder) else { return }
        for case let name as String in names where name.hasSuffix(suffix) { unlink("\(folder)/\(name)") }
    }

    private static let suffix = ".partial"

    /// The open temporary file.
    public final class Appender {
        private let path: String
        private let temporary: String
        private var descriptor: Int32
        private var pending: [UInt8] = []

        fileprivate init(_ path: String) throws {
            self.path = path
            temporary = "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max))\(AtomicFile.suffix)"
            descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw Self.failure("cannot be written", path) }
        }

        public func append(_ bytes: some Sequence<UInt8>) throws {
            pending.append(contentsOf: bytes)
            if pending.count >= 1 << 20 { try flush() }
        }

        public func append(_ text: String) throws {
            try append(text.utf8)
        }

        /// Appends without a copy through the buffer: for large tensors.
        public func append(_ bytes: UnsafeRawBufferPointer) throws {
            try flush()
            try put(bytes)
        }

        private func flush() throws {
            try pending.withUnsafeBytes(put)
            pending.removeAll(keepingCapacity: true)
        }

        private func put(_ bytes: UnsafeRawBufferPointer) throws {
            var rest = bytes
            while !rest.isEmpty {
                let written = Foundation.write(descriptor, rest.baseAddress, rest.count)
                if written < 0 && errno == EINTR { continue }
                guard written >= 0 else { throw Self.failure("cannot be written", path) }
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            }
        }

        fileprivate func finish() throws {
            try flush()
            guard fsync(descriptor) == 0, close(descriptor) == 0 else { throw Self.failure("cannot be written", path) }
            descriptor = -1
            guard rename(temporary, path) == 0 else { throw Self.failure("cannot be put in place", path) }
        }

        fileprivate func abandon() {
            if descriptor >= 0 { close(descriptor) }
            unlink(temporary)
        }

        private static func failure(_ what: String, _ path: String) -> UserError {
            let remedy: String? =
                switch errno {
                case ENOSPC, EDQUOT: "free some space and run again"
                case EACCES, EROFS: "check the permissions"
                case ENOENT: "make the folder first"
                default: nil
                }
            return UserError("\(what): \(String(cString: strerror(errno)))", file: path, remedy: remedy)
        }
    }
}
