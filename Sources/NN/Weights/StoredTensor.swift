import Support
import Torch

/// A tensor in a weight file: what it is and where it lies. Its values are read when they are asked for.
public struct StoredTensor: Sendable {
    public let name: String
    public let dtype: DType
    public let shape: [Int]
    /// In elements.
    private let strides: [Int]
    /// The first element's place in the storage, in elements.
    private let start: Int
    private let storage: Blob
    private let file: MappedFile

    /// - Parameters:
    ///   - strides: in elements; nil where the elements lie row by row.
    ///   - start: the first element's place in the storage, in elements.
    /// - Throws: `UserError` where the tensor does not lie in its storage, or says that it is larger than that.
    init(
        _ name: String, _ dtype: DType, shape: [Int], strides: [Int]? = nil, start: Int = 0, storage: Blob,
        in file: MappedFile
    ) throws {
        func fail(_ problem: String) -> UserError { file.error(problem, at: name, remedy: "get or write it again") }
        guard shape.count <= 16, shape.allSatisfy({ $0 >= 0 }), start >= 0 else { throw fail("has no proper shape") }
        guard let count = Self.product(shape) else { throw fail("has the shape \(shape), which no memory holds") }
        // Bounded by `count`, which is no overflow.
        let rowMajor = shape.indices.map { d in count == 0 ? 0 : shape[(d + 1)...].reduce(1, *) }
        let strides = strides ?? rowMajor
        guard strides.count == shape.count, strides.allSatisfy({ $0 >= 0 }) else { throw fail("has no proper strides") }
        let available = storage.count / dtype.size
        guard count <= available else {
            throw fail("has the shape \(shape), and its storage has \(available) elements: the file was cut short, or lies")
        }
        if count > 0 {
            var last = start
            for (size, stride) in zip(shape, strides) {
                let (reach, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
                let (sum, beyond) = last.addingReportingOverflow(reach)
                guard !overflow, !beyond else { throw fail("has strides beyond all memory") }
                last = sum
            }
            guard last < available else {
                throw fail("reaches element \(last) of a storage that has \(available): the file was cut short, or lies")
            }
        }
        (self.name, self.dtype, self.shape, self.start, self.storage, self.file) = (name, dtype, shape, start, storage, file)
        self.strides = count == 0 ? rowMajor : strides
    }

    /// The number of elements.
    public var count: Int { shape.reduce(1, *) }

    public var byteCount: Int { count * dtype.size }

    private static func product(_ sizes: [Int]) -> Int? {
        // Zeros last, so that a size that lies beside one is found.
        var product = 1
        for size in sizes where size > 0 {
            let (next, overflow) = product.multipliedReportingOverflow(by: size)
            guard !overflow, next <= Int.max / 8 else { return nil }
            product = next
        }
        return sizes.contains(0) ? 0 : product
    }

    /// The values, copied out of the file.
    public func tensor() -> Tensor { withBytes { Tensor(bytes: $0, dtype: dtype, shape: shape) } }

    /// Hands over the elements row by row: where they lie, if they lie so, or else gathered.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try storage.withBytes(of: file) { stored in
            let size = dtype.size
            if isRowMajor {
                return try body(UnsafeRawBufferPointer(rebasing: stored[start * size..<(start + count) * size]))
            }
            let gathered = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, filled in
                var target = UnsafeMutableRawBufferPointer(buffer)
                gather(0, from: start, of: stored, into: &target)
                filled = byteCount
            }
            return try gathered.withUnsafeBytes(body)
        }
    }

    private var isRowMajor: Bool {
        var expected = 1
        for (size, stride) in zip(shape, strides).reversed() where size != 1 {
            guard stride == expected else { return count == 0 }
            expected *= size
        }
        return true
    }

    /// Copies what the dimensions from `dimension` on span.
    private func gather(
        _ dimension: Int, from place: Int, of stored: UnsafeRawBufferPointer, into target: inout UnsafeMutableRawBufferPointer
    ) {
        let size = dtype.size
        guard dimension < shape.count else {
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: stored[place * size..<(place + 1) * size]))
            target = UnsafeMutableRawBufferPointer(rebasing: target[size...])
            return
        }
        for i in 0..<shape[dimension] {
            gather(dimension + 1, from: place + i * strides[dimension], of: stored, into: &target)
        }
    }
}
