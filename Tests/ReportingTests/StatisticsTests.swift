import Reporting
import Support
import Testing

@Suite struct StatisticsTests {
    // Of scipy.stats.t.interval and scipy.stats.ttest_1samp (make_statistics.py).
    @Test(arguments: [
        ([0.012, 0.021, -0.003, 0.017, 0.009], 0.0112, 0.011393578129343612, 0.05248229308191046),
        ([0.02, 0.03], 0.025, 0.06353102368087345, 0.12566591637800234),
        (
            [-0.011, -0.012, -0.0115, -0.0118, -0.0109, -0.0121, -0.0116, -0.0113, -0.0112, -0.0119],
            -0.011530000000000002, 0.0003017151968652248, 1.8790503402494207e-14
        ),
        ([0.5, -0.5, 0.25], 0.08333333333333333, 1.2927862531355658, 0.8075499102701248),
        ([0.0210001, 0.0210002, 0.0210003, 0.0210004], 0.02100025, 2.0542602567619195e-07, 6.404430082196665e-17),
    ])
    func intervalsAndTestsAreScipys(_ differences: [Double], _ mean: Double, _ halfWidth: Double, _ p: Double) throws {
        let comparison = try #require(PairedComparison(differences: differences))
        #expect(abs(comparison.gain.mean - mean) < 1e-14)
        let foundHalf = try #require(comparison.gain.halfWidth), foundP = try #require(comparison.p)
        #expect(abs(foundHalf / halfWidth - 1) < 1e-7 && abs(foundP / p - 1) < 1e-6)
    }

    @Test func oneSeedGivesNoInterval() throws {
        let comparison = try #require(PairedComparison(differences: [0.02]))
        #expect(comparison.gain.halfWidth == nil && comparison.p == nil)
        #expect(PairedComparison(differences: []) == nil)
    }

    @Test func differencesThatAreTheSameHaveNoTest() throws {
        let comparison = try #require(PairedComparison(differences: [0.02, 0.02, 0.02]))
        #expect(comparison.gain.halfWidth == 0 && comparison.p == nil)
    }

    // Of statsmodels' multipletests (make_statistics.py).
    @Test(arguments: [
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]), ([0.5, 0.9, 0.04], [1, 1, 0.12]), ([0.2], [0.2]), ([], []),
        ([0.02, 0.02, 0.02], [0.06, 0.06, 0.06]),
    ])
    func holmsCorrectionIsStatsmodels(_ ps: [Double], _ expected: [Double]) {
        let found = holm(ps)
        #expect(found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) < 1e-12 }, "\(found)")
    }

    /// Of 2,000 samples of five normal numbers the interval must hold the mean 95 times of 100.
    @Test func intervalsHoldTheMeanAsOftenAsTheySay() throws {
        var generator = SeededGenerator(5)
        let trials = 2000
        let held = try (0..<trials).count { _ in
            let values = (0..<5).map { _ in 0.3 + 2 * generator.normal() }
            let estimate = try #require(Estimate(values))
            return try abs(estimate.mean - 0.3) <= #require(estimate.halfWidth)
        }
        // Three deviations of a share of 2,000 about 95%.
        #expect(abs(Double(held) / Double(trials) - 0.95) < 0.0147, "\(held) of \(trials)")
    }
}
