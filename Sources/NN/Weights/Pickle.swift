import Support
import Torch

/// What a pickle holds, as places in tables: nothing nests in memory, however deep a stranger's file nests.
enum PickleValue {
    case none
    case bool(Bool)
    case int(Int)
    case double(Double)
    /// UTF-8 in the file.
    case text(Range<Int>)
    case bytes(Blob)
    case list(Int)
    case tuple(Int)
    case dict(Int)
    case callable(PickleCallable)
    case storage(TorchStorage)
    case tensor(Int)
    case array(Int)
    case dtype(Int)
    /// A thing that holds no weights, by the name of its type.
    case opaque(String)
    case mark
}

/// A storage of torch that a pickle refers to: its bytes lie elsewhere.
struct TorchStorage {
    /// Its name among the file's storages.
    let key: String
    /// nil for a type that is not read.
    let dtype: DType?
    /// In elements.
    let start: Int
    let count: Int
}

/// A view of a storage.
struct PickledTensor {
    let storage: TorchStorage
    let start: Int
    let shape: [Int]
    let strides: [Int]
}

/// An element type of numpy.
struct NumpyType {
    /// As numpy spells it: `f4`.
    let name: String
    var isBigEndian = false

    /// nil for a type that is not read.
    var dtype: DType? {
        if isBigEndian && name.last != "1" { return nil }
        return Self.types[name]
    }

    private static let types: [String: DType] = [
        "f2": .float16, "f4": .float32, "f8": .float64, "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64, "u1": .uint8,
        "b1": .bool,
    ]
}

/// An array of numpy; its state comes after it.
struct NumpyArray {
    var type: NumpyType?
    var shape: [Int] = []
    /// In elements; nil where they lie row by row.
    var strides: [Int]?
    var data: Blob?

    /// The strides of an array that lies column by column.
    static func columnMajor(_ shape: [Int]) -> [Int] { running(shape) }

    /// The shape and strides of an array that lies row by row, after its dimensions were reordered.
    static func transposed(_ shape: [Int], _ axes: [Int]) -> (shape: [Int], strides: [Int])? {
        guard axes.sorted() == Array(shape.indices) else { return nil }
        let rowMajor = Array(running(shape.reversed()).reversed())
        return (axes.map { shape[$0] }, axes.map { rowMajor[$0] })
    }

    /// The product of what comes before. What overflows is found when the tensor is checked.
    private static func running(_ sizes: [Int]) -> [Int] {
        var product = 1
        return sizes.map { size in
            defer { product = product.multipliedReportingOverflow(by: max(size, 1)).partialValue }
            return product
        }
    }
}

/// What a pickle leaves behind.
struct Pickle {
    var lists: [[PickleValue]] = []
    var tuples: [[PickleValue]] = []
    var dicts: [[(key: PickleValue, value: PickleValue)]] = []
    var tensors: [PickledTensor] = []
    var arrays: [NumpyArray] = []
    var types: [NumpyType] = []
    var root = PickleValue.none
    /// The first object of another package, for messages.
    var stranger: String?
    /// The byte after its end.
    var end = 0

    mutating func dict(_ pairs: [(key: PickleValue, value: PickleValue)] = []) -> PickleValue {
        dicts.append(pairs)
        return .dict(dicts.count - 1)
    }

    mutating func tuple(_ values: [PickleValue]) -> PickleValue {
        tuples.append(values)
        return .tuple(tuples.count - 1)
    }

    mutating func list(_ values: [PickleValue]) -> PickleValue {
        lists.append(values)
        return .list(lists.count - 1)
    }

    /// The members of a list or tuple.
    func members(_ value: PickleValue) -> [PickleValue]? {
        switch value {
        case .list(let i): lists[i]
        case .tuple(let i): tuples[i]
        default: nil
        }
    }

    /// The whole numbers of a list or tuple of them.
    func ints(_ value: PickleValue) -> [Int]? {
        guard let members = members(value), members.count <= 64 else { return nil }
        let ints = members.compactMap { if case .int(let i) = $0 { i } else { nil } }
        return ints.count == members.count ? ints : nil
    }
}

extension PickleValue {
    /// A text, or bytes that Python 2 wrote for one; nil for what is none, or too long for a name.
    func string(in file: MappedFile) -> String? {
        switch self {
        case .text(let range) where range.count <= 4096: file.text(range)
        case .bytes(.plain(let range)) where range.count <= 4096: file.text(range)
        default: nil
        }
    }
}
