import Foundation
import Synchronization

/// Lines on standard error.
public enum StandardError {
    /// Whether lines may be written over: somebody watches, and no log of a CI service is filled.
    public static let isTerminal: Bool = {
        let environment = ProcessInfo.processInfo.environment
        return isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb" && environment["CI"] == nil
    }()

    /// How wide the terminal is now; 80 where it does not say.
    static var columns: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else { return 80 }
        return Int(size.ws_col)
    }

    /// Where somebody watches, in the place of a progress line, which is shown again below it.
    public static func line(_ text: String) { write("\(isTerminal ? "\r\u{1B}[K" : "")ediy: \(text)\n") }

    /// As it is.
    public static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}

/// How far something is, how fast it goes, and how long it will take: on a terminal one line that is written over, else a
/// plain line from time to time. Nothing is said of what ends within two seconds. May be called from several threads.
public final class ProgressLine: Sendable {
    private struct State {
        var done: Int
        var lastShown: Double = 0
        var shown = false
    }

    private let title: String
    private let total: Int
    private let first: Int
    private let unit: String
    private let perStep: Int
    private let begin = ContinuousClock.now
    private let state: Mutex<State>

    /// - Parameters:
    ///   - total: steps in all.
    ///   - done: steps done before, by a run that this one goes on with.
    ///   - unit: what the rate counts, "images".
    ///   - perStep: units a step.
    public init(_ title: String, total: Int, done: Int = 0, unit: String, perStep: Int = 1) {
        self.title = title
        self.total = total
        self.first = done
        self.unit = unit
        self.perStep = perStep
        state = Mutex(State(done: done))
    }

    /// One step more is done.
    public func advance() {
        let done = state.withLock {
            $0.done += 1
            return $0.done
        }
        update(done, detail: "")
    }

    /// `done` steps are done.
    ///
    /// - Parameter detail: what else to show: losses, a rate.
    public func update(_ done: Int, detail: String) {
        let elapsed = seconds
        // Ten times a second for eyes, every ten seconds for a log.
        let interval = StandardError.isTerminal ? 0.1 : 10.0
        let due = state.withLock { state in
            // Threads may report out of order.
            state.done = max(state.done, done)
            guard elapsed > 2, elapsed - state.lastShown >= interval else { return false }
            state.lastShown = elapsed
            state.shown = true
            return true
        }
        guard due else { return }
        let rate = Double(done - first) / elapsed
        let left = rate > 0 ? Self.time(Double(total - done) / rate) : "?"
        let speed = String(format: "%.1f %@/s", rate * Double(perStep), unit)
        show("\(title)  \(done)/\(total)  \(speed)  \(left) left\(detail.isEmpty ? "" : "  \(detail)")")
    }

    /// The last word; said only if anything was shown.
    public func end(_ word: String) {
        guard state.withLock({ $0.shown }) else { return }
        let done = state.withLock { $0.done }
        let speed = String(format: "%.1f %@/s", Double((done - first) * perStep) / seconds, unit)
        show("\(title)  \(word)  \(done)/\(total)  \(speed)  \(Self.time(seconds))")
        if StandardError.isTerminal { StandardError.write("\n") }
    }

    private var seconds: Double { (ContinuousClock.now - begin) / .seconds(1) }

    private func show(_ text: String) {
        guard StandardError.isTerminal else { return StandardError.write("\(text)\n") }
        // What wraps could not be written over.
        StandardError.write("\r\u{1B}[K\(text.prefix(StandardError.columns - 1))")
    }

    /// "1:02:03", "4:05".
    public static func time(_ seconds: Double) -> String {
        let whole = Int(min(max(seconds, 0), 1e9).rounded())
        let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
        return hours > 0
            ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%d:%02d", minutes, rest)
    }
}
