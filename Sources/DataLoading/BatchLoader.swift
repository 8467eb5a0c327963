import Foundation
import Torch

/// Batches by iteration. Calls may come from any thread and in any order, and must give the same batch for the same
/// iteration: so a run gives the same numbers with any number of workers, and one that is resumed needs no state of its data.
public protocol BatchSource: Sendable {
    associatedtype Batch: Sendable

    /// The batch of an iteration, counted from 0.
    func batch(at iteration: Int) throws -> Batch
}

/// Batches in order, made ahead of need by worker threads. At most `ahead` of them wait at any time, so memory does not
/// depend on the dataset.
public final class BatchLoader<Source: BatchSource>: @unchecked Sendable {
    private let source: Source
    private let iterations: Range<Int>
    private let workers: Int
    private let ahead: Int

    // All below is guarded by `condition`.
    private let condition = NSCondition()
    private var claimed: Int
    private var consumed: Int
    private var ready: [Int: Result<Source.Batch, Error>] = [:]
    private var closed = false

    /// - Parameters:
    ///   - iterations: which batches, in order.
    ///   - workers: threads that make batches; 0 makes each when it is asked for.
    ///   - ahead: how many batches may wait; two a worker by default.
    public init(_ source: Source, iterations: Range<Int>, workers: Int, ahead: Int? = nil) {
        self.source = source
        self.iterations = iterations
        self.workers = workers
        self.ahead = max(ahead ?? 2 * workers, 1)
        claimed = iterations.lowerBound
        consumed = iterations.lowerBound
        for _ in 0..<workers {
            // A thread holds the loader until it ends; `close` ends them all.
            let thread = Thread { self.work() }
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    /// The next batch, or nil after the last one.
    ///
    /// - Throws: what the source threw for it.
    public func next() throws -> Source.Batch? {
        guard consumed < iterations.upperBound else { return nil }
        if workers == 0 {
            defer { consumed += 1 }
            return try source.batch(at: consumed)
        }
        condition.lock()
        defer { condition.unlock() }
        while ready[consumed] == nil { condition.wait() }
        let result = ready.removeValue(forKey: consumed)
        consumed += 1
        condition.broadcast()
        return try result?.get()
    }

    /// Ends the workers. Batches under way are dropped.
    public func close() {
        condition.lock()
        closed = true
        condition.broadcast()
        condition.unlock()
    }

    private func work() {
        // One core a worker; the operators of the network have the others.
        LibTorch.setThreadCount(1)
        while let iteration = claim() {
            let result = Result { try source.batch(at: iteration) }
            condition.lock()
            ready[iteration] = result
            condition.broadcast()
            condition.unlock()
        }
    }

    /// The next iteration to work on, once there is room for it.
    private func claim() -> Int? {
        condition.lock()
        defer { condition.unlock() }
        while !closed && claimed < iterations.upperBound && claimed >= consumed + ahead { condition.wait() }
        guard !closed, claimed < iterations.upperBound else { return nil }
        defer { claimed += 1 }
        return claimed
    }
}
