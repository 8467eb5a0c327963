/// How the dimensions of an image batch (N, C, H, W) lie in memory, numbered as torch numbers them.
public enum MemoryFormat: Int32, Sendable {
    /// Row-major: W innermost.
    case contiguous = 0
    /// As the operand's.
    case preserve = 1
    /// Channels innermost: what the convolutions of CPUs and of tensor cores are fastest on.
    case channelsLast = 2
}
