import Dispatch
import Foundation
import Support
import Synchronization

/// Turns a SIGINT or SIGTERM that comes while a training runs into a flag, so that it can save and stop. Outside of a training
/// there is nothing to save, and the second signal within one asks for no more patience: both end the program at once.
public final class StopSignal: Sendable {
    private let flag = Atomic<Bool>(false)
    private let trainings = Atomic<Int>(0)
    /// The signal that came, or 0.
    private let number = Atomic<Int32>(0)
    // Written once, before the object is shared.
    private nonisolated(unsafe) var sources: [any DispatchSourceSignal] = []

    /// Nobody listens: for use as a library, and in tests, which set the flag themselves.
    public init() {}

    /// Listens to the process's signals from now on.
    public static func listening() -> StopSignal {
        let stop = StopSignal()
        stop.sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { stop.receive(number) }
            source.resume()
            return source
        }
        return stop
    }

    private func receive(_ number: Int32) {
        self.number.store(number, ordering: .sequentiallyConsistent)
        let isSecond = flag.exchange(true, ordering: .sequentiallyConsistent)
        guard !isSecond, trainings.load(ordering: .sequentiallyConsistent) > 0 else {
            // Not exit(): that runs libtorch's destructors in this thread while others compute.
            _exit(status)
        }
        StandardError.line("stopping after this iteration; once more to end at once, losing what is not saved")
    }

    public var isSet: Bool { flag.load(ordering: .relaxed) }

    /// As if a signal had come.
    public func set() { flag.store(true, ordering: .sequentiallyConsistent) }

    /// What a program that was stopped exits with, as shells have it: 143 after SIGTERM; 130 after SIGINT, and where the signal
    /// went to another process of the run.
    public var status: Int32 {
        let number = number.load(ordering: .sequentiallyConsistent)
        return 128 + (number == 0 ? SIGINT : number)
    }

    /// Carries out a training, which looks at `isSet` after each iteration.
    func duringTraining<R>(_ body: () throws -> R) rethrows -> R {
        trainings.add(1, ordering: .sequentiallyConsistent)
        defer { trainings.subtract(1, ordering: .sequentiallyConsistent) }
        return try body()
    }
}
