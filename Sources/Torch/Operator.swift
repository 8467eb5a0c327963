import CTorchAPI
import Foundation
import Support

/// One operator of libtorch's dispatcher, found by name once. Every typed method of `Tensor` is a call of one of these.
struct Operator: @unchecked Sendable {
    private let name: String
    private let pointer: OpaquePointer

    /// - Parameters:
    ///   - name: with its namespace, `aten::conv2d`.
    ///   - overload: as in the schema, `Tensor`; empty for the only or first one.
    init(_ name: String, _ overload: String = "") {
        guard let found = Operator(ifThere: name, overload) else { fatalError("no operator \(name).\(overload)") }
        self = found
    }

    /// nil where this version of libtorch has none of that name.
    init?(ifThere name: String, _ overload: String = "") {
        var found: OpaquePointer?
        if let message = LibTorch.table.pointee.find_operator(name, overload, &found) {
            LibTorch.table.pointee.free_message(message)
            return nil
        }
        guard let found else { return nil }
        self.name = overload.isEmpty ? name : "\(name).\(overload)"
        pointer = found
    }

    /// The one tensor that the operator gives.
    func callAsFunction(_ arguments: Argument...) -> Tensor {
        switch run(arguments, capacity: 1).first {
        case .tensor(let tensor)?: return tensor
        default: fatalError("\(name) gave no tensor")
        }
    }

    /// Every tensor that the operator gives, lists written out; undefined ones left out.
    func tensors(_ arguments: Argument..., capacity: Int = 16) -> [Tensor] {
        run(arguments, capacity: capacity).compactMap { if case .tensor(let tensor) = $0 { tensor } else { nil } }
    }

    /// For operators called for what they change.
    func callAsProcedure(_ arguments: Argument...) {
        _ = run(arguments, capacity: 16)
    }

    private enum Result {
        case tensor(Tensor)
        case other
    }

    private func run(_ arguments: [Argument], capacity: Int) -> [Result] {
        let table = LibTorch.table
        return withExtendedLifetime(arguments) {
            withUnsafeTemporaryAllocation(of: EdiyValue.self, capacity: capacity) { results in
                var count = 0
                let message = Marshal.withValues(arguments) { values in
                    table.pointee.call(pointer, values.baseAddress, values.count, results.baseAddress, capacity, &count)
                }
                if let message { stop(Self.take(message), arguments) }
                return results.prefix(count).map {
                    $0.tag == EDIY_TENSOR ? .tensor(Tensor(owning: $0.tensor)) : .other
                }
            }
        }
    }

    private func stop(_ message: String, _ arguments: [Argument]) -> Never {
        if let error = userError(message, in: name) { LibTorch.stop(error) }
        let shapes = arguments.map(\.summary).joined(separator: ", ")
        fatalError("\(name)(\(shapes)): \(message)")
    }

    /// The text of a message from the table, freed.
    static func take(_ message: UnsafeMutablePointer<CChar>) -> String {
        defer { LibTorch.table.pointee.free_message(message) }
        return String(cString: message)
    }
}

/// An argument of an operator. Positional ones first, in the schema's order; named ones after.
indirect enum Argument {
    /// The schema's default.
    case omitted
    case none
    case tensor(Tensor)
    case int(Int)
    case double(Double)
    case bool(Bool)
    case ints([Int])
    case doubles([Double])
    case bools([Bool])
    case tensors([Tensor])
    case optionalTensors([Tensor?])
    case string(String)
    case generator(Generator)
    case named(StaticString, Argument)

    static func optional(_ tensor: Tensor?) -> Argument { tensor.map(Argument.tensor) ?? .none }
    static func optional(_ value: Int?) -> Argument { value.map(Argument.int) ?? .none }
    static func dtype(_ dtype: DType) -> Argument { .int(Int(dtype.rawValue)) }

    /// For messages: tensors as their dtype and shape.
    var summary: String {
        switch self {
        case .tensor(let t): "\(t.dtype)\(t.shape)"
        case .tensors(let ts): "[\(ts.map { "\($0.dtype)\($0.shape)" }.joined(separator: ", "))]"
        case .optionalTensors(let ts): "[\(ts.map { $0.map { "\($0.dtype)\($0.shape)" } ?? "none" }.joined(separator: ", "))]"
        case .named(let name, let value): "\(name): \(value.summary)"
        case .omitted: "_"
        case .none: "none"
        case .int(let v): "\(v)"
        case .double(let v): "\(v)"
        case .bool(let v): "\(v)"
        case .ints(let v): "\(v)"
        case .doubles(let v): "\(v)"
        case .bools(let v): "\(v)"
        case .string(let v): v
        case .generator: "generator"
        }
    }
}

/// Arguments as the C values that point into memory kept alive during the call.
private enum Marshal {
    static func withValues<R>(_ arguments: [Argument], _ body: (UnsafeBufferPointer<EdiyValue>) -> R) -> R {
        withUnsafeTemporaryAllocation(of: EdiyValue.self, capacity: max(arguments.count, 1)) { values in
            var lists: [UnsafeMutableRawPointer] = []
            defer { lists.forEach { $0.deallocate() } }
            for (i, argument) in arguments.enumerated() {
                values.initializeElement(at: i, to: value(of: argument, keeping: &lists))
            }
            return body(UnsafeBufferPointer(rebasing: values[..<arguments.count]))
        }
    }

    private static func value(of argument: Argument, keeping lists: inout [UnsafeMutableRawPointer]) -> EdiyValue {
        var value = EdiyValue()
        func keep<T>(_ elements: [T]) -> UnsafePointer<T> {
            let memory = UnsafeMutablePointer<T>.allocate(capacity: max(elements.count, 1))
            memory.initialize(from: elements, count: elements.count)
            lists.append(UnsafeMutableRawPointer(memory))
            value.count = Int64(elements.count)
            return UnsafePointer(memory)
        }
        switch argument {
        case .omitted: value.tag = EDIY_DEFAULT
        case .none: value.tag = EDIY_NONE
        case .tensor(let tensor): (value.tag, value.tensor) = (EDIY_TENSOR, tensor.handle.pointer)
        case .int(let v): (value.tag, value.integer) = (EDIY_INT, Int64(v))
        case .double(let v): (value.tag, value.real) = (EDIY_DOUBLE, v)
        case .bool(let v): (value.tag, value.boolean) = (EDIY_BOOL, v)
        case .ints(let v): (value.tag, value.integers) = (EDIY_INTS, keep(v.map(Int64.init)))
        case .doubles(let v): (value.tag, value.reals) = (EDIY_DOUBLES, keep(v))
        case .bools(let v): (value.tag, value.booleans) = (EDIY_BOOLS, keep(v))
        case .tensors(let v): (value.tag, value.tensors) = (EDIY_TENSORS, keep(v.map { Optional($0.handle.pointer) }))
        case .optionalTensors(let v): (value.tag, value.tensors) = (EDIY_TENSORS, keep(v.map { $0?.handle.pointer }))
        case .string(let v): (value.tag, value.string) = (EDIY_STRING, keep(Array(v.utf8CString)))
        case .generator(let v): (value.tag, value.generator) = (EDIY_GENERATOR, v.handle.pointer)
        case .named(let name, let inner):
            value = Self.value(of: inner, keeping: &lists)
            value.name = UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
        }
        return value
    }
}
