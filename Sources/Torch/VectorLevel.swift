import CTorchAPI

/// The vector instructions that loops of our own are compiled for, each level with those before it. What libtorch and OpenBLAS use is
/// theirs to choose, by ATEN_CPU_CAPABILITY and OPENBLAS_CORETYPE.
///
/// Where nothing is said the best that the processor has is used. EDIY_VECTOR_LEVEL in the environment (`default`, `avx2`, `avx512`)
/// has a program use no more; `withVectorLevel` a part of it.
public enum VectorLevel: UInt32, Sendable, CaseIterable, Comparable {
    /// What every processor of the architecture has.
    case `default` = 0
    /// And FMA.
    case avx2 = 1
    /// F, BW, DQ and VL. Below it, mixed precision on a CPU rounds what products take and computes in float32.
    case avx512 = 2

    /// The best that this processor has.
    public static var processor: VectorLevel { .init(LibTorch.table.pointee.processor_vector_level()) }

    init(_ level: EdiyVectorLevel) { self = VectorLevel(rawValue: level.rawValue) ?? .default }

    public static func < (a: VectorLevel, b: VectorLevel) -> Bool { a.rawValue < b.rawValue }
}

/// Runs `body` with loops of our own at `level`, or the processor's best where that is less. Of the calling thread, and of the threads
/// that its operators use.
public func withVectorLevel<R>(_ level: VectorLevel, _ body: () throws -> R) rethrows -> R {
    let before = LibTorch.table.pointee.set_vector_level(EdiyVectorLevel(rawValue: level.rawValue))
    defer { _ = LibTorch.table.pointee.set_vector_level(before) }
    return try body()
}
