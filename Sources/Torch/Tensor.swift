import CTorchAPI

/// A tensor of libtorch: a shared handle. Copying one copies the reference; the operators that end in `InPlace`, and the
/// optimizers, change what every copy sees.
public struct Tensor: @unchecked Sendable {
    final class Handle {
        let pointer: OpaquePointer
        init(_ pointer: OpaquePointer) { self.pointer = pointer }
        deinit { LibTorch.table.pointee.release(pointer) }
    }

    let handle: Handle

    init(owning pointer: OpaquePointer) {
        handle = Handle(pointer)
    }

    /// Sizes, outermost first.
    public var shape: [Int] {
        let table = LibTorch.table
        return (0..<table.pointee.rank(handle.pointer)).map { Int(table.pointee.size(handle.pointer, $0)) }
    }

    /// The number of dimensions.
    public var rank: Int { Int(LibTorch.table.pointee.rank(handle.pointer)) }

    /// The size of a dimension; negative ones count from the last.
    public func size(_ dimension: Int) -> Int {
        let rank = self.rank
        let d = dimension < 0 ? dimension + rank : dimension
        precondition((0..<rank).contains(d), "dimension \(dimension) of a tensor of rank \(rank)")
        return Int(LibTorch.table.pointee.size(handle.pointer, Int64(d)))
    }

    /// The number of elements.
    public var count: Int { Int(LibTorch.table.pointee.element_count(handle.pointer)) }

    /// The type of the elements.
    public var dtype: DType { DType(rawValue: LibTorch.table.pointee.dtype(handle.pointer)) ?? .float32 }

    /// Where the memory is.
    public var device: Device {
        LibTorch.table.pointee.device_type(handle.pointer) == Device.cudaType
            ? .cuda(Int(LibTorch.table.pointee.device_index(handle.pointer))) : .cpu
    }

    /// Whether the elements lie in memory in this order, without gaps.
    public func isContiguous(_ format: MemoryFormat = .contiguous) -> Bool {
        LibTorch.table.pointee.is_contiguous(handle.pointer, format.rawValue)
    }

    /// Whether both look at the same memory.
    public func sharesStorage(with other: Tensor) -> Bool {
        LibTorch.table.pointee.shares_storage(handle.pointer, other.handle.pointer)
    }
}
