/// An RGB colour of 8 bits a channel.
public struct Color: Equatable, Hashable, Sendable {
    public let red: UInt8
    public let green: UInt8
    public let blue: UInt8

    public init(red: UInt8, green: UInt8, blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// As a style sheet has it: "#fde725".
    public var hex: String {
        "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    public static let black = Color(red: 0, green: 0, blue: 0)
    public static let white = Color(red: 255, green: 255, blue: 255)

    /// Grey, 0 to 255.
    public var luma: UInt8 { UInt8(Self.luma(red, green, blue)) }

    /// ITU-R 601 grey with weights of 16 bits, rounded, as Pillow's mode L.
    @inline(__always)
    static func luma(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> Int32 {
        let sum: Int32 = Int32(red) &* 19595 &+ Int32(green) &* 38470 &+ Int32(blue) &* 7471
        return (sum &+ 0x8000) >> 16
    }

    /// Black or white, whichever is read more easily on this colour.
    public var legible: Color { luma > 140 ? .black : .white }
}

/// As many colours as wanted, neighbours in the list far apart: for categories, methods, instances.
public struct Palette: Sendable {
    public init() {}

    /// The colour of number `index` (0 or more). Hues go round by the golden ratio, so that any first few are spread over
    /// the circle; saturation and value take turns, so that hues that come near again differ in them.
    public subscript(index: Int) -> Color {
        let hue = (0.07 + Double(index) * 0.618_033_988_749_895).truncatingRemainder(dividingBy: 1)
        let saturation = [0.85, 0.6, 0.95][index % 3]
        let value = [0.95, 0.85, 0.7, 1.0][index % 4]
        /// One channel of the colour: a trapezoid over the circle, turned by `turn`.
        func channel(_ turn: Double) -> UInt8 {
            let place = (hue + turn).truncatingRemainder(dividingBy: 1) * 6
            let ramp = min(max(abs(place - 3) - 1, 0), 1)
            return UInt8((255 * value * (1 - saturation * (1 - ramp))).rounded())
        }
        return Color(red: channel(0), green: channel(2 / 3), blue: channel(1 / 3))
    }
}
