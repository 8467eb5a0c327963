import CTorchAPI

/// A random generator for operators that draw on the device; always made from a seed, never shared.
public struct Generator: @unchecked Sendable {
    final class Handle {
        let pointer: OpaquePointer
        init(_ pointer: OpaquePointer) { self.pointer = pointer }
        deinit { LibTorch.table.pointee.release_generator(pointer) }
    }

    let handle: Handle

    /// - Parameter seed: the same seed on the same kind of device gives the same numbers as `torch.Generator`.
    public init(seed: UInt64, device: Device = .cpu) {
        var made: OpaquePointer?
        if let message = LibTorch.table.pointee.make_generator(device.description, seed, &made) {
            fatalError("generator on \(device): \(Operator.take(message))")
        }
        guard let made else { fatalError("no generator on \(device)") }
        handle = Handle(made)
    }
}
