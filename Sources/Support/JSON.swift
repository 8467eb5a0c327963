import CJSON
import Foundation

/// A JSON document that the suite owns: read and written through json-c. Keys keep their order.
///
/// For the small ones (recipes' results, metrics, headers); bulk COCO files go through `COCO`'s reader.
public indirect enum JSON: Equatable, Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case array([JSON])
    case object([(key: String, value: JSON)])

    public static func == (a: JSON, b: JSON) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.int(let a), .int(let b)): a == b
        case (.double(let a), .double(let b)): a == b
        case (.string(let a), .string(let b)): a == b
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)): a.elementsEqual(b) { $0.key == $1.key && $0.value == $1.value }
        default: false
        }
    }
}

// MARK: - Looking in

extension JSON {
    /// The value of a key, or nil where this is no object or has no such key.
    public subscript(key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.key == key }?.value
    }

    public var string: String? { if case .string(let s) = self { s } else { nil } }
    public var bool: Bool? { if case .bool(let b) = self { b } else { nil } }
    public var array: [JSON]? { if case .array(let a) = self { a } else { nil } }
    public var object: [(key: String, value: JSON)]? { if case .object(let o) = self { o } else { nil } }
    public var int: Int? { if case .int(let i) = self { i } else { nil } }

    /// A number, whole or not.
    public var double: Double? {
        switch self {
        case .double(let d): d
        case .int(let i): Double(i)
        default: nil
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .int(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map { (key: $0.0, value: $0.1) })
    }
    public init(nilLiteral: ()) { self = .null }
}

// MARK: - Text

extension JSON {
    /// How deep arrays and objects may nest in what is read.
    public static let maximumDepth = 64

    /// The document in `path`.
    ///
    /// - Throws: `UserError` naming the file, and the line of what is malformed.
    public static func read(_ path: String) throws -> JSON { try JSON(parsing: TextFile.bytes(path), file: path) }

    /// Parses UTF-8 text, strictly: no comments, no commas behind the last element, no control characters in strings.
    ///
    /// - Parameter file: what errors name.
    /// - Throws: `UserError` with the line and the byte of what is malformed.
    public init(parsing bytes: [UInt8], file: String? = nil) throws {
        func malformed(_ reason: String, at end: Int) -> UserError {
            let line = 1 + bytes.prefix(end).count { $0 == UInt8(ascii: "\n") }
            return UserError("malformed JSON: \(reason)", file: file, at: "line \(line), byte \(end)")
        }
        let ascii = try ASCIIText(bytes, malformed)
        // The closing zero, which ends a bare number, counts too.
        guard ascii.bytes.count < Int(Int32.max) else {
            throw UserError("is \(bytes.count) bytes, too large for a document of this kind", file: file)
        }
        let tokener = json_tokener_new_ex(Int32(Self.maximumDepth))
        defer { json_tokener_free(tokener) }
        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT)
        let root = (ascii.bytes + [0]).withUnsafeBytes {
            json_tokener_parse_ex(tokener, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count))
        }
        defer { json_object_put(root) }
        let error = json_tokener_get_error(tokener)
        let end = json_tokener_get_parse_end(tokener)
        let rest = ascii.bytes.dropFirst(end).first { !" \n\r\t".utf8.contains($0) }
        guard error == json_tokener_success, rest == nil else {
            let reason =
                error == json_tokener_continue
                ? "the text ends early"
                : error == json_tokener_success
                    ? "there is text after the end" : String(cString: json_tokener_error_desc(error))
            throw malformed(reason, at: ascii.place(of: end, in: bytes))
        }
        self = Self.lift(root)
    }

    private static func lift(_ node: OpaquePointer?) -> JSON {
        switch json_object_get_type(node) {
        case json_type_boolean: return .bool(json_object_get_boolean(node) != 0)
        case json_type_int:
            let value = json_object_get_int64(node)
            // json-c clamps what does not fit; such a number is read as a real one.
            return value == .max || value == .min ? .double(json_object_get_double(node)) : .int(Int(value))
        case json_type_double: return .double(json_object_get_double(node))
        case json_type_string:
            let bytes = UnsafeRawBufferPointer(
                start: json_object_get_string(node), count: Int(json_object_get_string_len(node)))
            return .string(String(decoding: bytes, as: UTF8.self))
        case json_type_array:
            return .array((0..<json_object_array_length(node)).map { lift(json_object_array_get_idx(node, $0)) })
        case json_type_object:
            var members: [(key: String, value: JSON)] = []
            var iterator = json_object_iter_begin(node)
            var end = json_object_iter_end(node)
            while json_object_iter_equal(&iterator, &end) == 0 {
                let key = String(cString: json_object_iter_peek_name(&iterator))
                members.append((key, lift(json_object_iter_peek_value(&iterator))))
                json_object_iter_next(&iterator)
            }
            return .object(members)
        default: return .null
        }
    }

    /// The document as text: on one line, or indented for people. Numbers in their shortest form that reads back equal;
    /// NaN and the infinities, which JSON cannot say, become null.
    public func text(pretty: Bool = false) -> String {
        let node = lowered()
        defer { json_object_put(node) }
        let flags = (pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED : 0) | JSON_C_TO_STRING_NOSLASHESCAPE
        return String(cString: json_object_to_json_string_ext(node, Int32(flags)))
    }

    private func lowered() -> OpaquePointer? {
        switch self {
        case .null: return nil
        case .bool(let b): return json_object_new_boolean(b ? 1 : 0)
        case .int(let i): return json_object_new_int64(Int64(i))
        case .double(let d): return d.isFinite ? json_object_new_double_s(d, "\(d)") : nil
        case .string(let s):
            let utf8 = Array(s.utf8)
            return utf8.withUnsafeBytes {
                json_object_new_string_len($0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count))
            } ?? json_object_new_string("")
        case .array(let elements):
            let node = json_object_new_array_ext(Int32(elements.count))
            for element in elements { json_object_array_add(node, element.lowered()) }
            return node
        case .object(let members):
            let node = json_object_new_object()
            for (key, value) in members { json_object_object_add(node, key, value.lowered()) }
            return node
        }
    }
}
