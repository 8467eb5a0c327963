/// An RGB image with its channels one after the other, which is how arithmetic on colours is vectorised.
struct Planes {
    let width: Int
    let height: Int
    /// All red values, all green ones, all blue ones.
    private var values: [UInt8]

    private var count: Int { width * height }

    /// - Parameter image: of three channels.
    init(_ image: Image) {
        precondition(image.channels == 3, "an image of \(image.channels) channel")
        width = image.width
        height = image.height
        let count = width * height
        values = [UInt8](unsafeUninitializedCapacity: 3 * count) { planes, initialized in
            initialized = 3 * count
            let (red, green, blue) = Self.split(planes, count)
            image.pixels.withUnsafeBufferPointer { pixels in
                for i in 0..<count {
                    red[i] = pixels[3 * i]
                    green[i] = pixels[3 * i + 1]
                    blue[i] = pixels[3 * i + 2]
                }
            }
        }
    }

    /// The image with the channels of a pixel side by side.
    var image: Image {
        let pixels = [UInt8](unsafeUninitializedCapacity: 3 * count) { pixels, initialized in
            initialized = 3 * count
            values.withUnsafeBufferPointer { planes in
                for i in 0..<count {
                    pixels[3 * i] = planes[i]
                    pixels[3 * i + 1] = planes[count + i]
                    pixels[3 * i + 2] = planes[2 * count + i]
                }
            }
        }
        return Image(width: width, height: height, pixels: pixels)
    }

    /// Changes every pixel.
    mutating func map(_ change: some PixelChange) {
        let count = self.count
        values.withUnsafeMutableBufferPointer { planes in
            let (red, green, blue) = Self.split(planes, count)
            for i in stride(from: 0, to: count, by: 4) {
                let (r, g, b) = change(
                    Lanes(SIMD4<UInt8>(red, from: i, of: count)), Lanes(SIMD4<UInt8>(green, from: i, of: count)),
                    Lanes(SIMD4<UInt8>(blue, from: i, of: count)))
                r.bytes.store(to: red, from: i, of: count)
                g.bytes.store(to: green, from: i, of: count)
                b.bytes.store(to: blue, from: i, of: count)
            }
        }
    }

    /// Changes every value by a table of 256.
    mutating func map(_ table: [UInt8]) {
        values.withUnsafeMutableBufferPointer { planes in
            table.withUnsafeBufferPointer { table in
                for i in planes.indices { planes[i] = table[Int(planes[i])] }
            }
        }
    }

    /// The sum of a function of the pixels, whole numbers in 0 ... 255.
    func sum(_ value: (_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> Int32) -> Int {
        values.withUnsafeBufferPointer { planes in
            var sum = 0
            for i in 0..<count { sum &+= Int(value(planes[i], planes[count + i], planes[2 * count + i])) }
            return sum
        }
    }

    private static func split(
        _ planes: UnsafeMutableBufferPointer<UInt8>, _ count: Int
    ) -> (UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<UInt8>) {
        let red = planes.baseAddress!
        return (red, red + count, red + 2 * count)
    }
}

/// A function from a pixel's red, green and blue, 0 ... 255, to new ones: whole numbers in the same range. Four pixels are
/// changed at once.
protocol PixelChange {
    func callAsFunction(_ red: Lanes, _ green: Lanes, _ blue: Lanes) -> (Lanes, Lanes, Lanes)
}
