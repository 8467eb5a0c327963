import Foundation
import Synchronization

/// Runs `work` for 0 ..< count on several threads and hands the results to `then` in order, on this one, a bounded number
/// of them waiting at any time.
///
/// - Throws: the first error of either, after which no new work is begun.
func inChunks<Result>(
    _ count: Int, _ workers: Int, _ work: @Sendable (Int) throws -> Result,
    then: (Int, Result) throws -> Void = { _, _ in }
) throws where Result: Sendable {
    let size = 64 * max(workers, 1)
    for start in stride(from: 0, to: count, by: size) {
        let chunk = start..<min(start + size, count)
        let results = Mutex([Swift.Result<Result, Error>?](repeating: nil, count: chunk.count))
        let next = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: max(workers, 1)) { _ in
            while true {
                let i = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard i < chunk.count else { return }
                let result = Swift.Result { try work(start + i) }
                results.withLock { $0[i] = result }
            }
        }
        for (i, result) in results.withLock({ $0 }).enumerated() {
            if let result { try then(start + i, result.get()) }
        }
    }
}
