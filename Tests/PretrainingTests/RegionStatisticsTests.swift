import Pretraining
import Testing
import Torch

@Suite struct RegionStatisticsTests {
    @Test func equalRegionsHaveCosineOne() {
        // Each image has one vector everywhere; two images differ.
        let maps = Tensor([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, -1, -1, -1, -1] as [Float], [2, 2, 2, 2])
        let statistics = RegionStatistics(maps: maps, grid: 2)
        #expect(abs(statistics.meanPairwiseCosine - 1) < 1e-6)
        // All rows lie on one line once centred.
        #expect(abs(statistics.effectiveRank - 1) < 1e-3)
    }

    @Test func orthogonalRegionsHaveCosineNone() {
        // Four regions, each a unit vector of its own: (2, 4, 2, 2), the second image turned about.
        var values = [Float](repeating: 0, count: 32)
        for i in 0..<4 {
            values[i * 4 + i] = 1
            values[16 + i * 4 + i] = -1
        }
        let statistics = RegionStatistics(maps: Tensor(values, [2, 4, 2, 2]), grid: 2)
        #expect(abs(statistics.meanPairwiseCosine) < 1e-6)
        #expect(abs(statistics.effectiveRank - 4) < 1e-3)
    }

    @Test func whatIsNoNumberHasNoRank() {
        var values: [Float] = Tensor.normal([8, 4, 2, 2], generator: Generator(seed: 0)).floats
        #expect(RegionStatistics(maps: Tensor(values, [8, 4, 2, 2]), grid: 2).effectiveRank.isFinite)
        for wrong in [Float.nan, .infinity, 3e38] {
            values[5] = wrong
            let statistics = RegionStatistics(maps: Tensor(values, [8, 4, 2, 2]), grid: 2)
            #expect(statistics.effectiveRank.isNaN && statistics.globalRank.isNaN, "\(wrong): \(statistics.effectiveRank)")
        }
        // All rows one: no direction at all.
        #expect(RegionStatistics(maps: .ones([4, 3, 2, 2]), grid: 2).effectiveRank == 0)
    }

    @Test func aCollapseIsSeen() {
        let spread = RegionStatistics(maps: .normal([64, 16, 2, 2], generator: Generator(seed: 0)), grid: 2)
        #expect(!spread.isCollapsed)
        #expect(RegionStatistics(maps: .ones([8, 16, 2, 2]), grid: 2).isCollapsed)
    }
}
