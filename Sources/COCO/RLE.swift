/// A mask as run lengths: down the columns, from left to right, background first. Source: COCO's mask API, whose results
/// every function here reproduces exactly.
public struct RLE: Sendable, Equatable {
    /// In pixels.
    public let height: Int
    public let width: Int
    /// Lengths of background and object, in turn. They add up to height · width.
    public let counts: [UInt32]

    /// - Precondition: the counts add up to height · width.
    public init(height: Int, width: Int, counts: [UInt32]) {
        self.height = height
        self.width = width
        self.counts = counts
    }

    /// The runs of a mask whose rows lie one after the other, anything but 0 being object.
    public init(mask: [UInt8], height: Int, width: Int) {
        precondition(mask.count == height * width, "\(mask.count) values for \(height)×\(width)")
        var counts: [UInt32] = []
        var run: UInt32 = 0
        var inside = false
        mask.withUnsafeBufferPointer { mask in
            for x in 0..<width {
                var i = x
                for _ in 0..<height {
                    if (mask[i] != 0) != inside {
                        counts.append(run)
                        run = 0
                        inside.toggle()
                    }
                    run += 1
                    i += width
                }
            }
        }
        counts.append(run)
        self.init(height: height, width: width, counts: counts)
    }

    /// The mask, rows one after the other, 1 for object.
    public func decode() -> [UInt8] {
        var mask = [UInt8](repeating: 0, count: height * width)
        guard height > 0 else { return mask }
        var position = 0
        for (i, count) in counts.enumerated() {
            if i % 2 == 1 {
                for p in position..<position + Int(count) { mask[p % height * width + p / height] = 1 }
            }
            position += Int(count)
        }
        return mask
    }

    /// Object pixels.
    public var area: Int { counts.withUnsafeBufferPointer { Runs($0).area } }

    /// The tight box (x, y, width, height) as the mask API gives it: a run that goes on in the next column spans all rows.
    public var boundingBox: Box {
        counts.withUnsafeBufferPointer { Runs($0).boundingBox(height: height, width: width) }
    }

    /// Pixels in any of the masks. All must be of one size.
    public static func union(_ masks: [RLE]) -> RLE { merge(masks) { $0 || $1 } }

    /// Pixels in all of the masks. All must be of one size.
    public static func intersection(_ masks: [RLE]) -> RLE { merge(masks) { $0 && $1 } }

    private static func merge(_ masks: [RLE], _ keep: (Bool, Bool) -> Bool) -> RLE {
        guard var merged = masks.first else { return RLE(height: 0, width: 0, counts: []) }
        for mask in masks.dropFirst() {
            precondition(
                mask.height == merged.height && mask.width == merged.width,
                "merging \(mask.height)×\(mask.width) into \(merged.height)×\(merged.width)")
            var counts: [UInt32] = []
            var run: UInt32 = 0
            var inside = false
            merged.counts.withUnsafeBufferPointer { a in
                mask.counts.withUnsafeBufferPointer { b in
                    Runs.walk(a, b) { length, _, _, behind in
                        run += UInt32(length)
                        guard keep(behind.a, behind.b) != inside || behind.isOver else { return }
                        inside = keep(behind.a, behind.b)
                        counts.append(run)
                        run = 0
                    }
                }
            }
            merged = RLE(height: merged.height, width: merged.width, counts: counts)
        }
        return merged
    }

    /// Intersection over union; over this mask's own area where the other one is a crowd. 0 where the boxes do not meet, and −1
    /// for masks of other sizes whose boxes do, as the mask API has it.
    public func iou(with other: RLE, isCrowd: Bool = false) -> Double {
        guard boundingBox.intersection(with: other.boundingBox) > 0 else { return 0 }
        guard height == other.height, width == other.width else { return -1 }
        return counts.withUnsafeBufferPointer { a in
            other.counts.withUnsafeBufferPointer { Runs(a).iou(with: Runs($0), areas: (area, other.area), isCrowd: isCrowd) }
        }
    }
}
