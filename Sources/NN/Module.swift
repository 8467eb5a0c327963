import Support
import Torch

/// Whether a network learns or answers: batch normalisation uses the batch's statistics, or the running ones.
public enum Mode: Sendable {
    case train
    case evaluate
}

/// One named tensor of a network's state.
public struct StateEntry: Sendable {
    /// What a tensor is to an optimizer.
    public enum Role: Sendable {
        case weight
        case bias
        /// The scale and shift of a normalisation.
        case norm
        /// Not learned: running statistics, frozen parameters.
        case buffer
    }

    public let name: String
    public let tensor: Tensor
    public let role: Role

    public init(_ name: String, _ tensor: Tensor, _ role: Role) {
        self.name = name
        self.tensor = tensor
        self.role = role
    }
}

/// A network, or a part of one: a value whose tensors are shared and changed in place by optimizers.
public protocol Module {
    /// Every tensor by its name, in the order of PyTorch's state dict.
    ///
    /// - Parameter prefix: put before each name: empty, or ending in a dot, `layer1.0.`.
    func state(_ prefix: String) -> [StateEntry]
}

extension Module {
    /// What is learned.
    public var parameters: [StateEntry] { state("").filter { $0.role != .buffer } }

    /// All tensors as a dictionary to be written.
    public var stateDict: StateDict { StateDict(state("")) }

    /// Takes over the values of `dict`, in place.
    ///
    /// - Parameters:
    ///   - prefix: what the names in `dict` begin with.
    ///   - file: what errors name.
    /// - Throws: `UserError` when a tensor is missing or has another shape (naming both); then nothing was changed.
    public func load(_ dict: StateDict, prefix: String = "", file: String? = nil) throws {
        try dict.restore(state(prefix), file: file)
    }

    /// Takes over the values of another network of the same make, in place.
    public func copyState(from other: some Module) {
        withoutGrad {
            for (mine, theirs) in zip(state(""), other.state("")) {
                mine.tensor.copyInPlace(theirs.tensor)
            }
        }
    }

    /// Whether gradients are recorded for the parameters.
    public func setRequiresGrad(_ value: Bool) {
        for entry in parameters { entry.tensor.requiringGrad(value) }
    }

    /// Moves every tensor to `device`, in place: whoever holds one sees it there.
    public func move(to device: Device) {
        withoutGrad {
            for entry in state("") { entry.tensor.replaceStorage(entry.tensor.to(device)) }
        }
    }

    /// The number of learned values.
    public var parameterCount: Int { parameters.reduce(0) { $0 + $1.tensor.count } }
}
