import CTorchAPI

extension Tensor {
    /// Fills `grad` of every leaf that this scalar came from.
    public func backward() {
        if let message = LibTorch.table.pointee.backward(handle.pointer).map(Operator.take) {
            if let lost = ProcessGroup.lost(message) { LibTorch.stop(lost) }
            fatalError("backward of \(dtype)\(shape): \(message)")
        }
    }

    /// What `backward` left here, and where the next one adds. Setting nil clears it.
    public var grad: Tensor? {
        get { LibTorch.table.pointee.grad(handle.pointer).map(Tensor.init(owning:)) }
        nonmutating set { LibTorch.table.pointee.set_grad(handle.pointer, newValue?.handle.pointer) }
    }

    /// Whether operations on this tensor are recorded.
    public var requiresGrad: Bool { LibTorch.table.pointee.requires_grad(handle.pointer) }

    /// The same tensor, recorded from here on (a leaf of the graph).
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

/// Runs `body` with matrix products and convolutions in `dtype`, weights staying as they are (mixed precision).
public func withAutocast<R>(_ dtype: DType, on device: Device = .cpu, _ body: () throws -> R) rethrows -> R {
    let before = LibTorch.table.pointee.set_autocast(device.type, true, dtype.rawValue)
    defer { _ = LibTorch.table.pointee.set_autocast(device.type, before, dtype.rawValue) }
    return try body()
}

extension Operator {
    static let detach = Operator("aten::detach")
}
