/// Polygons along the edges of pixels whose rasterisation is the mask again, pixel for pixel.
public enum Outline {
    /// - Parameter mask: rows one after the other, anything but 0 being inside.
    /// - Returns: a polygon (x₀, y₀, x₁, y₁, …) for each loop around the mask. Loops around holes are joined to one that
    ///   goes around them by a slit walked there and back, which cancels where a rasteriser counts crossings.
    public static func polygons(of mask: [UInt8], width: Int, height: Int) -> [[Double]] {
        let loops = loops(of: mask, width, height)
        var outer = loops.filter { signedArea($0) > 0 }
        for hole in loops where signedArea(hole) <= 0 {
            let around = outer.indices.filter { contains(outer[$0], hole[0]) }
            guard let carrier = around.min(by: { signedArea(outer[$0]) < signedArea(outer[$1]) }) else { continue }
            outer[carrier] += [outer[carrier][0]] + hole + [hole[0]]
        }
        return outer.map { loop in loop.flatMap { [Double($0.x), Double($0.y)] } }
    }

    private struct Point: Hashable {
        let x, y: Int
    }

    /// Closed walks with the inside on the right hand, corners only.
    private static func loops(of mask: [UInt8], _ width: Int, _ height: Int) -> [[Point]] {
        func inside(_ x: Int, _ y: Int) -> Bool {
            x >= 0 && y >= 0 && x < width && y < height && mask[y * width + x] != 0
        }
        // Directions: 0 right, 1 down, 2 left, 3 up. An edge starts at a corner and has the inside on its right.
        let dx = [1, 0, -1, 0], dy = [0, 1, 0, -1]
        func isEdge(_ p: Point, _ direction: Int) -> Bool {
            let (x, y) = (p.x, p.y)
            switch direction {
            case 0: return inside(x, y) && !inside(x, y - 1)
            case 1: return inside(x - 1, y) && !inside(x, y)
            case 2: return inside(x - 1, y - 1) && !inside(x - 1, y)
            default: return inside(x, y - 1) && !inside(x - 1, y - 1)
            }
        }
        var walked = [Bool](repeating: false, count: (width + 1) * (height + 1) * 4)
        func slot(_ p: Point, _ direction: Int) -> Int { (p.y * (width + 1) + p.x) * 4 + direction }
        var loops: [[Point]] = []
        for y in 0...height {
            for x in 0...width where isEdge(Point(x: x, y: y), 0) && !walked[slot(Point(x: x, y: y), 0)] {
                // The first corner is where the walk begins: left of an edge with the inside below it.
                var corners: [Point] = [Point(x: x, y: y)]
                var (p, direction) = (Point(x: x, y: y), 0)
                repeat {
                    walked[slot(p, direction)] = true
                    p = Point(x: p.x + dx[direction], y: p.y + dy[direction])
                    // Right turns first: pixels that touch at a corner only are kept apart.
                    let next = [1, 0, 3].map { (direction + $0) % 4 }.first { isEdge(p, $0) } ?? direction
                    if next != direction { corners.append(p) }
                    direction = next
                } while !walked[slot(p, direction)]
                if corners.last == corners.first { corners.removeLast() }
                loops.append(corners)
            }
        }
        return loops
    }

    /// Whether the pixel below and to the right of `corner`, one that a hole's walk begins beside, lies inside a loop.
    private static func contains(_ loop: [Point], _ corner: Point) -> Bool {
        var inside = false
        for i in loop.indices {
            let (a, b) = (loop[i], loop[(i + 1) % loop.count])
            // Upright edges to the left of the pixel's centre.
            if a.x == b.x, a.x <= corner.x, min(a.y, b.y) <= corner.y, corner.y < max(a.y, b.y) { inside.toggle() }
        }
        return inside
    }

    /// Positive for a loop around pixels, negative for one around a hole.
    private static func signedArea(_ loop: [Point]) -> Int {
        var area = 0
        for i in loop.indices {
            let (a, b) = (loop[i], loop[(i + 1) % loop.count])
            area += a.x * b.y - b.x * a.y
        }
        return area
    }
}
