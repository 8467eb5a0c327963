import DataLoading
import Foundation
import Support
import Testing

@Suite struct BatchLoaderTests {
    private struct Squares: BatchSource {
        let failing: Int?
        func batch(at iteration: Int) throws -> Int {
            if iteration == failing { throw UserError("no batch \(iteration)") }
            // Some are slow, so that workers finish out of order.
            if iteration % 3 == 0 { Thread.sleep(forTimeInterval: 0.002) }
            return iteration * iteration
        }
    }

    @Test(arguments: [0, 1, 3])
    func batchesComeInOrder(_ workers: Int) throws {
        let loader = BatchLoader(Squares(failing: nil), iterations: 5..<60, workers: workers)
        var seen: [Int] = []
        while let batch = try loader.next() { seen.append(batch) }
        #expect(seen == (5..<60).map { $0 * $0 })
        #expect(try loader.next() == nil)
    }

    @Test(arguments: [0, 1, 3])
    func anErrorReachesItsReader(_ workers: Int) throws {
        let loader = BatchLoader(Squares(failing: 4), iterations: 0..<10, workers: workers)
        defer { loader.close() }
        for _ in 0..<4 { _ = try loader.next() }
        #expect(throws: UserError("no batch 4")) { try loader.next() }
    }

    @Test func anEpochHasEachSampleOnce() {
        let sampler = EpochSampler(count: 23, batchSize: 5, seed: 9)
        #expect(sampler.iterationsPerEpoch == 4)
        for epoch in 0..<3 {
            let samples = (0..<4).flatMap { sampler.samples(at: epoch * 4 + $0) }
            #expect(Set(samples).count == 20 && samples.allSatisfy { (0..<23).contains($0) })
        }
        #expect(sampler.samples(at: 0) != sampler.samples(at: 4))
        #expect(sampler.samples(at: 9) == EpochSampler(count: 23, batchSize: 5, seed: 9).samples(at: 9))
        #expect(EpochSampler(count: 3, batchSize: 8, seed: 0).samples(at: 0).count == 8)
    }

    @Test func groupsAreKeptTogether() {
        // 13 of one kind, 10 of the other: 3 and 2 whole batches of 4, and one of what is left.
        let groups = (0..<23).map { $0 < 13 ? 1 : 0 }
        let sampler = EpochSampler(batchSize: 4, seed: 9, groups: groups)
        #expect(sampler.iterationsPerEpoch == 5)
        var orders: Set<[Int]> = []
        for epoch in 0..<4 {
            let batches = (0..<5).map { sampler.samples(at: epoch * 5 + $0) }
            #expect(Set(batches.joined()).count == 20)
            #expect(batches.count { Set($0.map { groups[$0] }).count == 1 } == 5)
            orders.insert(batches.map { groups[$0[0]] })
        }
        #expect(orders.count > 1, "the kinds come in one order")
        let alone = EpochSampler(batchSize: 4, seed: 9, groups: [Int](repeating: 3, count: 23))
        #expect((0..<10).allSatisfy { alone.samples(at: $0) == EpochSampler(count: 23, batchSize: 4, seed: 9).samples(at: $0) })
    }

    @Test func whatGroupsLeaveOverIsMixed() {
        let sampler = EpochSampler(batchSize: 4, seed: 1, groups: [0, 0, 0, 0, 0, 0, 1, 1])
        let batches = (0..<2).map { sampler.samples(at: $0) }
        #expect(Set(batches.joined()) == Set(0..<8))
        #expect(batches.count { $0.contains(6) && $0.contains(7) } == 1)
    }
}
