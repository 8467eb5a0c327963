import Foundation
import Pretraining
import Testing
import Torch

@Suite struct NearestNeighborsTests {
    /// The definition, in doubles, one query at a time.
    private func correct(
        _ queries: [[Double]], _ truth: [Int], _ bank: [[Double]], _ labels: [Int], k: Int, leavingOut: Bool
    ) -> Int {
        func unit(_ v: [Double]) -> [Double] { v.map { $0 / sqrt(v.reduce(0) { $0 + $1 * $1 }) } }
        let bank = bank.map(unit)
        return queries.map(unit).enumerated().count { i, query in
            let near = bank.enumerated().filter { !leavingOut || $0.offset != i }.map { j, row in
                (cosine: zip(query, row).reduce(0) { $0 + $1.0 * $1.1 }, label: labels[j])
            }.sorted { $0.cosine > $1.cosine }.prefix(k)
            var votes: [Int: Double] = [:]
            for (cosine, label) in near { votes[label, default: 0] += exp(cosine / 0.07) }
            return votes.max { $0.value < $1.value }?.key == truth[i]
        }
    }

    @Test(arguments: [1, 5, 20])
    func votesAreTheDefinitions(_ k: Int) {
        // More queries than one block of the product holds.
        let (count, width) = (300, 6)
        let values: [Float] = Tensor.normal([count, width], generator: Generator(seed: 4)).floats
        let labels = (0..<count).map { i in values[i * width] > 0.3 ? 2 : values[i * width + 1] > 0 ? 1 : 0 }
        let rows = (0..<count).map { i in values[i * width..<(i + 1) * width].map(Double.init) }
        let neighbours = NearestNeighbors(values, labels: labels, columns: width, classes: 3, neighbours: k)
        let expected = correct(rows, labels, rows, labels, k: k, leavingOut: true)
        #expect(neighbours.leaveOneOutAccuracy() == Double(expected) / Double(count))
        let queries: [Float] = Tensor.normal([290, width], generator: Generator(seed: 5)).floats
        let truth = (0..<290).map { $0 % 3 }
        let queryRows = (0..<290).map { i in queries[i * width..<(i + 1) * width].map(Double.init) }
        #expect(
            neighbours.correct(queries, labels: truth) == correct(queryRows, truth, rows, labels, k: k, leavingOut: false))
    }

    @Test func fewFeaturesAreNoTrap() {
        let two = NearestNeighbors([1, 0, 0, 1], labels: [0, 1], columns: 2, classes: 2)
        #expect(two.leaveOneOutAccuracy() == 0)
        #expect(two.correct([2, 0.1, 0, 0], labels: [0, 0]) >= 1)
    }
}
