extension Image {
    /// Resampled to another size, with Pillow's arithmetic (`Image.resize`): weights of 22 bits, each pass rounded to 8 bits;
    /// rows first, then columns, but the other way round where the height loses more than twice what the width loses, as Pillow
    /// has it from version 13 on.
    ///
    /// - Parameter box: the part to resample, the whole image by default. What lies outside of it has no influence.
    public func resized(width newWidth: Int, height newHeight: Int, filter: ResizeFilter = .bilinear, box: CropBox? = nil)
        -> Image
    {
        let box = box ?? CropBox(x: 0, y: 0, width: width, height: height)
        precondition(box.lies(in: self), "\(box) of \(width)×\(height)")
        precondition(newWidth > 0 && newHeight > 0, "a size of \(newWidth)×\(newHeight)")
        // A pass that keeps the size would change nothing.
        func narrowed(_ image: Image, _ box: CropBox) -> Image {
            guard newWidth != box.width else { return image.cropped(to: box) }
            return image.resampledRows(of: box, ResizeTaps(from: box.width, to: newWidth, filter))
        }
        func lowered(_ image: Image) -> Image {
            guard newHeight != image.height else { return image }
            return image.resampledColumns(ResizeTaps(from: image.height, to: newHeight, filter))
        }
        let lost = box.height - newHeight
        guard lost > 0, lost > 2 * (box.width - newWidth) else { return lowered(narrowed(self, box)) }
        return narrowed(lowered(cropped(to: box)), CropBox(x: 0, y: 0, width: box.width, height: newHeight))
    }

    /// The rows of `box`, each resampled to `taps.count` pixels.
    private func resampledRows(of box: CropBox, _ taps: ResizeTaps) -> Image {
        let length = taps.count * channels * box.height
        let resampled = [UInt8](unsafeUninitializedCapacity: length) { out, count in
            count = length
            // Two rows at a time, whose pixels at one place make a vector: (r, g, b, –, r, g, b, –).
            var line = [SIMD8<Int32>](repeating: .zero, count: box.width)
            pixels.withUnsafeBufferPointer { input in
                line.withUnsafeMutableBufferPointer { line in
                    for y in Swift.stride(from: 0, to: box.height, by: 2) {
                        // An odd row at the end is its own partner.
                        let rows = (y, min(y + 1, box.height - 1))
                        let start = input.baseAddress! + box.y * stride + box.x * channels
                        widen(start + rows.0 * stride, start + rows.1 * stride, into: line)
                        let target = out.baseAddress!
                        let length = taps.count * channels
                        taps.resample(
                            line, into: target + rows.0 * length, target + rows.1 * length, channels: channels)
                    }
                }
            }
        }
        return Image(width: taps.count, height: box.height, channels: channels, pixels: resampled)
    }

    /// Two rows of a box as vectors. A vector's fourth and eighth lane hold whatever comes next.
    private func widen(
        _ upper: UnsafePointer<UInt8>, _ lower: UnsafePointer<UInt8>,
        into line: UnsafeMutableBufferPointer<SIMD8<Int32>>
    ) {
        let length = line.count * channels
        for x in line.indices {
            line[x].lowHalf = SIMD4(truncatingIfNeeded: SIMD4<UInt8>(upper, from: x * channels, of: length))
            line[x].highHalf = SIMD4(truncatingIfNeeded: SIMD4<UInt8>(lower, from: x * channels, of: length))
        }
    }

    /// All columns, each resampled to `taps.count` pixels.
    private func resampledColumns(_ taps: ResizeTaps) -> Image {
        let stride = self.stride
        let resampled = [UInt8](unsafeUninitializedCapacity: stride * taps.count) { out, count in
            count = stride * taps.count
            pixels.withUnsafeBufferPointer { input in
                for y in 0..<taps.count {
                    let target = out.baseAddress! + y * stride
                    for x in Swift.stride(from: 0, to: stride, by: 8) {
                        let values = taps.sum(at: y) { row in
                            let values = SIMD8<UInt8>(input.baseAddress! + row * stride, from: x, of: stride)
                            return SIMD8(truncatingIfNeeded: values)
                        }
                        values.store(to: target, from: x, of: stride)
                    }
                }
            }
        }
        return Image(width: width, height: taps.count, channels: channels, pixels: resampled)
    }
}
