import CJPEG
import Foundation
import Support

/// JPEG files, through libjpeg-turbo.
public enum JPEG {
    /// Images with more pixels than this are refused before memory is taken for them.
    public static let maximumPixels = 1 << 27

    /// The image in a file as RGB, upright.
    ///
    /// - Throws: `UserError` naming the file and libjpeg's reason, for files that are cut short or damaged too.
    public static func read(_ path: String) throws -> Image { try JPEGFile(reading: path).decoded() }

    /// Decodes to RGB, upright: grey is spread, CMYK converted, and the EXIF orientation applied.
    ///
    /// - Parameter file: what errors name.
    /// - Throws: `UserError` with libjpeg's reason.
    public static func decode(_ bytes: [UInt8], file: String? = nil) throws -> Image {
        try JPEGFile(bytes, file: file).decoded()
    }

    /// The upright image's size, read off the header alone.
    ///
    /// - Throws: `UserError` naming the file and libjpeg's reason.
    public static func size(of path: String) throws -> (width: Int, height: Int) {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw unreadable(path) }
        defer { try? handle.close() }
        var bytes = Array((try? handle.read(upToCount: 1 << 16)) ?? Data())
        let header: JPEGFile
        do {
            header = try JPEGFile(bytes, file: path)
        } catch {
            // Thumbnails and colour profiles can make a header longer than what was read.
            bytes += Array((try? handle.readToEnd()) ?? Data())
            header = try JPEGFile(bytes, file: path)
        }
        return (header.width, header.height)
    }

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

    static func unreadable(_ path: String) -> UserError {
        UserError("cannot be read", file: path, remedy: "check the path and the permissions")
    }
}
