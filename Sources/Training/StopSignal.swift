import Dispatch
import Foundation
import Support
import Synchronization

/// Turns the first SIGINT or SIGTERM into a flag, so that a run can save and stop; the second one ends the program at once.
public final class StopSignal: Sendable {
    private let flag = Atomic<Bool>(false)
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
            source.setEventHandler {
                if stop.flag.exchange(true, ordering: .sequentiallyConsistent) { exit(128 + number) }
                StandardError.line("stopping after this iteration; once more to end at once, losing what is not saved")
            }
            source.resume()
            return source
        }
        return stop
    }

    public var isSet: Bool { flag.load(ordering: .relaxed) }

    /// As if a signal had come.
    public func set() { flag.store(true, ordering: .sequentiallyConsistent) }
}
