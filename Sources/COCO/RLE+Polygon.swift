extension RLE {
    /// The mask of polygons, each x₀, y₀, x₁, y₁, …: rasterised one by one and united, as `annToRLE` does.
    public init(polygons: [[Double]], height: Int, width: Int) {
        guard !polygons.isEmpty else {
            self.init(height: height, width: width, counts: [UInt32(height * width)])
            return
        }
        self = RLE.union(polygons.map { RLE(polygon: $0, height: height, width: width) })
    }

    /// The mask of a box, as the mask API has it: the polygon of its corners.
    public init(box: Box, height: Int, width: Int) {
        // What lies further out than any image leaves the mask as it is, and might be too large for whole numbers.
        func bounded(_ v: Double) -> Double { min(max(v, -0x1p21), 0x1p21) }
        let (x, y) = (bounded(box.x), bounded(box.y))
        let (right, bottom) = (bounded(box.x + box.width), bounded(box.y + box.height))
        self.init(polygon: [x, y, x, bottom, right, bottom, right, y], height: height, width: width)
    }

    /// One polygon. The outline is drawn at five times the size, and each column's crossings of it, taken back to pixels
    /// and sorted, are the ends of the runs. Source: `rleFrPoly` of COCO's mask API.
    init(polygon xy: [Double], height: Int, width: Int) {
        let scale = 5.0
        let corners = xy.count / 2
        guard corners > 0 else {
            self.init(height: height, width: width, counts: [UInt32(height * width)])
            return
        }
        // Further out the mask API's own whole numbers of 32 bits overflow.
        func fine(_ v: Double) -> Int { Int(scale * min(max(v, -4e8), 4e8) + 0.5) }
        var xs = (0..<corners).map { fine(xy[2 * $0]) }
        var ys = (0..<corners).map { fine(xy[2 * $0 + 1]) }
        xs.append(xs[0])
        ys.append(ys[0])

        // Where the outline passes over the middle of a pixel's column it begins or ends a run: between the fine columns
        // 5c + 2 and 5c + 3 of column c.
        var ends: [UInt32] = []
        func end(_ column: Int, _ v: Int) {
            let row = (Double(v) + 0.5) / scale - 0.5
            ends.append(UInt32(column * height + Int(min(max(row, 0), Double(height)).rounded(.up))))
        }
        for j in 0..<corners {
            var (fromX, toX, fromY, toY) = (xs[j], xs[j + 1], ys[j], ys[j + 1])
            let (dx, dy) = (abs(toX - fromX), abs(toY - fromY))
            guard dx > 0 else { continue }
            if (dx >= dy && fromX > toX) || (dx < dy && fromY > toY) {
                swap(&fromX, &toX)
                swap(&fromY, &toY)
            }
            let first = max((min(fromX, toX) + 2).floorDivided(by: 5), 0)
            let last = min((max(fromX, toX) - 3).floorDivided(by: 5), width - 1)
            guard first <= last else { continue }
            if dx >= dy {
                let slope = Double(toY - fromY) / Double(dx)
                func row(_ u: Int) -> Int { Int(Double(fromY) + slope * Double(u - fromX) + 0.5) }
                for column in first...last { end(column, min(row(5 * column + 2), row(5 * column + 3))) }
            } else {
                let slope = Double(toX - fromX) / Double(dy)
                func isBehind(_ t: Int, _ column: Int) -> Bool {
                    let u = Int(Double(fromX) + slope * Double(t) + 0.5)
                    return slope > 0 ? u > 5 * column + 2 : u < 5 * column + 3
                }
                for column in first...last {
                    // Near the crossing, then to the very step, as rounding has it.
                    let near = (Double(5 * column) + 2.5 - Double(fromX)) / slope
                    var t = min(max(Int(near), 1), dy)
                    while t > 1 && isBehind(t - 1, column) { t -= 1 }
                    while t < dy && !isBehind(t, column) { t += 1 }
                    end(column, t - 1 + fromY)
                }
            }
        }
        ends.append(UInt32(height * width))
        ends.sort()
        self.init(height: height, width: width, counts: Self.runs(upTo: ends))
    }

    /// Run lengths from sorted run ends; two ends at one place cancel.
    private static func runs(upTo ends: [UInt32]) -> [UInt32] {
        var last: UInt32 = 0
        let lengths = ends.map { end in
            defer { last = end }
            return end - last
        }
        var counts = [lengths[0]]
        var j = 1
        while j < lengths.count {
            if lengths[j] > 0 {
                counts.append(lengths[j])
                j += 1
            } else {
                j += 1
                if j < lengths.count {
                    counts[counts.count - 1] += lengths[j]
                    j += 1
                }
            }
        }
        return counts
    }
}

extension Int {
    /// Rounded down, below 0 too.
    fileprivate func floorDivided(by divisor: Int) -> Int {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
