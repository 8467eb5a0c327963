import CJPEG
import Support

/// A JPEG file in memory whose header has been read: its size is known before a pixel is decoded, so that what is not
/// needed of it need not be.
struct JPEGFile: Sendable {
    /// The upright image's.
    let width: Int
    /// The upright image's.
    let height: Int

    private let bytes: [UInt8]
    private let file: String?
    private let header: CJPEGInfo
    let orientation: Orientation

    /// - Parameter file: what errors name.
    /// - Throws: `UserError` with libjpeg's reason, or when there are too many pixels.
    init(_ bytes: [UInt8], file: String? = nil) throws {
        self.bytes = bytes
        self.file = file
        header = try Self.header(bytes, file: file, eighths: 8)
        try ImageFile.checkSize(Int(header.stored_width), Int(header.stored_height), file)
        orientation = Orientation(ofJPEG: bytes)
        let (stored, storedHeight) = (Int(header.width), Int(header.height))
        (width, height) = orientation.swapsSides ? (storedHeight, stored) : (stored, storedHeight)
    }

    /// The whole image as RGB, upright.
    ///
    /// - Throws: `UserError` with libjpeg's reason, for files that are cut short or damaged too.
    func decoded() throws -> Image {
        let whole = CropBox(x: 0, y: 0, width: Int(header.width), height: Int(header.height))
        return try pixels(of: whole, header, eighths: 8).upright(orientation)
    }

    /// A rectangle of the upright image and whatever comes with it at no cost, shrunk to some eighths of its size, which
    /// costs less than decoding the whole. Rows below the rectangle are not read: damage there is not found.
    ///
    /// - Parameter eighths: 1, 2, 4 or 8: libjpeg-turbo has vector code for these alone.
    /// - Throws: `UserError` with libjpeg's reason.
    func decoded(_ box: CropBox, eighths: Int) throws -> ImagePart {
        // An image that must be turned is rare, and is decoded whole.
        guard orientation == .upright else { return ImagePart(image: try decoded(), x: 0, y: 0, eighths: 8) }
        let scaled = eighths == 8 ? header : try Self.header(bytes, file: file, eighths: eighths)
        let (left, top) = (box.x * eighths / 8, box.y * eighths / 8)
        let right = min(((box.x + box.width) * eighths + 7) / 8, Int(scaled.width))
        let bottom = min(((box.y + box.height) * eighths + 7) / 8, Int(scaled.height))
        let part = CropBox(x: left, y: top, width: right - left, height: bottom - top)
        return ImagePart(image: try pixels(of: part, scaled, eighths: eighths), x: left, y: top, eighths: eighths)
    }

    /// A rectangle of the image as it is stored, scaled.
    private func pixels(of box: CropBox, _ info: CJPEGInfo, eighths: Int) throws -> Image {
        let length = box.width * box.height * Int(info.components)
        let region = CJPEGRegion(
            x: Int32(box.x), y: Int32(box.y), width: Int32(box.width), height: Int32(box.height))
        let decoded = try [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            try JPEG.call(file) { cjpeg_decode(bytes, bytes.count, Int32(eighths), region, buffer.baseAddress, $0) }
            count = length
        }
        let pixels = info.components == 4 ? Self.rgb(invertedCMYK: decoded) : decoded
        return Image(width: box.width, height: box.height, pixels: pixels)
    }

    private static func header(_ bytes: [UInt8], file: String?, eighths: Int) throws -> CJPEGInfo {
        var info = CJPEGInfo()
        try JPEG.call(file) { cjpeg_header(bytes, bytes.count, Int32(eighths), &info, $0) }
        return info
    }

    /// Ink to light, as Pillow converts: light = (255 − ink)(255 − black) / 255. As Adobe writes it, 255 is no ink, and Pillow takes every
    /// file to be Adobe's, with its marker or without.
    private static func rgb(invertedCMYK cmyk: [UInt8]) -> [UInt8] {
        var light: [UInt8] = []
        light.reserveCapacity(cmyk.count / 4 * 3)
        for pixel in stride(from: 0, to: cmyk.count, by: 4) {
            func ink(_ i: Int) -> Int { 255 - Int(cmyk[pixel + i]) }
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

/// A part of an image, decoded at some eighths of its size.
public struct ImagePart: Sendable {
    public let image: Image
    /// Where the part's left edge lies in the image at the decoded size.
    public let x: Int
    /// Where the part's upper edge lies in the image at the decoded size.
    public let y: Int
    public let eighths: Int

    /// A stretch of the whole image's columns or rows, in pixels of the part: `start` is `x` or `y`.
    func stretch(_ place: Int, _ length: Int, from start: Int) -> (start: Double, length: Double) {
        (Double(place * eighths) / 8 - Double(start), Double(length * eighths) / 8)
    }
}
