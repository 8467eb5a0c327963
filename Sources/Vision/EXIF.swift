/// How a stored image must be turned to stand upright: the EXIF orientation, by its number there. Source: EXIF 2.3,
/// section 4.6.4, tag 0x0112.
enum Orientation: Int {
    case upright = 1
    case mirrored, upsideDown, flipped, transposed, turnedLeft, transversed, turnedRight

    /// The orientation that a JPEG file's EXIF block states; upright where there is none, or a damaged one.
    init(ofJPEG bytes: [UInt8]) {
        // Segments of a marker and a length, until the image's data begins.
        var at = 2
        while at + 4 <= bytes.count, bytes[at] == 0xFF {
            let (marker, length) = (bytes[at + 1], Int(bytes[at + 2]) << 8 | Int(bytes[at + 3]))
            guard marker != 0xDA, length >= 2, at + 2 + length <= bytes.count else { break }
            let segment = bytes[at + 4..<at + 2 + length]
            if marker == 0xE1, segment.starts(with: Array("Exif\0\0".utf8)) {
                self = Orientation(ofTIFF: Array(segment.dropFirst(6)))
                return
            }
            at += 2 + length
        }
        self = .upright
    }

    /// The orientation that an EXIF block states, without what it is wrapped in; upright where it states none.
    init(ofTIFF bytes: [UInt8]) { self = Self.find(in: bytes) ?? .upright }

    /// The orientation in a TIFF structure: a header, and a directory of entries of 12 bytes.
    private static func find(in tiff: [UInt8]) -> Orientation? {
        let isLittle = tiff.first == UInt8(ascii: "I")
        func number(_ at: Int, bytes count: Int) -> Int? {
            guard at >= 0, at + count <= tiff.count else { return nil }
            let bytes = tiff[at..<at + count]
            return (isLittle ? Array(bytes.reversed()) : Array(bytes)).reduce(0) { $0 << 8 | Int($1) }
        }
        guard let directory = number(4, bytes: 4), let entries = number(directory, bytes: 2) else { return nil }
        for entry in 0..<entries {
            let at = directory + 2 + 12 * entry
            guard let tag = number(at, bytes: 2) else { return nil }
            if tag == 0x0112 { return number(at + 8, bytes: 2).flatMap(Orientation.init) }
        }
        return nil
    }

    /// Whether turning upright swaps width and height.
    var swapsSides: Bool { rawValue >= Orientation.transposed.rawValue }
}

extension Image {
    /// This image, stored with an orientation, turned upright.
    func upright(_ orientation: Orientation) -> Image {
        let (w, h) = (width, height)
        return switch orientation {
        case .upright: self
        case .mirrored: remapped(w, h) { x, y in (w - 1 - x, y) }
        case .upsideDown: remapped(w, h) { x, y in (w - 1 - x, h - 1 - y) }
        case .flipped: remapped(w, h) { x, y in (x, h - 1 - y) }
        case .transposed: remapped(h, w) { x, y in (y, x) }
        case .turnedLeft: remapped(h, w) { x, y in (y, h - 1 - x) }
        case .transversed: remapped(h, w) { x, y in (w - 1 - y, h - 1 - x) }
        case .turnedRight: remapped(h, w) { x, y in (w - 1 - y, x) }
        }
    }

    /// An image whose pixel (x, y) is this one's `source(x, y)`.
    private func remapped(_ newWidth: Int, _ newHeight: Int, _ source: (Int, Int) -> (Int, Int)) -> Image {
        var moved: [UInt8] = []
        moved.reserveCapacity(pixels.count)
        for y in 0..<newHeight {
            for x in 0..<newWidth {
                let (sourceX, sourceY) = source(x, y)
                let start = sourceY * stride + sourceX * channels
                for i in start..<start + channels { moved.append(pixels[i]) }
            }
        }
        return Image(width: newWidth, height: newHeight, channels: channels, pixels: moved)
    }
}
