import Foundation
import Synchronization
import Torch

#if canImport(Glibc)
import Glibc
#endif

/// Runs `body` as each of `size` processes, on threads of this one, and gives what they gave by rank.
func withProcesses<R: Sendable>(_ size: Int, timeout: Double = 60, _ body: @escaping @Sendable (ProcessGroup) throws -> R) throws -> [R] {
    let port = try freePort()
    let results = Mutex<[Int: Result<R, Error>]>([:])
    let done = DispatchGroup()
    for rank in 0..<size {
        done.enter()
        let thread = Thread {
            let result = Result {
                var place = ProcessPlace(rank: rank, size: size, port: port)
                (place.meetingTimeout, place.timeout) = (timeout, timeout)
                let group = try ProcessGroup(place)
                return try ProcessGroup.$current.withValue(group) { try body(group) }
            }
            results.withLock { $0[rank] = result }
            done.leave()
        }
        thread.stackSize = 8 << 20
        thread.start()
    }
    done.wait()
    return try results.withLock { held in try (0..<size).compactMap { try held[$0]?.get() } }
}

/// A port that nobody listens on.
func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    return try withUnsafeMutablePointer(to: &address) { pointer in
        try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            guard bind(descriptor, $0, length) == 0, getsockname(descriptor, $0, &length) == 0 else { throw POSIXError(.EADDRINUSE) }
        }
        return UInt16(bigEndian: pointer.pointee.sin_port)
    }
}
