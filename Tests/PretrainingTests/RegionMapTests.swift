import Pretraining
import Testing
import Torch

@Suite struct RegionMapTests {
    /// One picture of four regions, each a vector of two channels: right, up, both, and left.
    private let map = Tensor([1, 0, 1, -2, 0, 3, 1, 0] as [Float], [1, 2, 2, 2])

    @Test(arguments: [(0.1, 0.2, 0), (0.9, 0.0, 1), (0.4, 0.6, 2), (1.0, 1.0, 3), (-1.0, 7.0, 2)])
    func theRegionIsThatOfThePoint(_ x: Double, _ y: Double, _ region: Int) {
        #expect(RegionMap(map: map, grid: 2, x: x, y: y).region == region)
    }

    @Test func similaritiesAreCosines() {
        let found = RegionMap(map: map, grid: 2, x: 0, y: 0)
        for (value, expected) in zip(found.similarities, [1, 0, 0.5.squareRoot(), -1]) { #expect(abs(Double(value) - expected) < 1e-6) }
        let json = found.json(fileName: "a.jpg")
        #expect(json["grid"] == 2 && json["region"] == 0 && json["similarities"]?.array?[2].double == 0.707)
    }
}
