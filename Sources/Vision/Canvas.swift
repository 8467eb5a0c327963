/// Draws on an image. Whatever lies outside of the image is left away; coordinates are pixels, and pixel (x, y) covers
/// x ..< x + 1 by y ..< y + 1.
public struct Canvas: Sendable {
    /// What has been drawn so far; always RGB.
    public private(set) var image: Image

    public init(_ image: Image) {
        self.image = image.rgb
    }

    // MARK: - Areas

    /// Tints the pixels of a mask.
    ///
    /// - Parameters:
    ///   - mask: row-major height × width of the image; what is not 0 belongs to it.
    ///   - opacity: 0 leaves the image, 1 covers it.
    public mutating func fill(mask: [UInt8], color: Color, opacity: Double) {
        precondition(mask.count == image.width * image.height, "\(mask.count) values for \(image.width)×\(image.height)")
        let weight = Self.weight(opacity)
        for pixel in mask.indices where mask[pixel] != 0 { blend(pixel, color, weight) }
    }

    /// Tints the pixels whose centres lie inside a polygon (even-odd rule).
    ///
    /// - Parameter polygon: x and y in turns, as COCO keeps them.
    public mutating func fill(polygon: [Double], color: Color, opacity: Double) {
        let weight = Self.weight(opacity)
        let corners = Self.points(polygon)
        guard let top = corners.map(\.y).min(), let bottom = corners.map(\.y).max() else { return }
        for y in rows(top, bottom) {
            // Where the polygon's edges cross the line through the pixels' centres.
            let line = Double(y) + 0.5
            var crossings: [Double] = []
            for (i, b) in corners.enumerated() {
                let a = corners[i == 0 ? corners.count - 1 : i - 1]
                guard (a.y <= line) != (b.y <= line) else { continue }
                crossings.append(a.x + (line - a.y) / (b.y - a.y) * (b.x - a.x))
            }
            crossings.sort()
            for pair in stride(from: 0, to: crossings.count - 1, by: 2) {
                // The first centre at or after each crossing.
                let (first, end) = ((crossings[pair] - 0.5).rounded(.up), (crossings[pair + 1] - 0.5).rounded(.up))
                for x in columns(first, end) { blend(y * image.width + x, color, weight) }
            }
        }
    }

    // MARK: - Lines

    /// A straight line with round ends and smooth edges.
    public mutating func line(
        from a: (x: Double, y: Double), to b: (x: Double, y: Double), color: Color, thickness: Double = 1
    ) {
        let (dx, dy) = (b.x - a.x, b.y - a.y)
        let squaredLength = dx * dx + dy * dy
        let reach = thickness / 2 + 1
        for y in rows(min(a.y, b.y) - reach, max(a.y, b.y) + reach) {
            for x in columns(min(a.x, b.x) - reach, max(a.x, b.x) + reach) {
                let (px, py) = (Double(x) + 0.5 - a.x, Double(y) + 0.5 - a.y)
                let along = squaredLength > 0 ? min(max((px * dx + py * dy) / squaredLength, 0), 1) : 0
                let (ex, ey) = (px - along * dx, py - along * dy)
                let distance = (ex * ex + ey * ey).squareRoot()
                blend(y * image.width + x, color, Self.weight(thickness / 2 + 0.5 - distance))
            }
        }
    }

    /// The outline of a polygon, given as to `fill(polygon:)`.
    public mutating func outline(polygon: [Double], color: Color, thickness: Double = 1) {
        let corners = Self.points(polygon)
        for (i, b) in corners.enumerated() {
            line(from: corners[i == 0 ? corners.count - 1 : i - 1], to: b, color: color, thickness: thickness)
        }
    }

    /// The outline of a rectangle, as thick inwards from its edges as asked for.
    public mutating func rectangle(
        x: Double, y: Double, width: Double, height: Double, color: Color, thickness: Int = 1
    ) {
        let (left, right) = (x.rounded(), (x + width).rounded())
        let (top, bottom) = (y.rounded(), (y + height).rounded())
        let t = min(Double(thickness), max(right - left, 0), max(bottom - top, 0))
        fill(left, top, right, top + t, color)
        fill(left, bottom - t, right, bottom, color)
        fill(left, top + t, left + t, bottom - t, color)
        fill(right - t, top + t, right, bottom - t, color)
    }

    private mutating func fill(_ left: Double, _ top: Double, _ right: Double, _ bottom: Double, _ color: Color) {
        for y in rows(top, bottom) {
            for x in columns(left, right) { blend(y * image.width + x, color, 256) }
        }
    }

    // MARK: - Text

    /// Width and height of a label, its margin included.
    public static func labelSize(_ text: String, scale: Int = 1) -> (width: Int, height: Int) {
        ((text.count * Font.advance + 1) * scale, (Font.glyphHeight + 2) * scale)
    }

    /// A line of text, black or white on a plate of `color`, whose lower left corner is at (x, y); moved inside where it
    /// would leave the image. Characters beyond ASCII show as "?".
    ///
    /// - Parameter scale: pixels of the image a pixel of the 5×7 font.
    public mutating func label(_ text: String, x: Double, y: Double, color: Color, scale: Int = 1) {
        let size = Self.labelSize(text, scale: scale)
        let left = max(0, min(x.rounded(), Double(image.width - size.width)))
        let top = max(0, min(y.rounded(), Double(image.height)) - Double(size.height))
        fill(left, top, left + Double(size.width), top + Double(size.height), color)
        for (i, character) in text.enumerated() {
            for (row, bits) in Font.standard.glyph(character).enumerated() {
                for column in 0..<Font.glyphWidth where bits >> (Font.glyphWidth - 1 - column) & 1 == 1 {
                    let dotLeft = left + Double((i * Font.advance + column + 1) * scale)
                    let dotTop = top + Double((row + 1) * scale)
                    fill(dotLeft, dotTop, dotLeft + Double(scale), dotTop + Double(scale), color.legible)
                }
            }
        }
    }

    // MARK: - Pixels

    /// The rows, or columns, of the image between two coordinates, which may be anything, NaN included.
    private func rows(_ low: Double, _ high: Double) -> Range<Int> { Self.range(low, high, image.height) }
    private func columns(_ low: Double, _ high: Double) -> Range<Int> { Self.range(low, high, image.width) }

    private static func range(_ low: Double, _ high: Double, _ count: Int) -> Range<Int> {
        guard low < high else { return 0..<0 }
        let first = min(max(low.rounded(.down), 0), Double(count))
        return Int(first)..<Int(max(first, min(high.rounded(.up), Double(count))))
    }

    private static func points(_ polygon: [Double]) -> [(x: Double, y: Double)] {
        stride(from: 0, to: polygon.count - 1, by: 2).map { (polygon[$0], polygon[$0 + 1]) }
    }

    /// An opacity in 256ths; none for NaN.
    private static func weight(_ opacity: Double) -> Int { opacity > 0 ? Int(256 * min(opacity, 1)) : 0 }

    /// Mixes `color` into pixel number `pixel`, `weight` 256ths of it.
    private mutating func blend(_ pixel: Int, _ color: Color, _ weight: Int) {
        func mix(_ old: UInt8, _ new: UInt8) -> UInt8 { UInt8((Int(old) * (256 - weight) + Int(new) * weight + 128) >> 8) }
        image.pixels[3 * pixel] = mix(image.pixels[3 * pixel], color.red)
        image.pixels[3 * pixel + 1] = mix(image.pixels[3 * pixel + 1], color.green)
        image.pixels[3 * pixel + 2] = mix(image.pixels[3 * pixel + 2], color.blue)
    }
}
