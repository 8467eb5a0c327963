import COCO

/// A predicted mask in its place in the image, as run lengths. Source: Detectron2's `paste_masks_in_image`: bilinear
/// samples at pixel centres, zeros around the mask, inside from `threshold` on.
///
/// - Parameters:
///   - mask: side × side probabilities, rows one after the other.
///   - box: x₀, y₀, x₁, y₁ in the image.
public func pastedMask(_ mask: [Float], side: Int, box: [Float], width: Int, height: Int, threshold: Float = 0.5) -> RLE {
    let empty = RLE(height: height, width: width, counts: [UInt32(height * width)])
    guard box.allSatisfy(\.isFinite), box[2] > box[0], box[3] > box[1] else { return empty }
    // The pixels that the mask can reach; bounded before they are made integers, which have an end.
    func pixel(_ value: Float, _ limit: Int) -> Int { Int(min(max(value, 0), Float(limit))) }
    let x0 = pixel(box[0].rounded(.down) - 1, width), x1 = pixel(box[2].rounded(.up) + 1, width)
    let y0 = pixel(box[1].rounded(.down) - 1, height), y1 = pixel(box[3].rounded(.up) + 1, height)
    guard x0 < x1, y0 < y1 else { return empty }
    // Where each column and row of the image lies in the mask; beyond two pixels outside all is the same.
    func positions(_ range: Range<Int>, _ low: Float, _ high: Float) -> [Float] {
        range.map { pixel in
            let unit = (Float(pixel) + 0.5 - low) / (high - low) * 2 - 1
            return min(max(((unit + 1) * Float(side) - 1) / 2, -2), Float(side) + 1)
        }
    }
    let columns = positions(x0..<x1, box[0], box[2]), rows = positions(y0..<y1, box[1], box[3])
    func value(_ x: Int, _ y: Int) -> Float { x >= 0 && x < side ? mask[y * side + x] : 0 }
    // The row of the mask above each of the image's, counted from two rows over the mask, and how far below it.
    let lines = rows.map { row -> (top: Int, below: Float) in (Int(row.rounded(.down)) + 2, row - row.rounded(.down)) }
    // What a column of the image takes of each row of the mask, on its left and on its right; zeros over and under the mask.
    var leftShares = [Float](repeating: 0, count: side + 5), rightShares = leftShares
    var counts: [UInt32] = []
    var run = UInt32(x0 * height)
    var inside = false
    for px in columns {
        let left = px.rounded(.down)
        let (fx, ix) = (px - left, Int(left))
        for y in 0..<side {
            leftShares[y + 2] = value(ix, y) * (1 - fx)
            rightShares[y + 2] = value(ix + 1, y) * fx
        }
        run = extended(run, by: y0, &inside, &counts)
        for (top, fy) in lines {
            let upper = leftShares[top] * (1 - fy) + rightShares[top] * (1 - fy)
            let lower = leftShares[top + 1] * fy + rightShares[top + 1] * fy
            if (upper + lower >= threshold) != inside {
                counts.append(run)
                run = 0
                inside.toggle()
            }
            run += 1
        }
        run = extended(run, by: height - y1, &inside, &counts)
    }
    run = extended(run, by: (width - x1) * height, &inside, &counts)
    counts.append(run)
    return RLE(height: height, width: width, counts: counts)
}

/// The run after `length` more pixels of background.
private func extended(_ run: UInt32, by length: Int, _ inside: inout Bool, _ counts: inout [UInt32]) -> UInt32 {
    guard length > 0 else { return run }
    guard inside else { return run + UInt32(length) }
    counts.append(run)
    inside = false
    return UInt32(length)
}
