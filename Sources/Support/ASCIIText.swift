/// A JSON text with every character beyond ASCII written as an escape, which means the same. In its strict mode json-c 0.18 takes such
/// characters for control characters (its issues 875 and 892), and json-c before 0.18 lets control characters in strings pass: so
/// both are seen to here, and json-c reads what every version of it reads alike.
struct ASCIIText {
    let bytes: [UInt8]

    /// - Parameter malformed: makes an error of a reason and a place.
    /// - Throws: the error, for what is not UTF-8, and for a control character in a string.
    init(_ text: [UInt8], _ malformed: (_ reason: String, _ place: Int) -> UserError) throws {
        var (isString, isEscaped, isASCII) = (false, false, true)
        for (place, byte) in text.enumerated() {
            switch byte {
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\\"): isEscaped = isString
            case UInt8(ascii: "\""): isString.toggle()
            // json-c takes them around keys.
            case UInt8(ascii: "'") where !isString: throw malformed("a string in single quotes", place)
            case 0..<0x20 where isString: throw malformed("a control character in a string", place)
            default: break
            }
            if byte >= 0x80 { isASCII = false }
        }
        guard !isASCII else {
            bytes = text
            return
        }
        guard let decoded = String(validating: text, as: UTF8.self) else {
            throw malformed("the text is not UTF-8", Self.validLength(text))
        }
        var escaped: [UInt8] = []
        escaped.reserveCapacity(text.count + text.count / 4)
        for scalar in decoded.unicodeScalars {
            if scalar.isASCII {
                escaped.append(UInt8(scalar.value))
            } else {
                for unit in String(scalar).utf16 { escaped += Self.escape(unit) }
            }
        }
        bytes = escaped
    }

    /// Where in the original text the byte of a place here comes from.
    func place(of end: Int, in text: [UInt8]) -> Int {
        guard bytes.count != text.count else { return end }
        var (here, there) = (0, 0)
        while here < end, there < text.count {
            let lead = text[there]
            let length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
            here += length == 1 ? 1 : length == 4 ? 12 : 6
            there += length
        }
        return there
    }

    private static func escape(_ unit: UInt16) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return Array("\\u".utf8) + [12, 8, 4, 0].map { digits[Int(unit >> $0 & 0xF)] }
    }

    /// How many bytes from the first are UTF-8.
    private static func validLength(_ text: [UInt8]) -> Int {
        var (decoder, iterator, length) = (UTF8(), text.makeIterator(), 0)
        while case .scalarValue(let scalar) = decoder.decode(&iterator) { length += UTF8.width(scalar) }
        return length
    }
}
