import CTorchAPI
import Support

/// This process among those that train together: Gloo on CPUs, NCCL on CUDA devices where libtorch has it, over c10d.
///
/// All processes make the same calls in the same order, with tensors of the same shapes. A call throws a `UserError` that
/// names the process that is gone, at once where its connection breaks and within the timeout otherwise.
public struct ProcessGroup: Sendable {
    /// 0 ..< `size`; the process of rank 0 is the leader, who alone writes files.
    public let rank: Int
    /// How many processes there are.
    public let size: Int
    /// The rank among the processes of this machine: which device is this one's.
    public let localRank: Int
    private let handle: Handle

    private final class Handle: @unchecked Sendable {
        let pointer: OpaquePointer
        init(_ pointer: OpaquePointer) { self.pointer = pointer }
        deinit { LibTorch.table.pointee.release_group(pointer) }
    }

    /// The processes whose batches count as one in what `body` of `$current.withValue` does, on its thread: what synchronised
    /// normalisations and losses with a count under them ask for. nil is a process by itself.
    @TaskLocal public static var current: ProcessGroup?

    /// Whether this is the process of rank 0.
    public var isLeader: Bool { rank == 0 }

    /// Waits until all processes are there.
    ///
    /// - Throws: `UserError` when some do not come.
    public init(_ place: ProcessPlace) throws {
        try place.check()
        var made: OpaquePointer?
        let message = place.host.withCString { host in
            var c = EdiyPlace(
                rank: Int32(place.rank), size: Int32(place.size), host: host, port: place.port,
                meeting_timeout: Int64(place.meetingTimeout * 1000), timeout: Int64(place.timeout * 1000))
            return LibTorch.table.pointee.make_group(&c, &made)
        }
        if let message {
            let reason = Operator.take(message).split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            throw UserError(
                "the \(place.size) processes did not meet at \(place.host):\(place.port): \(reason)",
                remedy: "check that all \(place.size) are started, and that MASTER_ADDR and MASTER_PORT name where the one of RANK 0 runs")
        }
        guard let made else { fatalError("no process group") }
        (rank, size, localRank) = (place.rank, place.size, place.localRank)
        handle = Handle(made)
    }

    /// The group that the environment tells of, as torchrun, Slurm scripts and people set it; nil for a process by itself.
    ///
    /// - Throws: `UserError` naming the variable that is missing or wrong; as `init(_:)`.
    public static func fromEnvironment() throws -> ProcessGroup? {
        guard let place = try ProcessPlace.fromEnvironment() else { return nil }
        try LibTorch.load()
        LibTorch.share(cores: place.localSize)
        // Before anything is made on a device: what names none would else all be on the first.
        if place.localRank < LibTorch.cudaDeviceCount { try Device.cuda(place.localRank).makeCurrent() }
        return try ProcessGroup(place)
    }

    /// Each tensor, of any shape and device, becomes `scale` times the sum of all processes' ones, in place and the same to the bit
    /// everywhere.
    ///
    /// - Throws: `UserError` naming the process that is gone; so do all calls below.
    public func allReduce(_ tensors: [Tensor], scale: Double = 1) throws {
        try attempt { group in
            withPointers(tensors) { LibTorch.table.pointee.all_reduce(group, $0.baseAddress, $0.count, scale) }
        }
    }

    /// The sums of all processes' numbers.
    public func sum(_ values: [Double]) throws -> [Double] {
        let tensor = Tensor(values)
        try allReduce([tensor])
        return tensor.array()
    }

    /// `sum` inside an expression: stops the program, with the reason on one line, when a process is gone.
    public func total(_ values: [Double]) -> [Double] {
        do { return try sum(values) } catch let error as UserError { LibTorch.stop(error) } catch { fatalError("\(error)") }
    }

    /// Every process's tensor, by rank; all have the same shape.
    public func allGather(_ tensor: Tensor) throws -> [Tensor] {
        try withUnsafeTemporaryAllocation(of: OpaquePointer?.self, capacity: size) { results in
            try attempt { LibTorch.table.pointee.all_gather($0, tensor.handle.pointer, results.baseAddress) }
            return results.map { pointer in
                guard let pointer else { fatalError("a tensor is missing") }
                return Tensor(owning: pointer)
            }
        }
    }

    /// Every process's bytes, by rank; of any lengths.
    public func allGather(_ bytes: [UInt8]) throws -> [[UInt8]] {
        let counts = try allGather(Tensor([bytes.count])).map { $0.ints[0] }
        let longest = counts.max() ?? 0
        guard longest > 0 else { return counts.map { _ in [] } }
        let padded = Tensor(bytes + [UInt8](repeating: 0, count: longest - bytes.count))
        return zip(try allGather(padded), counts).map { Array($0.array(UInt8.self).prefix($1)) }
    }

    /// Each tensor becomes the leader's, in place.
    public func broadcast(_ tensors: [Tensor]) throws {
        try attempt { group in
            withPointers(tensors) { LibTorch.table.pointee.broadcast(group, $0.baseAddress, $0.count, 0) }
        }
    }

    /// The leader's numbers; the others' are only counted.
    public func broadcast(_ values: [Double]) throws -> [Double] {
        let tensor = Tensor(values)
        try broadcast([tensor])
        return tensor.array()
    }

    private func withPointers<R>(_ tensors: [Tensor], _ body: (UnsafeBufferPointer<OpaquePointer?>) -> R) -> R {
        withExtendedLifetime(tensors) { tensors.map { Optional($0.handle.pointer) }.withUnsafeBufferPointer(body) }
    }

    private func attempt(_ call: (OpaquePointer) -> UnsafeMutablePointer<CChar>?) throws {
        guard let message = call(handle.pointer) else { return }
        throw userError(Operator.take(message), in: "the process group") ?? UserError("the processes cannot talk")
    }

    /// For operators of ours that all processes run together.
    var address: Int { Int(bitPattern: handle.pointer) }
}

extension ProcessGroup? {
    /// Whether this process writes files: by itself, or as the leader.
    public var isLeader: Bool { self?.isLeader ?? true }

    /// Runs `body` by the leader, for which the others wait.
    ///
    /// - Throws: what `body` throws, for the leader; for the others a `UserError` that says so.
    public func leaderAlone(_ body: () throws -> Void) throws {
        guard let group = self else { return try body() }
        guard group.isLeader else {
            guard try group.broadcast([0.0])[0] == 1 else {
                throw UserError("process 0 of \(group.size) failed", remedy: "see what it said")
            }
            return
        }
        do { try body() } catch {
            // Whether they hear of it or not: this error is the one to be told.
            _ = try? group.broadcast([0.0])
            throw error
        }
        _ = try group.broadcast([1.0])
    }

    /// Runs `body` by the leader, and when that is done by all others.
    ///
    /// - Throws: as `leaderAlone`, and what `body` throws.
    public func leaderFirst<R>(_ body: () throws -> R) throws -> R {
        var found: R?
        try leaderAlone { found = try body() }
        return try found ?? body()
    }

    /// What the leader finds, everywhere.
    public func leaderDecides(_ body: () -> Bool) throws -> Bool {
        guard let group = self else { return body() }
        return try group.broadcast([group.isLeader && body() ? 1.0 : 0])[0] == 1
    }
}
