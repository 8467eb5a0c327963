/// Paths in one flat buffer: a million take what their letters take and eight bytes each, where as many strings would take
/// several times that.
public struct PathList: Sendable {
    private var bytes: [UInt8] = []
    /// Where each path begins, and where the last one ends.
    private var starts = [0]

    public init() {}

    public var count: Int { starts.count - 1 }

    /// Memory that the paths take, in bytes.
    public var size: Int { bytes.capacity + starts.capacity * MemoryLayout<Int>.size }

    public subscript(index: Int) -> String { String(decoding: bytes(of: Int32(index)), as: UTF8.self) }

    public mutating func append(_ path: some Collection<UInt8>) {
        bytes.append(contentsOf: path)
        starts.append(bytes.count)
    }

    /// In the order of their bytes, which depends on no locale.
    public func sorted() -> PathList {
        let order = (0..<Int32(count)).sorted { self.bytes(of: $0).lexicographicallyPrecedes(self.bytes(of: $1)) }
        var sorted = PathList()
        sorted.bytes.reserveCapacity(bytes.count)
        sorted.starts.reserveCapacity(starts.count)
        for i in order { sorted.append(bytes(of: i)) }
        return sorted
    }

    /// The first folder of a path, or nil where there is none.
    func topFolder(of index: Int) -> ArraySlice<UInt8>? {
        let path = bytes(of: Int32(index))
        return path.firstIndex(of: UInt8(ascii: "/")).map { path[..<$0] }
    }

    private func bytes(of index: Int32) -> ArraySlice<UInt8> { bytes[starts[Int(index)]..<starts[Int(index) + 1]] }
}
