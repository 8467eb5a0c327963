import COCO
import Support
import Testing

@Suite struct OutlineTests {
    /// The polygons of a mask drawn in text, rasterised again.
    private func expectRoundTrip(_ mask: [UInt8], width: Int, height: Int, _ comment: Comment) {
        let polygons = Outline.polygons(of: mask, width: width, height: height)
        let again = RLE(polygons: polygons, height: height, width: width).decode()
        #expect(again == mask, comment)
    }

    private func mask(_ rows: [String]) -> [UInt8] {
        rows.flatMap { row in row.map { $0 == "#" ? 1 : 0 } }
    }

    @Test func aPixelIsItsFourCorners() {
        let polygons = Outline.polygons(of: mask(["...", ".#.", "..."]), width: 3, height: 3)
        #expect(polygons.map { $0.count } == [8])
        #expect(polygons.first.map { Set($0) } == [1, 2])
    }

    @Test func aHoleGoesWithTheRegionAroundIt() {
        // The lower region has more corners, but the hole is in the upper one.
        let rows = [
            "#####....", "#...#....", "#...#....", "#####....", ".........", "#.#.#.#.#", "#########", "#.#.#.#.#",
        ]
        expectRoundTrip(mask(rows), width: 9, height: 8, "\(rows)")
        #expect(Outline.polygons(of: mask(rows), width: 9, height: 8).count == 2)
    }

    @Test func anIslandInAHoleKeepsItsOwnHole() {
        let rows = [
            "#########", "#.......#", "#.#####.#", "#.#...#.#", "#.#.#.#.#", "#.#...#.#", "#.#####.#", "#.......#", "#########",
        ]
        expectRoundTrip(mask(rows), width: 9, height: 9, "\(rows)")
    }

    @Test func pixelsThatTouchAtACornerStayApart() {
        expectRoundTrip(mask(["#.#", ".#.", "#.#"]), width: 3, height: 3, "checkerboard")
        expectRoundTrip(mask(["###", "#.#", "##."]), width: 3, height: 3, "a hole that touches the outside at a corner")
    }

    @Test func everyMaskComesBackFromItsPolygons() {
        for trial in 0..<600 {
            var generator = SeededGenerator(7, UInt64(trial))
            let (width, height) = (generator.integer(in: 1..<40), generator.integer(in: 1..<40))
            let density = generator.uniform()
            // Coarse cells make regions with wide holes, single pixels all the ways of touching.
            let cell = generator.integer(in: 1..<5)
            let across = width / cell + 1
            let cells = (0..<across * (height / cell + 1)).map { _ in UInt8(generator.chance(density) ? 1 : 0) }
            let mask = (0..<width * height).map { cells[$0 / width / cell * across + $0 % width / cell] }
            expectRoundTrip(mask, width: width, height: height, "trial \(trial): \(width)×\(height), cells of \(cell)")
        }
    }
}
