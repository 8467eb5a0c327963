import Reporting
import Testing

@Suite struct StatisticsTests {
    @Test func intervalsAndTestsAreScipys() throws {
        // scipy.stats.t.interval(0.95, 4, mean, sem) and scipy.stats.ttest_1samp of these values (make_statistics.py).
        let comparison = try #require(PairedComparison(differences: [0.012, 0.021, -0.003, 0.017, 0.009]))
        #expect(abs(comparison.gain.mean - 0.0112) < 1e-12)
        #expect(abs(try #require(comparison.gain.halfWidth) - 0.011393578129343612) < 1e-12)
        #expect(abs(try #require(comparison.p) - 0.05248229308191046) < 1e-10)
    }

    @Test func oneSeedGivesNoInterval() throws {
        let comparison = try #require(PairedComparison(differences: [0.02]))
        #expect(comparison.gain.halfWidth == nil && comparison.p == nil)
        #expect(PairedComparison(differences: []) == nil)
    }
}
