import Foundation
import Support
import Torch

/// Weight files in the safetensors format: eight bytes with the header's length, a JSON header, the tensors' bytes.
/// Source: the format's specification in huggingface/safetensors.
public enum SafeTensors {
    /// Headers longer than this are refused, as the reference implementation does.
    static let maximumHeaderLength = 100_000_000

    private static let dtypes: [(name: String, dtype: DType)] = [
        ("F32", .float32), ("F64", .float64), ("F16", .float16), ("BF16", .bfloat16), ("I64", .int64),
        ("I32", .int32), ("I16", .int16), ("I8", .int8), ("U8", .uint8), ("BOOL", .bool),
    ]

    /// All tensors of a file, in the order of their bytes.
    ///
    /// - Throws: `UserError` naming the file and the tensor that lies about its place or size.
    public static func read(_ path: String) throws -> StateDict {
        var dict = StateDict()
        for tensor in try File(MappedFile(path)).tensors { dict[tensor.name] = tensor.tensor() }
        return dict
    }

    /// The strings that a file carries beside its tensors (`__metadata__`).
    ///
    /// - Throws: `UserError` when the file is no safetensors file.
    public static func metadata(_ path: String) throws -> [String: String] {
        try File(MappedFile(path)).metadata
    }

    /// Writes the file whole or not at all.
    ///
    /// - Throws: `UserError` when it cannot be written.
    public static func write(_ dict: StateDict, metadata: [String: String] = [:], to path: String) throws {
        try write(dict.names.compactMap { name in dict[name].map { (name, $0) } }, metadata: metadata, to: path)
    }

    static func write(
        _ tensors: [(name: String, tensor: some TensorSource)], metadata: [String: String], to path: String
    ) throws {
        var members: [(key: String, value: JSON)] = []
        if !metadata.isEmpty {
            let sorted = metadata.sorted { $0.key < $1.key }
            members.append(("__metadata__", .object(sorted.map { (key: $0.key, value: .string($0.value)) })))
        }
        var offset = 0
        for (name, tensor) in tensors {
            let end = offset + tensor.byteCount
            let dtype = dtypes.first { $0.dtype == tensor.dtype }?.name ?? "F32"
            members.append(
                (
                    name,
                    [
                        "dtype": .string(dtype), "shape": .array(tensor.shape.map(JSON.int)),
                        "data_offsets": [.int(offset), .int(end)],
                    ]
                ))
            offset = end
        }
        var header = Array(JSON.object(members).text().utf8)
        header += Array(repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
        try AtomicFile.write(to: path) { file in
            try file.append(withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init))
            try file.append(header)
            for (_, tensor) in tensors { try tensor.withBytes { try file.append($0) } }
        }
    }

    /// A file whose header has been read and found consistent.
    struct File {
        /// In the order of their bytes.
        let tensors: [StoredTensor]
        let metadata: [String: String]

        init(_ file: MappedFile) throws {
            guard let length = file.number(at: 0, size: 8) else {
                throw file.error("is too short for a safetensors file", remedy: "get or write it again")
            }
            guard length <= UInt64(min(file.count - 8, SafeTensors.maximumHeaderLength)) else {
                throw file.error(
                    "says its header has \(length) bytes, and the file has \(file.count)", at: "byte 0",
                    remedy: "check that it is a safetensors file, written whole")
            }
            let start = 8 + Int(length)
            let header = try JSON(parsing: Array(file.bytes[8..<start]), file: file.path)
            guard let members = header.object else { throw file.error("the header is no object") }
            metadata = Dictionary(
                (header["__metadata__"]?.object ?? []).map { ($0.key, $0.value.string ?? "") }, uniquingKeysWith: { $1 })
            let entries = try members.filter { $0.key != "__metadata__" }.map { name, value in
                try Self.entry(name, value, start: start, file)
            }.sorted { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
            var end = start
            for (tensor, range) in entries {
                guard range.lowerBound == end else { throw file.error("overlaps another tensor, or leaves a gap", at: tensor.name) }
                end = range.upperBound
            }
            guard end == file.count else {
                throw file.error(
                    "has \(file.count - end) bytes that no tensor claims", at: "byte \(end)", remedy: "get or write it again")
            }
            tensors = entries.map(\.tensor)
        }

        private static func entry(
            _ name: String, _ value: JSON, start: Int, _ file: MappedFile
        ) throws -> (tensor: StoredTensor, range: Range<Int>) {
            func fail(_ problem: String) -> UserError { file.error(problem, at: name) }
            guard let dtypeName = value["dtype"]?.string,
                let dtype = SafeTensors.dtypes.first(where: { $0.name == dtypeName })?.dtype
            else { throw fail("has the dtype \(value["dtype"]?.text() ?? "none"), which is not read") }
            guard let shape = value["shape"]?.array?.map(\.int), shape.allSatisfy({ ($0 ?? -1) >= 0 }), shape.count <= 16,
                let offsets = value["data_offsets"]?.array?.map(\.int), offsets.count == 2,
                let begin = offsets[0], let end = offsets[1]
            else { throw fail("has no proper shape and data_offsets") }
            let available = file.count - start
            guard begin >= 0, begin <= end, end <= available else {
                throw fail("lies at bytes \(begin)–\(end) of \(available): the file was cut short, or lies")
            }
            let range = start + begin..<start + end
            let tensor = try StoredTensor(name, dtype, shape: shape.compactMap { $0 }, storage: .plain(range), in: file)
            guard range.count == tensor.byteCount else {
                throw fail("has \(range.count) bytes, and its shape \(tensor.shape) asks for \(tensor.byteCount)")
            }
            return (tensor, range)
        }
    }
}
