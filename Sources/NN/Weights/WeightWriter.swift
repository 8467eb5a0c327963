import Support
import Torch

/// Writes tensors in the formats of PyTorch's world, each file whole or not at all.
public enum WeightWriter {
    public enum Format: String, Sendable, CaseIterable {
        case safetensors
        /// As `torch.save` writes it; `torch.load(weights_only=True)` opens it.
        case pth
        /// A pickle of numpy arrays, as Detectron2's model zoo has them.
        case pkl

        /// By a file's name.
        ///
        /// - Throws: `UserError` for another name.
        public init(of path: String) throws {
            let ending = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
            switch ending {
            case "safetensors": self = .safetensors
            case "pth", "pt", "tar": self = .pth
            case "pkl": self = .pkl
            default:
                throw UserError(
                    "has no ending that says how it is to be written", file: path, remedy: "end it in .safetensors, .pth or .pkl")
            }
        }
    }

    /// 32 bits count the bytes of both formats' parts.
    private static let maximumSize = Int(UInt32.max) - (1 << 24)

    /// - Parameters:
    ///   - wrapped: whether the tensors are put under the key `model`, as Detectron2's checkpoints have them.
    ///   - matchesHeuristically: whether Detectron2 is told to find the tensors' places by the ends of their names, which it needs
    ///     where they are of a backbone alone.
    /// - Throws: `UserError` when the file cannot be written, or the format cannot hold the tensors.
    public static func write(
        _ tensors: [(name: String, tensor: NamedTensor)], as format: Format, wrapped: Bool = false,
        matchesHeuristically: Bool = false, to path: String
    ) throws {
        let size = tensors.reduce(0) { $0 + $1.tensor.byteCount }
        if format != .safetensors, size > maximumSize {
            throw UserError("would be larger than 4 GB", file: path, remedy: "write it as .safetensors")
        }
        switch format {
        case .safetensors: try SafeTensors.write(tensors, metadata: ["format": "pt"], to: path)
        case .pth: try writeTorch(tensors, wrapped: wrapped, matchesHeuristically, to: path)
        case .pkl: try writePickle(tensors, matchesHeuristically, to: path)
        }
    }

    // MARK: - torch.save

    private static func writeTorch(
        _ tensors: [(name: String, tensor: NamedTensor)], wrapped: Bool, _ matchesHeuristically: Bool, to path: String
    ) throws {
        var pickle = PickleWriter(protocol: 2)
        if wrapped {
            pickle.dictionary { writer in
                writer.text("model")
                writer.dictionary { stateDict(tensors, &$0) }
                if matchesHeuristically {
                    writer.text("matching_heuristics")
                    writer.bool(true)
                }
            }
        } else {
            pickle.dictionary { stateDict(tensors, &$0) }
        }
        pickle.end()
        try AtomicFile.write(to: path) { file in
            var zip = ZipWriter(file)
            func add(_ name: String, _ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try zip.add("archive/\(name)", $0) } }
            try add("data.pkl", pickle.flush())
            try add("byteorder", Array("little".utf8))
            for (i, entry) in tensors.enumerated() { try entry.tensor.withBytes { try zip.add("archive/data/\(i)", $0) } }
            try add("version", Array("3\n".utf8))
            try zip.finish()
        }
    }

    private static func stateDict(_ tensors: [(name: String, tensor: NamedTensor)], _ writer: inout PickleWriter) {
        for (i, (name, tensor)) in tensors.enumerated() {
            writer.text(name)
            writer.global("torch._utils", "_rebuild_tensor_v2")
            writer.tuple { writer in
                writer.tuple { writer in
                    writer.text("storage")
                    writer.global("torch", storageName(tensor.dtype))
                    writer.text("\(i)")
                    writer.text("cpu")
                    writer.int(tensor.shape.reduce(1, *))
                }
                writer.persistentID()
                writer.int(0)
                writer.ints(tensor.shape)
                writer.ints(tensor.shape.indices.map { tensor.shape[($0 + 1)...].reduce(1, *) })
                writer.bool(false)
                writer.global("collections", "OrderedDict")
                writer.tuple { _ in }
                writer.reduce()
            }
            writer.reduce()
        }
    }

    private static func storageName(_ dtype: DType) -> String {
        switch dtype {
        case .float32: "FloatStorage"
        case .float64: "DoubleStorage"
        case .float16: "HalfStorage"
        case .bfloat16: "BFloat16Storage"
        case .int64: "LongStorage"
        case .int32: "IntStorage"
        case .int16: "ShortStorage"
        case .int8: "CharStorage"
        case .uint8: "ByteStorage"
        case .bool: "BoolStorage"
        }
    }

    // MARK: - Detectron2's pickle

    private static func writePickle(
        _ tensors: [(name: String, tensor: NamedTensor)], _ matchesHeuristically: Bool, to path: String
    ) throws {
        if let entry = tensors.first(where: { $0.tensor.dtype == .bfloat16 }) {
            throw UserError("is bfloat16, which numpy does not have", file: path, at: entry.name, remedy: "write it as .pth")
        }
        try AtomicFile.write(to: path) { file in
            var writer = PickleWriter(protocol: 3)
            try writer.dictionary { writer in
                writer.text("model")
                try writer.dictionary { writer in
                    for (name, tensor) in tensors {
                        writer.text(name)
                        try array(tensor, &writer, file)
                    }
                }
                writer.text("__author__")
                writer.text("ediy")
                if matchesHeuristically {
                    writer.text("matching_heuristics")
                    writer.bool(true)
                }
            }
            writer.end()
            try file.append(writer.flush())
        }
    }

    /// As an array pickles itself: made empty, then given (version, shape, type, column major, bytes).
    private static func array(_ tensor: NamedTensor, _ writer: inout PickleWriter, _ file: AtomicFile.Appender) throws {
        writer.global("numpy.core.multiarray", "_reconstruct")
        writer.tuple { writer in
            writer.global("numpy", "ndarray")
            writer.ints([0])
            writer.text("b")
        }
        writer.reduce()
        // The state, in the open: its last part is written straight from where it lies.
        writer.mark()
        writer.int(1)
        writer.ints(tensor.shape)
        numpyType(tensor.dtype, &writer)
        writer.bool(false)
        writer.bytesHead(tensor.byteCount)
        try file.append(writer.flush())
        try tensor.withBytes { try file.append($0) }
        writer.tupleEnd()
        writer.build()
    }

    private static func numpyType(_ dtype: DType, _ writer: inout PickleWriter) {
        let name =
            switch dtype {
            case .float32: "f4"
            case .float64: "f8"
            case .float16, .bfloat16: "f2"
            case .int64: "i8"
            case .int32: "i4"
            case .int16: "i2"
            case .int8: "i1"
            case .uint8: "u1"
            case .bool: "b1"
            }
        writer.global("numpy", "dtype")
        writer.tuple { writer in
            writer.text(name)
            writer.bool(false)
            writer.bool(true)
        }
        writer.reduce()
        writer.tuple { writer in
            writer.int(3)
            writer.text(dtype.size == 1 ? "|" : "<")
            for _ in 0..<3 { writer.none() }
            writer.int(-1)
            writer.int(-1)
            writer.int(0)
        }
        writer.build()
    }
}
