import CTorchAPI

/// A Swift type that a tensor's elements can be copied to and from.
public protocol TensorElement: BitwiseCopyable, Sendable {
    /// What its elements are in a tensor.
    static var dtype: DType { get }
}

extension Float: TensorElement { public static var dtype: DType { .float32 } }
extension Double: TensorElement { public static var dtype: DType { .float64 } }
extension Int: TensorElement { public static var dtype: DType { .int64 } }
extension Int32: TensorElement { public static var dtype: DType { .int32 } }
extension UInt8: TensorElement { public static var dtype: DType { .uint8 } }
extension Int8: TensorElement { public static var dtype: DType { .int8 } }
extension Bool: TensorElement { public static var dtype: DType { .bool } }

extension Tensor {
    /// A tensor in host memory with a copy of `elements`, row-major.
    public init<Element: TensorElement>(_ elements: [Element], _ shape: [Int]) {
        self = elements.withUnsafeBytes { Tensor(bytes: $0, dtype: Element.dtype, shape: shape) }
    }

    /// A vector.
    public init<Element: TensorElement>(_ elements: [Element]) {
        self.init(elements, [elements.count])
    }

    /// A tensor in host memory with a copy of `bytes`, row-major elements of `dtype` in the machine's byte order.
    public init(bytes: UnsafeRawBufferPointer, dtype: DType, shape: [Int]) {
        precondition(
            shape.reduce(dtype.size, *) == bytes.count, "\(bytes.count) bytes for a tensor \(dtype)\(shape)")
        var made: OpaquePointer?
        let message = shape.map(Int64.init).withUnsafeBufferPointer {
            LibTorch.table.pointee.from_host(bytes.baseAddress, dtype.rawValue, $0.baseAddress, shape.count, &made)
        }
        if let message { LibTorch.stop(.init("not enough memory for a tensor \(dtype)\(shape): \(Operator.take(message))")) }
        guard let made else { fatalError("no tensor from the host") }
        self.init(owning: made)
    }

    /// The elements, row-major, as `Element`s; converted on the device first where the dtype differs.
    public func array<Element: TensorElement>(_ type: Element.Type = Element.self) -> [Element] {
        let source = dtype == Element.dtype ? self : to(Element.dtype)
        return [Element](unsafeUninitializedCapacity: count) { buffer, filled in
            source.copyBytes(to: UnsafeMutableRawBufferPointer(buffer))
            filled = source.count
        }
    }

    /// The elements, row-major, as floats.
    public var floats: [Float] { array() }

    /// The elements, row-major, as integers.
    public var ints: [Int] { array() }

    /// The value of a tensor with one element.
    public var item: Double {
        precondition(count == 1, "item of a tensor \(dtype)\(shape)")
        return array(Double.self)[0]
    }

    /// Copies the elements, row-major, in the tensor's own dtype; `bytes` must be just as large.
    public func copyBytes(to bytes: UnsafeMutableRawBufferPointer) {
        if let message = LibTorch.table.pointee.to_host(handle.pointer, bytes.baseAddress, bytes.count) {
            fatalError("host copy of \(dtype)\(shape): \(Operator.take(message))")
        }
    }
}
