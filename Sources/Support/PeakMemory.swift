import Foundation

/// The memory of this process.
public enum PeakMemory {
    /// The most that it has held at any time, in bytes.
    public static var bytes: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }
}
