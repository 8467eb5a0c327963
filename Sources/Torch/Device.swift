import CTorchAPI
import Support

/// Where a tensor lives.
public enum Device: Equatable, Sendable, CustomStringConvertible {
    case cpu
    case cuda(Int)

    static let cpuType: Int32 = 0
    static let cudaType: Int32 = 1

    var type: Int32 { self == .cpu ? Self.cpuType : Self.cudaType }

    /// As torch spells it: `cpu`, `cuda:0`.
    public var description: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let index): "cuda:\(index)"
        }
    }

    /// Makes this the device of the calling thread, where libraries beneath libtorch put what names no device.
    ///
    /// - Throws: `UserError` where libtorch has no such device.
    public func makeCurrent() throws {
        guard case .cuda(let index) = self else { return }
        if let message = LibTorch.table.pointee.set_device(type, Int32(index)).map(Operator.take) {
            let line = message.split(whereSeparator: \.isNewline).first.map(String.init) ?? message
            throw UserError("\(self) cannot be used: \(line)", remedy: "name another device by --device")
        }
    }
}

extension LibTorch {
    /// The CUDA devices that libtorch sees; 0 with a build for CPUs.
    public static var cudaDeviceCount: Int { Int(table.pointee.cuda_device_count()) }

    /// The device asked for; without one the first CUDA device, or else the CPU. Of several processes each has the CUDA device
    /// of its local rank. It becomes this thread's current device.
    ///
    /// - Throws: `UserError` when libtorch does not see the one asked for.
    public static func device(_ asked: Device?, in group: ProcessGroup? = nil) throws -> Device {
        let count = cudaDeviceCount
        var asked = asked
        if let group, count > 0, asked != .cpu {
            guard asked == nil || asked == .cuda(0) else {
                throw UserError(
                    "--device \(asked ?? .cpu) is for one process", remedy: "leave it out: each takes the device of its LOCAL_RANK")
            }
            asked = .cuda(group.localRank)
        }
        let chosen = asked ?? (count > 0 ? .cuda(0) : .cpu)
        if case .cuda(let index) = chosen, index >= count {
            throw UserError(
                "there is no \(chosen): libtorch sees \(count) CUDA devices",
                remedy: count > 0 ? "name another one" : "build against a libtorch that has CUDA, by LIBTORCH=DIR")
        }
        try chosen.makeCurrent()
        return chosen
    }
}
