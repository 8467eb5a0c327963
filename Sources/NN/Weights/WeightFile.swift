import Foundation
import Support
import Torch

/// A weight file of PyTorch's world: safetensors, what `torch.save` writes now and wrote before 1.6, and pickles of numpy
/// arrays, as Detectron2 publishes its models. Opening one reads what is in it and where; values are read when asked for, and
/// nothing that a file says is ever run.
public struct WeightFile: Sendable {
    public enum Format: String, Sendable {
        case safetensors
        case torchZip = "torch.save (zip)"
        case torchStream = "torch.save (stream, before PyTorch 1.6)"
        case pickle
    }

    /// The tensors under one key of the file's outermost dictionary (`state_dict`, `optimizer`); those that lie there
    /// directly are under none.
    public struct Section: Sendable {
        public let name: String
        public let tensors: [StoredTensor]
        /// What looks like a tensor and is of a type that is not read, with the type.
        public let unread: [String]

        public var byteCount: Int { tensors.reduce(0) { $0 + $1.byteCount } }
    }

    public let path: String
    public let format: Format
    public let sections: [Section]
    /// What the outermost dictionary says beside tensors: `epoch` 3, `__author__` …
    public let notes: [(name: String, value: String)]

    /// - Parameter path: a file; or a folder, an index or a shard of weights that are spread over several, as Hugging Face has them.
    /// - Throws: `UserError` with one line on what is wrong with the file, or naming the shard that is missing.
    public init(_ path: String) throws {
        if let files = try WeightShards.files(of: path) {
            try self.init(shards: files, of: path)
        } else {
            try self.init(MappedFile(path))
        }
    }

    private init(shards files: [String], of path: String) throws {
        let shards = try files.map { try WeightFile(MappedFile($0)) }
        self.path = path
        (format, notes) = (shards[0].format, shards[0].notes)
        var places: [String: String] = [:]
        for shard in shards {
            for tensor in shard.main.tensors {
                if let other = places.updateValue(shard.path, forKey: tensor.name) {
                    throw UserError("lies in \(other) too", file: shard.path, at: tensor.name, remedy: "get or write them again")
                }
            }
        }
        sections = [
            Section(name: "", tensors: shards.flatMap(\.main.tensors), unread: shards.flatMap { $0.sections.flatMap(\.unread) })
        ]
    }

    init(_ file: MappedFile) throws {
        path = file.path
        format = try Self.format(of: file)
        switch format {
        case .safetensors:
            let content = try SafeTensors.File(file)
            sections = [Section(name: "", tensors: content.tensors, unread: [])]
            notes = content.metadata.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        case .torchZip: (sections, notes) = try TorchZip(file).content()
        case .torchStream: (sections, notes) = try TorchStream.content(of: file)
        case .pickle:
            (sections, notes) = try PickleContent.read(PickleMachine.read(file, 0..<file.count), file) { _ in
                throw file.error("refers to storages that lie elsewhere", remedy: "write it with torch.save")
            }
        }
        // Views share storages, and a file of a kilobyte could say that it holds terabytes.
        let claimed = sections.reduce(0.0) { $0 + $1.tensors.reduce(0.0) { $0 + Double($1.byteCount) } }
        guard claimed <= 16 * Double(file.count) + 1_000_000 else {
            throw file.error("has \(file.count) bytes, and its tensors ask for \(Int(claimed)), far more than weights share")
        }
    }

    /// The section that a network's weights are in: by its name, or else the largest.
    public var main: Section {
        for name in ["", "state_dict", "model", "model_state_dict", "model_state", "blobs", "net", "student"] {
            if let section = sections.first(where: { $0.name == name && !$0.tensors.isEmpty }) { return section }
        }
        return sections.max { $0.byteCount < $1.byteCount } ?? Section(name: "", tensors: [], unread: [])
    }

    private static func format(of file: MappedFile) throws -> Format {
        let head = Array(file.bytes.prefix(16))
        func begins(_ bytes: [UInt8]) -> Bool { head.starts(with: bytes) }
        if begins([0x50, 0x4B]) { return .torchZip }
        if begins(TorchStream.magic) { return .torchStream }
        // The first protocols have no header, and begin with an empty dictionary or a mark.
        if begins([0x80]) && head.count > 1 && head[1] <= 5
            && !(head.count > 8 && head[8] == UInt8(ascii: "{") && head[2..<8].allSatisfy { $0 == 0 })
        {
            return .pickle
        }
        if head.count > 8, head[8] == UInt8(ascii: "{") { return .safetensors }
        let problem =
            if begins([0x1F, 0x8B]) { "is packed by gzip; unpack it with gunzip" } else if begins([0x89, 0x48, 0x44, 0x46]) {
                "is an HDF5 file, of Keras or TensorFlow; convert it with their tools"
            } else if begins(Array("version https://g".utf8.prefix(16))) {
                "is a pointer of git lfs; fetch the file with git lfs pull"
            } else if begins([UInt8(ascii: "<")]) { "is a web page, not weights; the download went wrong, get it again" } else {
                "is no safetensors, .pth or .pkl; check that it is a weight file, and whole"
            }
        let parts = problem.split(separator: ";", maxSplits: 1)
        throw file.error(String(parts[0]), remedy: parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : nil)
    }
}
