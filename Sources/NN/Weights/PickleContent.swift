import Support
import Torch

/// Finds the tensors in what a pickle holds.
struct PickleContent {
    /// How deep dictionaries and lists with tensors may nest.
    static let maximumDepth = 32
    static let maximumVisits = 4_000_000

    private let pickle: Pickle
    private let file: MappedFile
    private let bytes: (TorchStorage) throws -> Blob
    private var visits = 0
    private var tensors: [StoredTensor] = []
    private var unread: [String] = []

    /// - Parameter bytes: where a storage of torch lies.
    static func read(
        _ pickle: Pickle, _ file: MappedFile, bytes: @escaping (TorchStorage) throws -> Blob
    ) throws -> (sections: [WeightFile.Section], notes: [(name: String, value: String)]) {
        var content = PickleContent(pickle, file, bytes)
        var sections: [WeightFile.Section] = []
        var notes: [(name: String, value: String)] = []
        if content.isHaiku {
            throw file.error(
                "is a Haiku checkpoint (JAX), as DeepMind's BYOL has it, which is not read",
                remedy: "save its arrays with its own code, by torchvision's names")
        }
        guard case .dict(let root) = pickle.root else {
            try content.visit(pickle.root, name: "", depth: 0)
            let section = content.takeSection("")
            guard !section.tensors.isEmpty else { throw content.refusal ?? file.error("holds no dictionary of tensors") }
            return ([section], [])
        }
        var direct: [(name: String, value: PickleValue)] = []
        for (key, value) in pickle.dicts[root] {
            let name = content.name(of: key)
            switch value {
            case .tensor, .array: direct.append((name, value))
            case .dict, .list, .tuple:
                try content.visit(value, name: "", depth: 1)
                let section = content.takeSection(name)
                if !section.tensors.isEmpty || !section.unread.isEmpty { sections.append(section) }
            default: if let text = content.text(value) { notes.append((name, text)) }
            }
        }
        for (name, value) in direct { try content.visit(value, name: name, depth: 1) }
        let outermost = content.takeSection("")
        if !outermost.tensors.isEmpty || !outermost.unread.isEmpty { sections.insert(outermost, at: 0) }
        if sections.allSatisfy({ $0.tensors.isEmpty }), let refusal = content.refusal { throw refusal }
        return (sections, notes)
    }

    private init(_ pickle: Pickle, _ file: MappedFile, _ bytes: @escaping (TorchStorage) throws -> Blob) {
        self.pickle = pickle
        self.file = file
        self.bytes = bytes
    }

    /// Where there is nothing but an object whose class would have to be run to see into it: a whole pickled model, say.
    private var refusal: UserError? {
        let root: String? = if case .callable(.plainObject(let name)) = pickle.root { name } else { nil }
        return (root ?? pickle.stranger).map { PickleMachine.refusal($0, of: file) }
    }

    /// Whether its dictionaries have the names of Haiku's modules: `res_net50/~/initial_conv`.
    private var isHaiku: Bool {
        pickle.dicts.prefix(10_000).contains { dict in
            dict.prefix(1000).contains { $0.key.string(in: file)?.contains("/~/") == true }
        }
    }

    private mutating func takeSection(_ name: String) -> WeightFile.Section {
        defer { (tensors, unread) = ([], []) }
        return WeightFile.Section(name: name, tensors: tensors, unread: unread)
    }

    private mutating func visit(_ value: PickleValue, name: String, depth: Int) throws {
        visits += 1
        guard depth <= Self.maximumDepth, visits <= Self.maximumVisits else {
            throw file.error("nests dictionaries deeper than weights do", remedy: "save its state dict alone, and use that")
        }
        func inner(_ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }
        switch value {
        case .tensor(let i):
            let tensor = pickle.tensors[i]
            guard let dtype = tensor.storage.dtype else { return unread.append("\(name) (complex or quantised)") }
            let (start, overflow) = tensor.start.addingReportingOverflow(tensor.storage.start)
            guard !overflow else { throw file.error("starts beyond all memory", at: name) }
            tensors.append(
                try StoredTensor(
                    name, dtype, shape: tensor.shape, strides: tensor.strides, start: start, storage: bytes(tensor.storage),
                    in: file))
        case .array(let i): try add(pickle.arrays[i], name)
        case .dict(let i):
            for (key, value) in pickle.dicts[i] { try visit(value, name: inner(self.name(of: key)), depth: depth + 1) }
        case .list, .tuple:
            for (i, member) in (pickle.members(value) ?? []).enumerated() {
                try visit(member, name: inner("\(i)"), depth: depth + 1)
            }
        default: break
        }
    }

    private mutating func add(_ array: NumpyArray, _ name: String) throws {
        guard let type = array.type else { throw file.error("is an array without a type", at: name) }
        guard let dtype = type.dtype, let data = array.data else {
            return unread.append("\(name) (\(type.isBigEndian ? "big-endian " : "")\(type.name))")
        }
        tensors.append(try StoredTensor(name, dtype, shape: array.shape, strides: array.strides, storage: data, in: file))
    }

    private func name(of key: PickleValue) -> String {
        if let text = key.string(in: file) { return text }
        if case .int(let i) = key { return "\(i)" }
        return "?"
    }

    private func text(_ value: PickleValue) -> String? {
        switch value {
        case .none: "None"
        case .bool(let b): b ? "True" : "False"
        case .int(let i): "\(i)"
        case .double(let d): "\(d)"
        case .text, .bytes: value.string(in: file).map { String($0.prefix(80)) }
        case .opaque(let name): "(\(name))"
        default: nil
        }
    }
}
