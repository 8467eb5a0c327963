import Foundation
import NN
import Pretraining
import Support
import Testing
import Torch
import Vision

@Suite struct RegionMapTests {
    /// One image of four regions, each a vector of two channels: right, up, both, and left.
    private let map = Tensor([1, 0, 1, -2, 0, 3, 1, 0] as [Float], [1, 2, 2, 2])

    @Test(arguments: [(0.1, 0.2, 0), (0.9, 0.0, 1), (0.4, 0.6, 2), (1.0, 1.0, 3), (-1.0, 7.0, 2)])
    func theRegionIsThatOfThePoint(_ x: Double, _ y: Double, _ region: Int) {
        #expect(RegionMap(map, grid: 2).region(x: x, y: y) == region)
        #expect(RegionMap(map).region(x: x, y: y) == region)
    }

    @Test func similaritiesAreCosines() {
        let found = RegionMap(map, grid: 2)
        for (value, expected) in zip(found.cosines(with: 0), [1, 0, 0.5.squareRoot(), -1]) { #expect(abs(Double(value) - expected) < 1e-6) }
        let kept = found.similarity(fileName: "a.jpg", region: 0)
        #expect(kept.grid == 2 && kept.region == 0 && kept.similarities[2] == 0.707)
    }

    @Test func cellsArePooledToTheGrid() {
        // 2 rows of 4 cells; pooled to 1 × 1 there is one region, like itself.
        let wide = Tensor((0..<16).map(Float.init), [1, 2, 2, 4])
        #expect((RegionMap(wide).width, RegionMap(wide).height) == (4, 2) && RegionMap(wide).region(x: 0.6, y: 0.6) == 6)
        #expect(abs(RegionMap(wide, grid: 1).cosines(with: 0)[0] - 1) < 1e-6)
        #expect(RegionMap(wide, grid: 2).cosines(with: 3).count == 4)
    }

    @Test func heatIsBrightWhereRegionsAreAlike() {
        let image = Image(width: 8, height: 8, color: Color(red: 90, green: 90, blue: 90))
        let heat = RegionMap(map).heat(with: 0, over: image)
        // Its own region is yellow, the opposite one dark blue.
        #expect(heat.pixels[0] > heat.pixels[3 * 63] + 80)
        #expect((heat.width, heat.height) == (8, 8))
    }
}
