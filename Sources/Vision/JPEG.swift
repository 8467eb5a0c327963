import CJPEG
import Foundation
import Support

/// JPEG files, through libjpeg-turbo.
public enum JPEG {
    /// Pictures with more pixels than this are refused before memory is taken for them.
    public static let maximumPixels = 1 << 27

    /// The picture in a file as RGB, upright.
    ///
    /// - Parameter minimumSize: see `decode`.
    /// - Throws: `UserError` naming the file and libjpeg's reason, for files that are cut short or damaged too.
    public static func read(_ path: String, minimumSize: Int? = nil) throws -> Image {
        guard let data = FileManager.default.contents(atPath: path) else { throw unreadable(path) }
        return try decode(Array(data), file: path, minimumSize: minimumSize)
    }

    /// Decodes to RGB, upright: grey is spread, CMYK converted, and the EXIF orientation applied.
    ///
    /// - Parameters:
    ///   - file: what errors name.
    ///   - minimumSize: the shorter side that is enough. The picture is then decoded at the smallest of 1/8, 1/4, 1/2 and
    ///     1/1 that keeps it, which costs less than decoding it whole and shrinking it. Nil decodes it whole.
    /// - Throws: `UserError` with libjpeg's reason.
    public static func decode(_ bytes: [UInt8], file: String? = nil, minimumSize: Int? = nil) throws -> Image {
        var info = try header(bytes, file: file)
        var eighths = 8
        if let minimumSize {
            let shorterSide = Int(min(info.stored_width, info.stored_height))
            // Powers of two: libjpeg-turbo has vector code for these alone.
            eighths = [1, 2, 4].first { shorterSide * $0 / 8 >= minimumSize } ?? 8
            info = try header(bytes, file: file, eighths: eighths)
        }
        let length = Int(info.width) * Int(info.height) * Int(info.components)
        let decoded = try [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            try call(file) { cjpeg_decode(bytes, bytes.count, Int32(eighths), buffer.baseAddress, $0) }
            count = length
        }
        let pixels = info.components == 4 ? rgb(cmyk: decoded, isInverted: info.is_adobe) : decoded
        return Image(width: Int(info.width), height: Int(info.height), pixels: pixels).upright(Orientation(ofJPEG: bytes))
    }

    /// The upright picture's size, read off the header alone.
    ///
    /// - Throws: `UserError` naming the file and libjpeg's reason.
    public static func size(of path: String) throws -> (width: Int, height: Int) {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw unreadable(path) }
        defer { try? handle.close() }
        var bytes = Array((try? handle.read(upToCount: 1 << 16)) ?? Data())
        let info: CJPEGInfo
        do {
            info = try header(bytes, file: path)
        } catch {
            // Thumbnails and colour profiles can make a header longer than what was read.
            bytes += Array((try? handle.readToEnd()) ?? Data())
            info = try header(bytes, file: path)
        }
        let (width, height) = (Int(info.width), Int(info.height))
        return Orientation(ofJPEG: bytes).swapsSides ? (height, width) : (width, height)
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

    private static func header(_ bytes: [UInt8], file: String?, eighths: Int = 8) throws -> CJPEGInfo {
        var info = CJPEGInfo()
        try call(file) { cjpeg_header(bytes, bytes.count, Int32(eighths), &info, $0) }
        guard Int(info.stored_width) * Int(info.stored_height) <= maximumPixels else {
            throw UserError(
                "is \(info.stored_width)×\(info.stored_height), more than \(maximumPixels) pixels", file: file,
                remedy: "shrink it first")
        }
        return info
    }

    private static func call(_ file: String?, _ body: (UnsafeMutablePointer<CChar>) -> Bool) throws {
        try withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(CJPEG_MESSAGE_SIZE)) { message in
            guard let start = message.baseAddress, !body(start) else { return }
            throw UserError(
                "no proper JPEG: \(String(cString: start))", file: file,
                remedy: "replace the file or take it out of the dataset")
        }
    }

    private static func unreadable(_ path: String) -> UserError {
        UserError("cannot be read", file: path, remedy: "check the path and the permissions")
    }

    /// Ink to light, as Pillow converts: light = (255 − ink)(255 − black) / 255.
    private static func rgb(cmyk: [UInt8], isInverted: Bool) -> [UInt8] {
        var light: [UInt8] = []
        light.reserveCapacity(cmyk.count / 4 * 3)
        for pixel in stride(from: 0, to: cmyk.count, by: 4) {
            func ink(_ i: Int) -> Int { isInverted ? 255 - Int(cmyk[pixel + i]) : Int(cmyk[pixel + i]) }
            let white = 255 - ink(3)
            for i in 0..<3 {
                // Pillow's rounded division by 255.
                let product = ink(i) * white + 128
                light.append(UInt8(max(0, white - ((product >> 8) + product) >> 8)))
            }
        }
        return light
    }
}
