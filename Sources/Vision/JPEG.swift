import CJPEG
import Support

/// The JPEG codec, libjpeg-turbo. Files are read through `ImageFile`.
public enum JPEG {
    /// The bytes of a JPEG file.
    ///
    /// - Parameter quality: 1 to 100.
    /// - Throws: `UserError` with libjpeg's reason: a side beyond 65,500 pixels.
    public static func encode(_ image: Image, quality: Int = 90) throws -> [UInt8] {
        var memory: UnsafeMutablePointer<UInt8>?
        var count = 0
        try call(nil) {
            cjpeg_encode(
                image.pixels, Int32(clamping: image.width), Int32(clamping: image.height), Int32(image.channels),
                Int32(clamping: quality), &memory, &count, $0)
        }
        defer { cjpeg_free(memory) }
        return Array(UnsafeBufferPointer(start: memory, count: count))
    }

    static func call(_ file: String?, _ body: (UnsafeMutablePointer<CChar>) -> Bool) throws {
        try withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(CJPEG_MESSAGE_SIZE)) { message in
            guard let start = message.baseAddress, !body(start) else { return }
            throw UserError(
                "no proper JPEG: \(String(cString: start))", file: file,
                remedy: "replace the file or take it out of the dataset")
        }
    }
}
