// Compressed run lengths of strangers: each input is a mask's string, its first two bytes the image's size.

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    guard size >= 2 else { return 0 }
    let (height, width) = (Int(data[0]), Int(data[1]))
    let text = String(decoding: UnsafeBufferPointer(start: data + 2, count: size - 2), as: UTF8.self)
    guard let mask = try? RLE(compressed: text, height: height, width: width) else { return 0 }
    precondition(mask.decode().count { $0 != 0 } == mask.area)
    let again = RLE(mask: mask.decode(), height: height, width: width)
    precondition(again.area == mask.area && again.iou(with: mask) == (mask.area > 0 ? 1 : 0))
    _ = mask.boundingBox
    precondition(RLE.union([mask, again]).area == mask.area && RLE.intersection([mask, again]).area == mask.area)
    precondition((try? RLE(compressed: mask.compressed, height: height, width: width)) == mask)
    return 0
}
