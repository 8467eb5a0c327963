import Foundation
import Support

#if canImport(Glibc)
import Glibc
#endif

/// A process's place among those that train together, and where they meet: the variables of torchrun.
public struct ProcessPlace: Sendable, Equatable {
    /// 0 ..< `size`, of all machines.
    public let rank: Int
    /// How many processes there are.
    public let size: Int
    /// The rank among the processes of this machine.
    public let localRank: Int
    /// The processes of this machine.
    public let localSize: Int
    /// Where the process of rank 0 listens.
    public let host: String
    /// At which port.
    public let port: UInt16
    /// Seconds that a process waits for the others at the beginning.
    public var meetingTimeout = 300.0
    /// Seconds that a process waits for the others in any call after it.
    public var timeout = 600.0

    /// - Parameters:
    ///   - localRank: `rank` by default, as on one machine.
    ///   - localSize: `size` by default.
    public init(rank: Int, size: Int, localRank: Int? = nil, localSize: Int? = nil, host: String = "127.0.0.1", port: UInt16) {
        (self.rank, self.size, self.host, self.port) = (rank, size, host, port)
        self.localRank = localRank ?? rank
        self.localSize = localSize ?? size
    }

    /// RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, and where they are set LOCAL_RANK, LOCAL_WORLD_SIZE, and EDIY_TIMEOUT in
    /// seconds; nil where WORLD_SIZE is not set or 1.
    ///
    /// - Throws: `UserError` naming the variable that is missing or wrong.
    public static func fromEnvironment(
        _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> ProcessPlace? {
        func number(_ name: String, in range: Range<Int>) throws -> Int? {
            guard let text = environment[name], !text.isEmpty else { return nil }
            guard let value = Int(text), range.contains(value) else {
                throw UserError("\(name) is '\(text)', and must be \(range.lowerBound) to \(range.upperBound - 1)")
            }
            return value
        }
        func required<T>(_ name: String, _ value: T?) throws -> T {
            guard let value else {
                throw UserError(
                    "\(name) is not set, and WORLD_SIZE is",
                    remedy: "start by torchrun --no-python, or set RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT")
            }
            return value
        }
        guard let size = try number("WORLD_SIZE", in: 1..<65537), size > 1 else { return nil }
        let rank = try required("RANK", number("RANK", in: 0..<size))
        var port = try required("MASTER_PORT", number("MASTER_PORT", in: 1..<65535))
        // There torchrun itself listens, in the words of its own version of PyTorch; the next port is the suite's.
        if environment["TORCHELASTIC_USE_AGENT_STORE"] == "True" { port += 1 }
        var place = ProcessPlace(
            rank: rank, size: size, localRank: try number("LOCAL_RANK", in: 0..<size),
            localSize: try number("LOCAL_WORLD_SIZE", in: 1..<size + 1),
            host: try required("MASTER_ADDR", environment["MASTER_ADDR"].flatMap { $0.isEmpty ? nil : $0 }), port: UInt16(port))
        if let timeout = try number("EDIY_TIMEOUT", in: 1..<86401).map(Double.init) {
            (place.timeout, place.meetingTimeout) = (timeout, min(timeout, place.meetingTimeout))
        }
        return place
    }

    /// - Throws: `UserError` for a host without an address: it would be asked for again and again until the timeout.
    func check() throws {
        var found: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, nil, &found)
        if let found { freeaddrinfo(found) }
        guard status == 0 else {
            throw UserError(
                "MASTER_ADDR \(host) is no machine that is known here: \(String(cString: gai_strerror(status)))",
                remedy: "name the machine where the process of RANK 0 runs")
        }
    }
}
