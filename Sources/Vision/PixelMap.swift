/// A function from a pixel's red, green and blue, 0 ... 255, to new ones: whole numbers in the same range. Four pixels are
/// changed at once.
protocol PixelChange {
    func callAsFunction(_ red: Lanes, _ green: Lanes, _ blue: Lanes) -> (Lanes, Lanes, Lanes)
}

extension Image {
    /// Changes every pixel.
    mutating func mapPixels(_ change: some PixelChange) {
        precondition(channels == 3, "a picture of \(channels) channel")
        // Taken apart and put together a block at a time, as single bytes in nearby memory.
        let block = 256
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 3 * block) { planes in
            let red = planes.baseAddress!
            let (green, blue) = (red + block, red + 2 * block)
            pixels.withUnsafeMutableBufferPointer { pixels in
                for start in Swift.stride(from: 0, to: pixels.count / 3, by: block) {
                    let count = min(block, pixels.count / 3 - start)
                    let pixel = pixels.baseAddress! + 3 * start
                    for i in 0..<count {
                        red[i] = pixel[3 * i]
                        green[i] = pixel[3 * i + 1]
                        blue[i] = pixel[3 * i + 2]
                    }
                    for i in Swift.stride(from: 0, to: count, by: 4) {
                        let (r, g, b) = change(
                            Lanes(SIMD4<UInt8>(red, from: i, of: block)), Lanes(SIMD4<UInt8>(green, from: i, of: block)),
                            Lanes(SIMD4<UInt8>(blue, from: i, of: block)))
                        r.bytes.store(to: red, from: i, of: block)
                        g.bytes.store(to: green, from: i, of: block)
                        b.bytes.store(to: blue, from: i, of: block)
                    }
                    for i in 0..<count {
                        pixel[3 * i] = red[i]
                        pixel[3 * i + 1] = green[i]
                        pixel[3 * i + 2] = blue[i]
                    }
                }
            }
        }
    }

    /// Replaces every value by what `change` makes of it.
    mutating func mapValues(_ change: (UInt8) -> UInt8) {
        let table = (0...255).map { change(UInt8($0)) }
        table.withUnsafeBufferPointer { table in
            pixels.withUnsafeMutableBufferPointer { pixels in
                for i in pixels.indices { pixels[i] = table[Int(pixels[i])] }
            }
        }
    }
}
