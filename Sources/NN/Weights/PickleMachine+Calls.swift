import Support
import Torch

/// What callables stand for. Nothing is called: their arguments are read for what they describe.
extension PickleMachine {
    func callable(_ module: String, _ name: String) throws -> PickleValue {
        guard let callable = PickleCallable(module: module, name: name) else { throw refusal("\(module).\(name)") }
        return .callable(callable)
    }

    func refusal(_ name: String) -> UserError { Self.refusal(name, of: file, at: "byte \(place)") }

    static func refusal(_ name: String, of file: MappedFile, at place: String? = nil) -> UserError {
        file.error(
            "asks to run \(name), and nothing of a weight file is run", at: place,
            remedy: "if you trust who made it, save its state dict alone with PyTorch, and use that")
    }

    mutating func result(of callable: PickleCallable, _ arguments: [PickleValue]) throws -> PickleValue {
        switch callable {
        case .dictionary: return try dictionary(arguments)
        case .defaultDictionary: return try dictionary(Array(arguments.dropFirst()))
        case .rebuildTensor: return try tensor(arguments)
        case .rebuildParameter:
            guard case .tensor? = arguments.first else { throw fail("has a parameter without a tensor") }
            return arguments[0]
        case .rebuildFromType:
            guard arguments.count >= 3, case .callable(let inner) = arguments[0], let values = pickle.members(arguments[2])
            else { throw fail("has a tensor of an unknown type") }
            switch inner {
            case .rebuildTensor, .rebuildParameter: return try result(of: inner, values)
            default: throw fail("has a tensor of an unknown type")
            }
        case .arrayReconstruct:
            pickle.arrays.append(NumpyArray())
            return .array(pickle.arrays.count - 1)
        case .arrayFromBuffer: return try arrayFromBuffer(arguments)
        case .numpyType: return try numpyType(arguments)
        case .numpyScalar: return scalar(arguments)
        case .encode: return try encoded(arguments)
        case .bytes: return try bytes(arguments)
        case .tuple: return arguments.first ?? pickle.tuple([])
        case .plainObject(let name): return object(name)
        case .reconstructor:
            guard case .callable(.plainObject(let name))? = arguments.first else { throw fail("makes an object of an unknown kind") }
            return object(name)
        case .storageType: throw fail("has a storage inside of the pickle")
        }
    }

    /// Something that holds no weights, of this type.
    mutating func object(_ type: String) -> PickleValue {
        if pickle.stranger == nil, PickleCallable.isOfAnotherPackage(type) { pickle.stranger = type }
        return .opaque(type)
    }

    /// An object after its state was given to it.
    mutating func built(_ object: PickleValue, state: PickleValue) throws -> PickleValue {
        switch object {
        case .array(let i): try fill(i, state)
        case .dtype(let i):
            // (version, byte order, …)
            if let order = pickle.members(state)?.dropFirst().first?.string(in: file) { pickle.types[i].isBigEndian = order == ">" }
        // Attributes of dictionaries (`_metadata`), of parameters and of things without weights.
        case .dict, .tensor, .opaque: break
        default: throw fail("gives a state to what has none")
        }
        return object
    }

    /// A storage by its persistent id: ("storage", type, key, place, count[, view]).
    mutating func storage(_ id: PickleValue) throws -> PickleValue {
        guard let parts = pickle.members(id), parts.count >= 5, parts[0].string(in: file) == "storage",
            case .callable(.storageType(let dtype)) = parts[1], let key = parts[2].string(in: file),
            case .int(let count) = parts[4], count >= 0
        else { throw fail("refers to something that is no storage of torch") }
        guard parts.count > 5, let view = pickle.members(parts[5]) else {
            return .storage(TorchStorage(key: key, dtype: dtype, start: 0, count: count))
        }
        guard view.count == 3, case .int(let start) = view[1], case .int(let size) = view[2], start >= 0, size >= 0,
            start <= count, size <= count - start
        else { throw fail("has a storage that is no proper part of another one") }
        return .storage(TorchStorage(key: key, dtype: dtype, start: start, count: size))
    }

    // MARK: - Inside

    private mutating func dictionary(_ arguments: [PickleValue]) throws -> PickleValue {
        guard let content = arguments.first else { return pickle.dict() }
        if case .dict(let i) = content { return pickle.dict(pickle.dicts[i]) }
        guard let items = pickle.members(content) else { throw fail("makes a dictionary of what is none") }
        return pickle.dict(
            try items.map { item in
                guard let pair = pickle.members(item), pair.count == 2 else { throw fail("makes a dictionary of what is none") }
                return (pair[0], pair[1])
            })
    }

