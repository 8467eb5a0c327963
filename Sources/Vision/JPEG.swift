import CJPEG
import Foundation
import Support

/// JPEG files, through libjpeg-turbo.
public enum JPEG {
    /// Pictures with more pixels than this are refused before memory is taken for them.
    public static let maximumPixels = 1 << 28

    /// The picture in a file as RGB, upright.
    ///
    /// - Parameter minimumSize: see `decode`.
    /// - Throws: `UserError` naming the file and libjpeg's reason, for files that are cut short or damaged too.
    public static func read(_ path: String, minimumSize: Int? = nil) throws -> Image {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw UserError("cannot be read", file: path, remedy: "check the path and the permissions")
        }
        return try decode(Array(data), file: path, minimumSize: minimumSize)
    }

    /// Decodes to RGB, upright: grey is spread, CMYK converted, and the EXIF orientation applied.
    ///
    /// - Parameters:
    ///   - file: what errors name.
    ///   - minimumSize: the shorter side that is enough. The picture is then decoded at the smallest of 1/8, 2/8, … 8/8
    ///     that keeps it, which costs less than decoding it whole and shrinking it. Nil decodes it whole.
    /// - Throws: `UserError` with libjpeg's reason.
    public static func decode(_ bytes: [UInt8], file: String? = nil, minimumSize: Int? = nil) throws -> Image {
        var info = try header(bytes, file: file)
        var eighths = 8
        if let minimumSize {
            let shorter = min(info.full_width, info.full_height)
            // Whole powers of two: libjpeg-turbo has vector code for these alone.
            eighths = [1, 2, 4].first { Int(shorter) * $0 / 8 >= minimumSize } ?? 8
            if eighths < 8 {
                try call(file) { cjpeg_scaled_size(bytes, bytes.count, Int32(eighths), &info, $0) }
            }
        }
        let (width, height, components) = (Int(info.width), Int(info.height), Int(info.components))
        var pixels = [UInt8](repeating: 0, count: width * height * components)
        try pixels.withUnsafeMutableBufferPointer { buffer in
            try call(file) { cjpeg_decode(bytes, bytes.count, Int32(eighths), buffer.baseAddress, $0) }
        }
        if components == 4 { pixels = rgb(cmyk: pixels, inverted: info.inverted) }
        let image = Image(width: width, height: height, channels: components == 1 ? 1 : 3, pixels: pixels)
        return upright(image.rgb, Int(info.orientation))
    }

    /// The upright picture's size, read off the header alone.
    public static func size(of path: String) throws -> (width: Int, height: Int) {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw UserError("cannot be read", file: path, remedy: "check the path and the permissions")
        }
        // Headers with thumbnails and colour profiles can be long; a second try reads everything.
        var bytes = Array((try? handle.read(upToCount: 1 << 16)) ?? Data())
        let info: CJPEGInfo
        do { info = try header(bytes, file: path) } catch {
            bytes += Array((try? handle.readToEnd()) ?? Data())
            info = try header(bytes, file: path)
        }
        return info.orientation >= 5 ? (Int(info.height), Int(info.width)) : (Int(info.width), Int(info.height))
    }

    /// The bytes of a JPEG file.
    ///
    /// - Parameter quality: 1 to 100.
    public static func encode(_ image: Image, quality: Int = 90) throws -> [UInt8] {
        var memory: UnsafeMutablePointer<UInt8>?
        var count = 0
        try call(nil) {
            cjpeg_encode(
                image.pixels, Int32(image.width), Int32(image.height), Int32(image.channels), Int32(quality), &memory,
                &count, $0)
        }
        defer { cjpeg_free(memory) }
        return Array(UnsafeBufferPointer(start: memory, count: count))
    }

    private static func header(_ bytes: [UInt8], file: String?) throws -> CJPEGInfo {
        var info = CJPEGInfo()
        try call(file) { cjpeg_header(bytes, bytes.count, &info, $0) }
        guard Int(info.full_width) * Int(info.full_height) <= maximumPixels else {
            throw UserError(
                "is \(info.full_width)×\(info.full_height), more than \(maximumPixels) pixels", file: file,
                remedy: "shrink it first")
        }
        return info
    }

    private static func call(_ file: String?, _ body: (UnsafeMutablePointer<CChar>) -> Bool) throws {
        var message = [CChar](repeating: 0, count: Int(CJPEG_MESSAGE_SIZE))
        guard !message.withUnsafeMutableBufferPointer({ body($0.baseAddress!) }) else { return }
        let reason = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        throw UserError("no proper JPEG: \(reason)", file: file, remedy: "replace the file or take it out of the dataset")
    }

    /// Ink to light, as Pillow converts: light = (255 − ink)(255 − black) / 255.
    private static func rgb(cmyk: [UInt8], inverted: Bool) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: cmyk.count / 4 * 3)
        for pixel in 0..<cmyk.count / 4 {
            func ink(_ i: Int) -> Int { inverted ? 255 - Int(cmyk[4 * pixel + i]) : Int(cmyk[4 * pixel + i]) }
            let black = 255 - ink(3)
            for i in 0..<3 {
                let product = ink(i) * black + 128
                out[3 * pixel + i] = UInt8(max(0, black - ((product >> 8) + product) >> 8))
            }
        }
        return out
    }

    /// Turns and mirrors as the EXIF orientation says.
    private static func upright(_ image: Image, _ orientation: Int) -> Image {
        let (w, h) = (image.width, image.height)
        return switch orientation {
        case 2: image.remapped(w, h) { x, y in (w - 1 - x, y) }
        case 3: image.remapped(w, h) { x, y in (w - 1 - x, h - 1 - y) }
        case 4: image.remapped(w, h) { x, y in (x, h - 1 - y) }
        case 5: image.remapped(h, w) { x, y in (y, x) }
        case 6: image.remapped(h, w) { x, y in (y, h - 1 - x) }
        case 7: image.remapped(h, w) { x, y in (w - 1 - y, h - 1 - x) }
        case 8: image.remapped(h, w) { x, y in (w - 1 - y, x) }
        default: image
        }
    }
}
