extension RLE {
    /// The mask of polygons, each x₀, y₀, x₁, y₁, …: rasterised one by one and united, as `annToRLE` does.
    ///
    /// - Precondition: coordinates are within ±10⁶.
    public init(polygons: [[Double]], height: Int, width: Int) {
        guard !polygons.isEmpty else {
            self.init(height: height, width: width, counts: [UInt32(height * width)])
            return
        }
        self = RLE.union(polygons.map { RLE(polygon: $0, height: height, width: width) })
    }

    /// The mask of a box, as the mask API has it: the polygon of its corners.
    public init(box: Box, height: Int, width: Int) {
        let (x, y, right, bottom) = (box.x, box.y, box.x + box.width, box.y + box.height)
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
        var xs = (0..<corners).map { Int(scale * xy[2 * $0] + 0.5) }
        var ys = (0..<corners).map { Int(scale * xy[2 * $0 + 1] + 0.5) }
        xs.append(xs[0])
        ys.append(ys[0])

        // Where the outline passes from one column of fine pixels to the next, and on the middle of a coarse one, it
        // begins or ends a run.
        var ends: [UInt32] = []
        var previous: (u: Int, v: Int)?
        func visit(_ u: Int, _ v: Int) {
            defer { previous = (u, v) }
            guard let last = previous, u != last.u else { return }
            let fine = Double(u < last.u ? u : u - 1)
            let column = (fine + 0.5) / scale - 0.5
            guard column == column.rounded(.down), column >= 0, column <= Double(width - 1) else { return }
            let row = (Double(min(v, last.v)) + 0.5) / scale - 0.5
            let clamped = min(max(row, 0), Double(height)).rounded(.up)
            ends.append(UInt32(Int(column) * height + Int(clamped)))
        }
        for j in 0..<corners {
            var (fromX, toX, fromY, toY) = (xs[j], xs[j + 1], ys[j], ys[j + 1])
            let (dx, dy) = (abs(toX - fromX), abs(toY - fromY))
            let flip = (dx >= dy && fromX > toX) || (dx < dy && fromY > toY)
            if flip {
                swap(&fromX, &toX)
                swap(&fromY, &toY)
            }
            if dx >= dy {
                let slope = dx == 0 ? 0 : Double(toY - fromY) / Double(dx)
                for d in 0...dx {
                    let t = flip ? dx - d : d
                    visit(t + fromX, Int(Double(fromY) + slope * Double(t) + 0.5))
                }
            } else {
                let slope = Double(toX - fromX) / Double(dy)
                for d in 0...dy {
                    let t = flip ? dy - d : d
                    visit(Int(Double(fromX) + slope * Double(t) + 0.5), t + fromY)
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
