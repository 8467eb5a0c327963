import Torch

/// Something that can be written as a tensor.
protocol TensorSource {
    var dtype: DType { get }
    var shape: [Int] { get }
    /// Hands over the elements, row by row.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result
}

extension TensorSource {
    var byteCount: Int { shape.reduce(dtype.size, *) }
}

extension StoredTensor: TensorSource {}

extension Tensor: TensorSource {
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: count * dtype.size, alignment: 16)
        defer { bytes.deallocate() }
        copyBytes(to: bytes)
        return try body(UnsafeRawBufferPointer(bytes))
    }
}

/// A tensor of a network's state in a weight file, arranged as this suite has it, or as another layout does.
public struct NamedTensor: Sendable, TensorSource {
    private enum Source {
        case stored(StoredTensor)
        /// The same value everywhere, which a file leaves out.
        case constant(Float, [Int])
    }

    /// What is done with the rows of the first dimension.
    enum Rows {
        case asTheyAre
        /// The first rows come last.
        case firstToLast(Int)
        /// The last rows come first.
        case lastToFirst(Int)
        case withoutFirst(Int)
        /// Rows of zeros are put before the others.
        case zerosFirst(Int)
    }

    private let source: Source
    private let rows: Rows

    init(_ stored: StoredTensor, _ rows: Rows = .asTheyAre) {
        source = .stored(stored)
        self.rows = rows
    }

    init(constant: Float, shape: [Int]) {
        source = .constant(constant, shape)
        rows = .asTheyAre
    }

    private init(_ source: Source, _ rows: Rows) {
        self.source = source
        self.rows = rows
    }

    /// The same tensor with its rows arranged for another layout; what was arranged before is arranged back.
    func arranged(_ rows: Rows) -> NamedTensor {
        switch (self.rows, rows) {
        case (.firstToLast, .lastToFirst), (.withoutFirst, .zerosFirst): NamedTensor(source, .asTheyAre)
        default: NamedTensor(source, rows)
        }
    }

    public var dtype: DType {
        switch source {
        case .stored(let tensor): tensor.dtype
        case .constant: .float32
        }
    }

    public var shape: [Int] {
        var shape = storedShape
        guard !shape.isEmpty else { return shape }
        switch rows {
        case .asTheyAre, .firstToLast, .lastToFirst: break
        case .withoutFirst(let count): shape[0] = max(shape[0] - count, 0)
        case .zerosFirst(let count): shape[0] += count
        }
        return shape
    }

    private var storedShape: [Int] {
        switch source {
        case .stored(let tensor): tensor.shape
        case .constant(_, let shape): shape
        }
    }

    /// The values, copied out of the file.
    public func tensor() -> Tensor { withBytes { Tensor(bytes: $0, dtype: dtype, shape: shape) } }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        switch source {
        case .constant(let value, let shape):
            return try [Float](repeating: value, count: shape.reduce(1, *)).withUnsafeBytes(body)
        case .stored(let tensor):
            return try tensor.withBytes { bytes in
                let rowSize = storedShape.dropFirst().reduce(dtype.size, *)
                func split(_ row: Int) -> Int { min(max(row, 0) * rowSize, bytes.count) }
                switch rows {
                case .asTheyAre: return try body(bytes)
                case .withoutFirst(let count): return try body(UnsafeRawBufferPointer(rebasing: bytes[split(count)...]))
                case .firstToLast(let count):
                    return try rotated(bytes, from: split(count)).withUnsafeBytes(body)
                case .lastToFirst(let count):
                    return try rotated(bytes, from: split((storedShape.first ?? 0) - count)).withUnsafeBytes(body)
                case .zerosFirst(let count):
                    return try ([UInt8](repeating: 0, count: count * rowSize) + bytes).withUnsafeBytes(body)
                }
            }
        }
    }

    private func rotated(_ bytes: UnsafeRawBufferPointer, from place: Int) -> [UInt8] {
        [UInt8](bytes[place...]) + [UInt8](bytes[..<place])
    }
}
