import CSPNG
import Foundation
import Support

/// A PNG file in memory whose header has been read, of any colour type, depth and interlacing, through libspng.
struct PNGFile: Sendable {
    /// The upright image's.
    let width: Int
    /// The upright image's.
    let height: Int
    let orientation: Orientation

    private let bytes: [UInt8]
    private let file: String?
    private let isDeepGrey: Bool

    /// What every PNG file begins with. Source: PNG specification, section 5.2.
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    /// Chunks larger than this, and all kept ones together, are refused before memory is taken for them.
    private static let maximumChunk = 1 << 28

    /// - Parameter file: what errors name.
    /// - Throws: `UserError` with libspng's reason, or when there are too many pixels.
    init(_ bytes: [UInt8], file: String? = nil) throws {
        let header = try Self.reading(bytes, file) { context in
            var header = spng_ihdr()
            try Self.check(spng_get_ihdr(context, &header), file)
            return header
        }
        let (stored, storedHeight) = (Int(header.width), Int(header.height))
        try ImageFile.checkSize(stored, storedHeight, file)
        orientation = Self.chunk("eXIf", in: bytes).map { Orientation(ofTIFF: Array($0)) } ?? .upright
        (width, height) = orientation.swapsSides ? (storedHeight, stored) : (stored, storedHeight)
        isDeepGrey = header.color_type == UInt8(SPNG_COLOR_TYPE_GRAYSCALE.rawValue) && header.bit_depth == 16
        self.bytes = bytes
        self.file = file
    }

    /// The whole image as RGB, upright, as Pillow's `convert('RGB')` gives it: alpha is dropped, and what lies under it shows; palettes
    /// are looked up, few bits spread; of 16 bits the upper eight are kept, but for grey alone, whose values past 255 become 255.
    ///
    /// - Throws: `UserError` with libspng's reason, for files that are cut short or damaged too.
    func decoded() throws -> Image {
        let size = orientation.swapsSides ? (width: height, height: width) : (width: width, height: height)
        let pixels = try Self.reading(bytes, file) { context in
            guard isDeepGrey else {
                return try Self.decode(context, SPNG_FMT_RGB8, UInt8.self, count: 3 * size.width * size.height, file)
            }
            let deep = try Self.decode(context, SPNG_FMT_PNG, UInt16.self, count: size.width * size.height, file)
            return deep.flatMap { repeatElement(UInt8(clamping: $0), count: 3) }
        }
        return Image(width: size.width, height: size.height, pixels: pixels).upright(orientation)
    }

    private static func decode<Value: FixedWidthInteger>(
        _ context: OpaquePointer, _ format: spng_format, _ type: Value.Type, count: Int, _ file: String?
    ) throws -> [Value] {
        try [Value](unsafeUninitializedCapacity: count) { buffer, written in
            let size = count * MemoryLayout<Value>.size
            try check(spng_decode_image(context, buffer.baseAddress, size, Int32(format.rawValue), 0), file)
            written = count
        }
    }

    private static func reading<Result>(
        _ bytes: [UInt8], _ file: String?, _ body: (OpaquePointer) throws -> Result
    ) throws -> Result {
        guard let context = spng_ctx_new(0) else { throw UserError("not enough memory to read it", file: file) }
        defer { spng_ctx_free(context) }
        return try bytes.withUnsafeBytes { bytes in
            try check(spng_set_chunk_limits(context, maximumChunk, maximumChunk), file)
            try check(spng_set_png_buffer(context, bytes.baseAddress, bytes.count), file)
            return try body(context)
        }
    }

    private static func check(_ code: Int32, _ file: String?) throws {
        guard code != 0 else { return }
        throw UserError(
            "no proper PNG: \(String(cString: spng_strerror(code)))", file: file,
            remedy: "replace the file or take it out of the dataset")
    }

    /// The contents of the first chunk of a name. Source: PNG specification, section 5.3.
    private static func chunk(_ name: String, in bytes: [UInt8]) -> ArraySlice<UInt8>? {
        var at = signature.count
        while at + 12 <= bytes.count {
            let length = bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
            guard at + 12 + length <= bytes.count else { return nil }
            if bytes[at + 4..<at + 8].elementsEqual(name.utf8) { return bytes[at + 8..<at + 8 + length] }
            at += 12 + length
        }
        return nil
    }
}
