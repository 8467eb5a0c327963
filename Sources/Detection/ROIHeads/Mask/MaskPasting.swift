import COCO

/// How a predicted mask becomes pixels of the image.
public enum MaskPasting: Sendable {
    /// Each pixel's centre sampled from the mask, as Detectron2 does it: `pastedMask`.
    case sampled
    /// The mask resized to the box in whole pixels, as torchvision does it: `resizedMask`.
    case resized

    func callAsFunction(_ mask: [Float], side: Int, box: [Float], width: Int, height: Int, threshold: Float) -> RLE {
        switch self {
        case .sampled: pastedMask(mask, side: side, box: box, width: width, height: height, threshold: threshold)
        case .resized: resizedMask(mask, side: side, box: box, width: width, height: height, threshold: threshold)
        }
    }
}

/// A predicted mask in its place in the image, as run lengths: with a border of zeros, resized bilinearly to its box, which
/// is widened by as much and cut to whole pixels; inside from `threshold` on. Source: torchvision's `paste_masks_in_image`.
///
/// - Parameters:
///   - mask: side × side probabilities, rows one after the other.
///   - box: x₀, y₀, x₁, y₁ in the image.
public func resizedMask(_ mask: [Float], side: Int, box: [Float], width: Int, height: Int, threshold: Float = 0.5) -> RLE {
    let bordered = side + 2
    // Of one axis: the pixels, and for each the mask's places, border included, before and after it, and how far it is between.
    func axis(_ low: Float, _ high: Float, _ limit: Int) -> (pixels: Range<Int>, taps: [(before: Int, after: Int, share: Float)])? {
        guard low.isFinite, high.isFinite, abs(low) < 1e7, abs(high) < 1e7 else { return nil }
        let half = (high - low) * 0.5 * Float(Double(bordered) / Double(side)), center = (high + low) * 0.5
        let first = Int(center - half), last = Int(center + half)
        let length = max(last - first + 1, 1)
        let pixels = max(first, 0)..<max(min(last + 1, limit), max(first, 0))
        let scale = Float(bordered) / Float(length)
        return (
            pixels,
            pixels.map { pixel in
                let place = max((Float(pixel - first) + 0.5) * scale - 0.5, 0)
                let before = min(Int(place), bordered - 1)
                return (before, min(before + 1, bordered - 1), place - Float(before))
            }
        )
    }
    guard let columns = axis(box[0], box[2], width), let rows = axis(box[1], box[3], height) else {
        return RLE(height: height, width: width, counts: [UInt32(height * width)])
    }
    var padded = [Float](repeating: 0, count: bordered * bordered)
    for y in 0..<side { for x in 0..<side { padded[(y + 1) * bordered + x + 1] = mask[y * side + x] } }
    var runs: [UInt32] = [], inside = false, run: UInt32 = UInt32(columns.pixels.lowerBound * height)
    func put(_ value: Bool, _ length: Int) {
        guard length > 0 else { return }
        if value != inside {
            runs.append(run)
            (run, inside) = (0, value)
        }
        run += UInt32(length)
    }
    for column in columns.taps {
        put(false, rows.pixels.lowerBound)
        for row in rows.taps {
            func across(_ y: Int) -> Float {
                padded[y * bordered + column.before] * (1 - column.share) + padded[y * bordered + column.after] * column.share
            }
            put(across(row.before) * (1 - row.share) + across(row.after) * row.share >= threshold, 1)
        }
        put(false, height - rows.pixels.upperBound)
    }
    put(false, (width - columns.pixels.upperBound) * height)
    runs.append(run)
    return RLE(height: height, width: width, counts: runs)
}
