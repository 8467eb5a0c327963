import CTorchAPI
import Foundation
import Support

/// libtorch, opened the first time that a tensor is made, so that a command that needs none starts in milliseconds.
///
/// The door is `libCTorch.so`, looked for beside the executable, or where the environment variable `EDIY_TORCH` says
/// (the file, or its folder).
public enum LibTorch {
    /// Opens libtorch now, so that its absence is an error and not a stop at the first tensor.
    ///
    /// - Throws: `UserError` naming what is missing and how to get it, or an EDIY_VECTOR_LEVEL that is none.
    public static func load() throws {
        _ = try library.get()
    }

    /// libtorch's version, "1.13.0".
    public static var version: String { String(cString: table.pointee.version) }

    /// How libtorch was built: compiler, BLAS, vector instructions.
    public static var buildSettings: String {
        guard let text = table.pointee.describe() else { return "" }
        defer { table.pointee.free_message(text) }
        return String(cString: text)
    }

    /// The threads that one operator may use.
    public static var threadCount: Int { Int(table.pointee.thread_count()) }

    /// Sets the threads that one operator of the calling thread may use.
    public static func setThreadCount(_ count: Int) { table.pointee.set_thread_count(Int32(count)) }

    /// Leaves the other processes of this machine their cores, unless the environment says how many threads there are to be.
    static func share(cores processes: Int) {
        guard ProcessInfo.processInfo.environment["OMP_NUM_THREADS"] == nil else { return }
        setThreadCount(max(threadCount / processes, 1))
    }

    /// The table of functions. Stops the program, with the reason on one line, when libtorch cannot be opened.
    static var table: UnsafePointer<EdiyTorch> {
        switch library {
        case .success(let opened): return opened.table
        case .failure(let error): stop(error)
        }
    }

    private struct Opened: @unchecked Sendable { let table: UnsafePointer<EdiyTorch> }

    // Opened once and never closed; immutable from then on.
    private static let library: Result<Opened, UserError> = open()

    private static func open() -> Result<Opened, UserError> {
        let path = candidatePath()
        guard FileManager.default.fileExists(atPath: path) else {
            return .failure(
                UserError(
                    "is missing", file: path,
                    remedy: "build it with `swift build -c release --product CTorch`, or set EDIY_TORCH to the file"))
        }
        // Threads of an operator that wait for the next one would spin on the cores that the data workers need.
        setenv("GOMP_SPINCOUNT", "1000", 0)
        // c10d says what it throws too, and once a second that it waits for other processes.
        setenv("TORCH_CPP_LOG_LEVEL", "FATAL", 0)
        setenv("GLOG_minloglevel", "3", 0)
        guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            let reason = dlerror().map { String(cString: $0) } ?? "unknown reason"
            return .failure(UserError("cannot be opened: \(reason)", file: path, remedy: remedy(for: reason)))
        }
        guard let symbol = dlsym(handle, "ediy_torch") else {
            return .failure(UserError("has no symbol ediy_torch", file: path, remedy: "build it again"))
        }
        typealias Entry = @convention(c) () -> UnsafePointer<EdiyTorch>?
        guard let table = unsafeBitCast(symbol, to: Entry.self)(), table.pointee.abi == EDIY_TORCH_ABI else {
            return .failure(UserError("is of another version than this program", file: path, remedy: "build it again"))
        }
        let level = ProcessInfo.processInfo.environment["EDIY_VECTOR_LEVEL"].flatMap { $0.isEmpty ? nil : $0 }
        if let message = table.pointee.settle(level) {
            defer { table.pointee.free_message(message) }
            return .failure(UserError("EDIY_VECTOR_LEVEL \(String(cString: message))", remedy: "leave it out for the best there is"))
        }
        return .success(Opened(table: table))
    }

    /// What to do where the loader gives `reason`, which begins with the library that it did not find.
    private static func remedy(for reason: String) -> String {
        let library = String(reason.prefix { $0 != ":" })
        guard reason.contains("cannot open shared object file") else { return "build it again" }
        if library.hasPrefix("libswift") { return "add the folder of Swift's libraries to LD_LIBRARY_PATH" }
        guard library.hasPrefix("libtorch") || library.hasPrefix("libc10") else {
            return "install what has \(library), or add its folder to LD_LIBRARY_PATH"
        }
        #if LIBTORCH_GIVEN
        return "put back the libtorch that LIBTORCH named when this was built, or build again"
        #else
        return "install libtorch with `apt-get install libtorch-dev`, or build again with LIBTORCH=DIR"
        #endif
    }

    private static func candidatePath() -> String {
        let name = "libCTorch.so"
        if let said = ProcessInfo.processInfo.environment["EDIY_TORCH"] {
            return said.hasSuffix(".so") ? said : said + "/" + name
        }
        let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return (executable as NSString).deletingLastPathComponent + "/" + name
    }

    /// Ends the program with one line: for what no caller can catch, because it happened inside an expression.
    static func stop(_ error: UserError) -> Never {
        FileHandle.standardError.write(Data("ediy: \(error)\n".utf8))
        exit(1)
    }
}
