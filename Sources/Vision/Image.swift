/// An 8-bit image in memory: rows from top to bottom, the channels of a pixel side by side (HWC), RGB or grey.
public struct Image: Sendable, Equatable {
    public let width: Int
    public let height: Int
    /// 1, grey, or 3, RGB.
    public let channels: Int
    /// height · width · channels values.
    public var pixels: [UInt8]

    public init(width: Int, height: Int, channels: Int = 3, pixels: [UInt8]) {
        precondition(channels == 1 || channels == 3, "\(channels) channels")
        precondition(pixels.count == width * height * channels, "\(pixels.count) values for \(width)×\(height)×\(channels)")
        self.width = width
        self.height = height
        self.channels = channels
        self.pixels = pixels
    }

    /// One colour everywhere.
    public init(width: Int, height: Int, color: Color = .black) {
        var pixels = [UInt8](repeating: 0, count: width * height * 3)
        for i in 0..<width * height {
            (pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]) = (color.red, color.green, color.blue)
        }
        self.init(width: width, height: height, pixels: pixels)
    }

    /// Values a row.
    var stride: Int { width * channels }

    /// The rectangle's pixels. It must lie inside.
    public func cropped(x: Int, y: Int, width: Int, height: Int) -> Image {
        cropped(to: CropBox(x: x, y: y, width: width, height: height))
    }

    /// The rectangle's pixels. It must lie inside.
    public func cropped(to box: CropBox) -> Image {
        precondition(box.lies(in: self), "\(box) of \(width)×\(height)")
        var part: [UInt8] = []
        part.reserveCapacity(box.width * box.height * channels)
        for y in box.y..<box.y + box.height {
            let start = y * stride + box.x * channels
            part += pixels[start..<start + box.width * channels]
        }
        return Image(width: box.width, height: box.height, channels: channels, pixels: part)
    }

    /// Puts another image, of as many channels, in a place where it fits.
    public mutating func paste(_ other: Image, x: Int, y: Int) {
        precondition(
            CropBox(x: x, y: y, width: other.width, height: other.height).lies(in: self) && channels == other.channels,
            "\(other.width)×\(other.height) at \(x), \(y) of \(width)×\(height)")
        for row in 0..<other.height {
            let start = (y + row) * stride + x * channels
            pixels.replaceSubrange(
                start..<start + other.stride, with: other.pixels[row * other.stride..<(row + 1) * other.stride])
        }
    }

    /// Mirrored, left to right.
    public func flippedHorizontally() -> Image {
        var mirrored = self
        mirrored.pixels.withUnsafeMutableBufferPointer { pixels in
            for y in 0..<height {
                var left = y * stride
                var right = left + stride - channels
                while left < right {
                    for c in 0..<channels { pixels.swapAt(left + c, right + c) }
                    left += channels
                    right -= channels
                }
            }
        }
        return mirrored
    }

    /// With three channels; a grey image's value is taken for all.
    public var rgb: Image {
        guard channels == 1 else { return self }
        var spread: [UInt8] = []
        spread.reserveCapacity(3 * pixels.count)
        for value in pixels { spread += repeatElement(value, count: 3) }
        return Image(width: width, height: height, pixels: spread)
    }
}
