import Support
import Torch

/// Named tensors in order, as weight files hold them.
public struct StateDict: Sendable {
    public private(set) var names: [String] = []
    private var tensors: [String: Tensor] = [:]

    public init() {}

    /// The tensors of a network's state.
    public init(_ entries: [StateEntry]) {
        for entry in entries { self[entry.name] = entry.tensor }
    }

    public subscript(name: String) -> Tensor? {
        get { tensors[name] }
        set {
            switch (tensors.updateValueOrRemove(newValue, name), newValue) {
            case (nil, .some): names.append(name)
            case (.some, nil): names.removeAll { $0 == name }
            default: break
            }
        }
    }

    /// Copies the values of the same names into `entries`' tensors, in place. Names that no entry asks for are left alone.
    ///
    /// - Parameter file: what errors name.
    /// - Throws: `UserError` when a tensor is missing or has another shape; then nothing was changed.
    public func restore(_ entries: [StateEntry], file: String? = nil) throws {
        let missing = entries.filter { self[$0.name] == nil && !Self.isOptional($0.name) }.map(\.name)
        if !missing.isEmpty {
            throw UserError(
                "has no tensor \(missing.firstNames)", file: file,
                remedy: "check that the weights are of this network; the file's first names are \(names.prefix(3))")
        }
        try entries.fill(
            file: file, remedy: "check the depth, the width and the number of classes", shape: { self[$0]?.shape }, tensor: { self[$0] })
    }

    /// Older files do not count batches, and nothing that the suite computes depends on the count.
    private static func isOptional(_ name: String) -> Bool { name.hasSuffix("num_batches_tracked") }
}

extension Dictionary {
    fileprivate mutating func updateValueOrRemove(_ value: Value?, _ key: Key) -> Value? {
        if let value { updateValue(value, forKey: key) } else { removeValue(forKey: key) }
    }
}

extension [String] {
    /// The first three, and how many more there are, for messages.
    var firstNames: String { prefix(3).joined(separator: ", ") + (count > 3 ? " and \(count - 3) more" : "") }
}

extension [StateEntry] {
    /// Copies values into the entries' tensors, in place; entries without one stay as they are.
    ///
    /// - Throws: `UserError` when a tensor has another shape; then nothing was changed.
    func fill(file: String?, remedy: String, shape: (String) -> [Int]?, tensor: (String) -> Tensor?) throws {
        for entry in self {
            guard let found = shape(entry.name), found != entry.tensor.shape else { continue }
            throw UserError(
                "has shape \(found), and the network's is \(entry.tensor.shape)", file: file, at: entry.name, remedy: remedy)
        }
        withoutGrad {
            for entry in self { if let found = tensor(entry.name) { entry.tensor.copyInPlace(found) } }
        }
    }
}
