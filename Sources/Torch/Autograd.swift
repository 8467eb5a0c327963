import CTorchAPI

extension Tensor {
    /// Adds to `grad` of every leaf that this scalar came from.
    ///
    /// - Throws: `UserError` where memory runs out, or a process is gone that the way back asks.
    public func backward() throws {
        guard let message = LibTorch.table.pointee.backward(handle.pointer).map(Operator.take) else { return }
        guard let error = userError(message, in: "the backward pass") else {
            fatalError("backward of \(dtype)\(shape): \(message)")
        }
        throw error
    }

    /// What `backward` left here, and where the next one adds. Setting nil clears it.
    public var grad: Tensor? {
        get { LibTorch.table.pointee.grad(handle.pointer).map(Tensor.init(owning:)) }
        nonmutating set { LibTorch.table.pointee.set_grad(handle.pointer, newValue?.handle.pointer) }
    }

    /// Whether operations on this tensor are recorded.
    public var requiresGrad: Bool { LibTorch.table.pointee.requires_grad(handle.pointer) }

    /// The same tensor, recorded from here on (a leaf of the graph). Of floating point; others stop the program.
    @discardableResult
    public func requiringGrad(_ value: Bool = true) -> Tensor {
        if let message = LibTorch.table.pointee.set_requires_grad(handle.pointer, value) {
            fatalError("requiringGrad of \(dtype)\(shape): \(Operator.take(message))")
        }
        return self
    }

    /// The same values, cut from the graph.
    public func detached() -> Tensor { Operator.detach(.tensor(self)) }
}

/// Runs `body` without recording what happens on tensors in this thread.
public func withoutGrad<R>(_ body: () throws -> R) rethrows -> R {
    let before = LibTorch.table.pointee.is_grad_enabled()
    LibTorch.table.pointee.set_grad_enabled(false)
    defer { LibTorch.table.pointee.set_grad_enabled(before) }
    return try body()
}

/// Runs `body` with matrix products and convolutions in `dtype`, weights staying as they are (mixed precision; Micikevicius et
/// al. 2018, arXiv 1710.03740). Of the calling thread.
public func withAutocast<R>(_ dtype: DType, on device: Device = .cpu, _ body: () throws -> R) rethrows -> R {
    let before = LibTorch.table.pointee.set_autocast(device.type, true, dtype.rawValue)
    defer { _ = LibTorch.table.pointee.set_autocast(device.type, before, dtype.rawValue) }
    return try body()
}

extension Operator {
    static let detach = Operator("aten::detach")
}
