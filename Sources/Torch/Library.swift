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
    /// - Throws: `UserError` naming what is missing and the package that has it.
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

    /// The CUDA devices that libtorch sees; 0 with a build for CPUs.
    public static var cudaDeviceCount: Int { Int(table.pointee.cuda_device_count()) }

    /// The device asked for; without one the first CUDA device, or else the CPU. Of several processes each has the CUDA device
    /// of its local rank.
    ///
    /// - Throws: `UserError` when libtorch does not see the one asked for.
    public static func device(_ asked: Device?, in group: ProcessGroup? = nil) throws -> Device {
        let count = cudaDeviceCount
        var asked = asked
        if let group, count > 0, asked != .cpu {
            guard asked == nil || asked == .cuda(0) else {
                throw UserError("--device \(asked ?? .cpu) is for one process", remedy: "leave it out: each takes the device of its LOCAL_RANK")
            }
            asked = .cuda(group.localRank)
        }
        guard let asked else { return count > 0 ? .cuda(0) : .cpu }
        if case .cuda(let index) = asked, index >= count {
            throw UserError(
                "there is no \(asked): libtorch sees \(count) CUDA devices",
                remedy: count > 0 ? "name another one" : "build against a libtorch that has CUDA, by LIBTORCH=DIR")
        }
        return asked
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
            return .failure(
                UserError(
                    "cannot be opened: \(reason)", file: path,
                    remedy: "install libtorch with `apt-get install libtorch-dev`"))
        }
        guard let symbol = dlsym(handle, "ediy_torch") else {
            return .failure(UserError("has no symbol ediy_torch", file: path, remedy: "build it again"))
        }
        typealias Entry = @convention(c) () -> UnsafePointer<EdiyTorch>?
        guard let table = unsafeBitCast(symbol, to: Entry.self)(), table.pointee.abi == EDIY_TORCH_ABI else {
            return .failure(UserError("is of another version than this program", file: path, remedy: "build it again"))
        }
        return .success(Opened(table: table))
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
