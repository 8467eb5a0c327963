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
        let file = try File(path)
        var dict = StateDict()
        for tensor in file.tensors {
            dict[tensor.name] = file.bytes.withUnsafeBytes { bytes in
                Tensor(
                    bytes: UnsafeRawBufferPointer(rebasing: bytes[tensor.range]), dtype: tensor.dtype,
                    shape: tensor.shape)
            }
        }
        return dict
    }

    /// The strings that a file carries beside its tensors (`__metadata__`).
    ///
    /// - Throws: `UserError` when the file is no safetensors file.
    public static func metadata(_ path: String) throws -> [String: String] {
        try File(path).metadata
    }

    /// Writes the file whole or not at all.
    ///
    /// - Throws: `UserError` when it cannot be written.
    public static func write(_ dict: StateDict, metadata: [String: String] = [:], to path: String) throws {
        var members: [(key: String, value: JSON)] = []
        if !metadata.isEmpty {
            let sorted = metadata.sorted { $0.key < $1.key }
            members.append(("__metadata__", .object(sorted.map { (key: $0.key, value: .string($0.value)) })))
        }
        let tensors = dict.names.compactMap { name in dict[name].map { (name, $0) } }
        var offset = 0
        for (name, tensor) in tensors {
            let end = offset + tensor.count * tensor.dtype.size
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
            for (_, tensor) in tensors {
                let bytes = UnsafeMutableRawBufferPointer.allocate(
                    byteCount: tensor.count * tensor.dtype.size, alignment: 16)
                defer { bytes.deallocate() }
                tensor.copyBytes(to: bytes)
                try file.append(UnsafeRawBufferPointer(bytes))
            }
        }
    }

    /// A file whose header has been read and found consistent.
    private struct File {
        struct Entry {
            let name: String
            let dtype: DType
            let shape: [Int]
            let range: Range<Int>
        }

        let bytes: Data
        let tensors: [Entry]
        let metadata: [String: String]

        init(_ path: String) throws {
            do {
                bytes = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
            } catch {
                throw UserError("cannot be read", file: path, remedy: "check the path and the permissions")
            }
            guard bytes.count >= 8 else {
                throw UserError("is too short for a safetensors file", file: path, remedy: "get or write it again")
            }
            let length = bytes.prefix(8).enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (8 * $1.offset) }
            guard length <= UInt64(min(bytes.count - 8, SafeTensors.maximumHeaderLength)) else {
                throw UserError(
                    "says its header has \(length) bytes, and the file has \(bytes.count)", file: path, at: "byte 0",
                    remedy: "check that it is a safetensors file, written whole")
            }
            let start = 8 + Int(length)
            let header = try JSON(parsing: Array(bytes[8..<start]), file: path)
            guard let members = header.object else { throw UserError("the header is no object", file: path) }
            metadata = Dictionary(
                (header["__metadata__"]?.object ?? []).map { ($0.key, $0.value.string ?? "") }, uniquingKeysWith: { $1 })
            let available = bytes.count - start
            let entries = try members.filter { $0.key != "__metadata__" }.map { name, value in
                try Self.entry(name, value, available: available, start: start, file: path)
            }
            tensors = entries.sorted { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
            var end = start
            for tensor in tensors {
                guard tensor.range.lowerBound == end else {
                    throw UserError("overlaps another tensor, or leaves a gap", file: path, at: tensor.name)
                }
                end = tensor.range.upperBound
            }
            guard end == bytes.count else {
                throw UserError(
                    "has \(bytes.count - end) bytes that no tensor claims", file: path, at: "byte \(end)",
                    remedy: "get or write it again")
            }
        }

        private static func entry(
            _ name: String, _ value: JSON, available: Int, start: Int, file: String
        ) throws -> Entry {
            func fail(_ problem: String) -> UserError { UserError(problem, file: file, at: name) }
            guard let dtypeName = value["dtype"]?.string,
                let dtype = SafeTensors.dtypes.first(where: { $0.name == dtypeName })?.dtype
            else { throw fail("has the dtype \(value["dtype"]?.text() ?? "none"), which is not read") }
            guard let shape = value["shape"]?.array?.map(\.int), shape.allSatisfy({ ($0 ?? -1) >= 0 }), shape.count <= 16,
                let offsets = value["data_offsets"]?.array?.map(\.int), offsets.count == 2,
                let begin = offsets[0], let end = offsets[1]
            else { throw fail("has no proper shape and data_offsets") }
            let sizes = shape.compactMap { $0 }
            var byteCount = dtype.size
            for size in sizes {
                let (product, overflow) = byteCount.multipliedReportingOverflow(by: size)
                guard !overflow else { throw fail("has the shape \(sizes), which no memory holds") }
                byteCount = product
            }
            guard begin >= 0, begin <= end, end <= available else {
                throw fail("lies at bytes \(begin)–\(end) of \(available): the file was cut short, or lies")
            }
            guard end - begin == byteCount else {
                throw fail("has \(end - begin) bytes, and its shape \(sizes) asks for \(byteCount)")
            }
            return Entry(name: name, dtype: dtype, shape: sizes, range: (start + begin)..<(start + end))
        }
    }
}