    /// (storage, first element, shape, strides, …)
    private mutating func tensor(_ arguments: [PickleValue]) throws -> PickleValue {
        guard arguments.count >= 4, case .storage(let storage) = arguments[0], case .int(let start) = arguments[1],
            let shape = pickle.ints(arguments[2]), let strides = pickle.ints(arguments[3]), start >= 0
        else { throw fail("has a tensor without a proper storage, shape and strides") }
        pickle.tensors.append(PickledTensor(storage: storage, start: start, shape: shape, strides: strides))
        return .tensor(pickle.tensors.count - 1)
    }

    /// (version, shape, type, column major, data), or without the version.
    private mutating func fill(_ array: Int, _ state: PickleValue) throws {
        guard let all = pickle.members(state), all.count >= 4 else { throw fail("has an array without a proper state") }
        let parts = Array(all.suffix(4))
        guard let shape = pickle.ints(parts[0]), case .dtype(let type) = parts[1], case .bool(let isColumnMajor) = parts[2] else {
            throw fail("has an array without a proper shape and type")
        }
        let data: Blob? = if case .bytes(let blob) = parts[3] { blob } else { nil }
        pickle.arrays[array] = NumpyArray(
            type: pickle.types[type], shape: shape, strides: isColumnMajor ? NumpyArray.columnMajor(shape) : nil, data: data)
    }

    /// (data, type, shape, order[, the order of dimensions])
    private mutating func arrayFromBuffer(_ arguments: [PickleValue]) throws -> PickleValue {
        guard arguments.count >= 4, case .bytes(let data) = arguments[0], case .dtype(let type) = arguments[1],
            let shape = pickle.ints(arguments[2])
        else { throw fail("has an array without proper data, type and shape") }
        var array = NumpyArray(type: pickle.types[type], shape: shape, data: data)
        switch arguments[3].string(in: file) {
        case "C": break
        case "F": array.strides = NumpyArray.columnMajor(shape)
        case "K":
            guard arguments.count == 5, let axes = pickle.ints(arguments[4]), let lain = NumpyArray.transposed(shape, axes)
            else { fallthrough }
            (array.shape, array.strides) = lain
        default: throw fail("has an array in an unknown order")
        }
        pickle.arrays.append(array)
        return .array(pickle.arrays.count - 1)
    }

    private mutating func numpyType(_ arguments: [PickleValue]) throws -> PickleValue {
        guard let name = arguments.first?.string(in: file) else { throw fail("has an array of a type without a name") }
        pickle.types.append(NumpyType(name: name))
        return .dtype(pickle.types.count - 1)
    }

    /// A number of numpy by its bytes.
    private func scalar(_ arguments: [PickleValue]) -> PickleValue {
        guard arguments.count == 2, case .dtype(let i) = arguments[0], case .bytes(let data) = arguments[1],
            let dtype = pickle.types[i].dtype, data.count == dtype.size
        else { return .opaque("number") }
        return data.withBytes(of: file) { bytes in
            switch dtype {
            case .float32: .double(Double(bytes.loadUnaligned(as: Float.self)))
            case .float64: .double(bytes.loadUnaligned(as: Double.self))
            case .int64: .int(bytes.loadUnaligned(as: Int.self))
            case .int32: .int(Int(bytes.loadUnaligned(as: Int32.self)))
            case .bool: .bool(bytes[0] != 0)
            default: .opaque("number")
            }
        }
    }

    /// (text, encoding): how Python 3 writes bytes by the older protocols.
    private func encoded(_ arguments: [PickleValue]) throws -> PickleValue {
        guard arguments.count == 2, case .text(let range) = arguments[0], let encoding = arguments[1].string(in: file),
            ["latin1", "latin-1"].contains(encoding), let blob = Blob.latin1(range, of: file)
        else { throw fail("has bytes in an encoding that is not known") }
        return .bytes(blob)
    }

    private func bytes(_ arguments: [PickleValue]) throws -> PickleValue {
        switch arguments.first {
        case nil: .bytes(.plain(0..<0))
        case .bytes(let blob): .bytes(blob)
        case .text: try encoded(arguments)
        default: throw fail("has bytes made of what are none")
        }
    }
}
