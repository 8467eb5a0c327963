// Masks of strangers: each input is a mask's string, and the coordinates of a polygon and of a box; its first two bytes are the
// image's size.

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    guard size >= 2 else { return 0 }
    let (height, width) = (Int(data[0]), Int(data[1]))
    let rest = UnsafeBufferPointer(start: data + 2, count: size - 2)
    if let mask = try? RLE(compressed: String(decoding: rest, as: UTF8.self), height: height, width: width) {
        precondition(mask.decode().count { $0 != 0 } == mask.area)
        let again = RLE(mask: mask.decode(), height: height, width: width)
        precondition(again.area == mask.area)
        // The mask API's box of runs of no length may be empty, and then no overlap is seen.
        let iou = again.iou(with: mask)
        precondition(iou == (mask.area > 0 ? 1 : 0) || (iou == 0 && mask.counts.dropFirst().contains(0)))
        precondition(RLE.union([mask, again]).area == mask.area && RLE.intersection([mask, again]).area == mask.area)
        precondition((try? RLE(compressed: mask.compressed, height: height, width: width)) == mask)
    }
    // Quarters of pixels of 16 bits, far out on all sides.
    let coordinates = stride(from: 0, to: rest.count - 1, by: 2).map { i in
        Double(Int16(truncatingIfNeeded: Int(rest[i]) | Int(rest[i + 1]) << 8)) / 4
    }
    let polygon = RLE(polygons: [coordinates], height: height, width: width)
    precondition(polygon.counts.reduce(0) { $0 + Int($1) } == height * width)
    let numbers = stride(from: 0, to: rest.count - 7, by: 8).prefix(4).map { i in
        Double(bitPattern: (0..<8).reduce(UInt64(0)) { $0 << 8 | UInt64(rest[i + $1]) })
    }
    if numbers.count == 4, numbers.allSatisfy(\.isFinite), numbers[2] >= 0, numbers[3] >= 0 {
        let box = RLE(box: Box(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3]), height: height, width: width)
        precondition(box.counts.reduce(0) { $0 + Int($1) } == height * width)
    }
    return 0
}
