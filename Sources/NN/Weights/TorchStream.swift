import Support

/// What `torch.save` wrote before PyTorch 1.6: a magic number, a version, the machine, the object and the keys of its
/// storages, each a pickle; then the storages, each with its count before it. Source: `_legacy_save` of torch/serialization.py.
enum TorchStream {
    /// The pickle of the magic number, up to its end.
    static let magic: [UInt8] = [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]

    static func content(
        of file: MappedFile
    ) throws -> (sections: [WeightFile.Section], notes: [(name: String, value: String)]) {
        var place = magic.count
        func next() throws -> Pickle {
            let pickle = try PickleMachine.read(file, place..<file.count)
            place = pickle.end
            return pickle
        }
        guard case .int(let version) = try next().root, version == 1001 else { throw file.error("is of an unknown version") }
        let machine = try next()
        if case .dict(let i) = machine.root,
            machine.dicts[i].contains(where: { $0.key.string(in: file) == "little_endian" && !$0.value.isTrue })
        {
            throw file.error("was written by a big-endian machine", remedy: "write it again on another one")
        }
        let object = try next(), keyList = try next()
        // What the tensors know of their storages' types: the storages themselves do not say.
        var sizes: [String: Int] = [:]
        for tensor in object.tensors {
            let size = tensor.storage.dtype?.size ?? 0
            if let known = sizes.updateValue(size, forKey: tensor.storage.key), known != size {
                throw file.error("has a storage of two types", at: tensor.storage.key)
            }
        }
        var ranges: [String: Range<Int>] = [:]
        for value in keyList.members(keyList.root) ?? [] {
            guard let key = value.string(in: file), let count = file.number(at: place, size: 8) else {
                throw file.error("ends before its storages do: it was cut short", remedy: "get or write it again")
            }
            place += 8
            guard let size = sizes[key], size > 0 else {
                throw file.error("has a storage of a type that is not read", at: key, remedy: "save its state dict alone")
            }
            guard count <= UInt64((file.count - place) / size) else {
                throw file.error(
                    "has a storage of \(count) elements, and \(file.count - place) bytes are left: it was cut short, or lies",
                    remedy: "get or write it again")
            }
            ranges[key] = place..<place + Int(count) * size
            place += Int(count) * size
        }
        return try PickleContent.read(object, file) { storage in
            guard let range = ranges[storage.key] else {
                throw file.error("has no storage \(storage.key), which a tensor lies in", remedy: "get or write it again")
            }
            return .plain(range)
        }
    }
}

extension PickleValue {
    fileprivate var isTrue: Bool { if case .bool(true) = self { true } else { false } }
}
