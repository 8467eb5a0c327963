import CTorchAPI

/// A kernel of our own for what libtorch can do too; which one runs is decided by the operator (Sources/CTorch/README.md).
public enum Kernel: UInt32, Sendable, CaseIterable {
    /// Rows by a matrix: linear layers and 1×1 convolutions.
    case product = 0
    /// A 3×3 convolution by F(2×2, 3×3), in float32.
    case filtered2x2 = 1
    /// A 3×3 convolution by F(4×4, 3×3), of bfloat16.
    case filtered4x4 = 2
    /// Batch normalisation, with sum and ReLU.
    case batchNorm = 3

    /// How often it ran so far in operators that this thread called, forward and backward counting one each.
    public var runs: Int { Int(LibTorch.table.pointee.kernel_runs(EdiyKernel(rawValue: rawValue))) }
}
