/// Dimensions count from the outermost, negative ones from the last; one that the tensor has not stops the program. Those reduced go
/// away, or stay with size 1 where they are kept.
extension Tensor {
    /// The sum of all elements, of rank 0.
    public func sum() -> Tensor { Operator.sum(.tensor(self)) }

    /// Sums over dimensions.
    public func sum(_ dimensions: [Int], keepDimensions: Bool = false) -> Tensor {
        Operator.sumOver(.tensor(self), .ints(dimensions), .bool(keepDimensions))
    }

    /// The mean of all elements, of rank 0.
    public func mean() -> Tensor { Operator.mean(.tensor(self)) }

    /// Means over dimensions.
    public func mean(_ dimensions: [Int], keepDimensions: Bool = false) -> Tensor {
        Operator.meanOver(.tensor(self), .ints(dimensions), .bool(keepDimensions))
    }

    /// The variance over dimensions; `unbiased` divides by n − 1.
    public func variance(_ dimensions: [Int], unbiased: Bool = true, keepDimensions: Bool = false) -> Tensor {
        Operator.variance(.tensor(self), .ints(dimensions), .bool(unbiased), .bool(keepDimensions))
    }

    /// The largest element.
    public func max() -> Tensor { Operator.max(.tensor(self)) }

    /// The smallest element.
    public func min() -> Tensor { Operator.min(.tensor(self)) }

    /// The largest along a dimension and where they are (int64); the first of equals on CPU.
    public func max(_ dimension: Int, keepDimension: Bool = false) -> (values: Tensor, indices: Tensor) {
        pair(Operator.maxOver.tensors(.tensor(self), .int(dimension), .bool(keepDimension)))
    }

    /// The smallest along a dimension and where they are (int64).
    public func min(_ dimension: Int, keepDimension: Bool = false) -> (values: Tensor, indices: Tensor) {
        pair(Operator.minOver.tensors(.tensor(self), .int(dimension), .bool(keepDimension)))
    }

    /// Where the largest along a dimension is, int64.
    public func argmax(_ dimension: Int) -> Tensor { Operator.argmax(.tensor(self), .int(dimension)) }

    /// Where the smallest along a dimension is, int64.
    public func argmin(_ dimension: Int) -> Tensor { Operator.argmin(.tensor(self), .int(dimension)) }

    /// The k largest (or smallest) along a dimension, in order, and where they are.
    public func topK(_ k: Int, _ dimension: Int = -1, largest: Bool = true) -> (values: Tensor, indices: Tensor) {
        pair(Operator.topk.tensors(.tensor(self), .int(k), .int(dimension), .bool(largest), .bool(true)))
    }

    /// Sorted along a dimension, equals in the order they came in, and where each came from.
    public func sorted(_ dimension: Int = -1, descending: Bool = false) -> (values: Tensor, indices: Tensor) {
        pair(
            Operator.sort.tensors(
                .tensor(self), .named("stable", .bool(true)), .named("dim", .int(dimension)),
                .named("descending", .bool(descending))))
    }

    /// Sums up to and with each element.
    public func cumulativeSum(_ dimension: Int) -> Tensor { Operator.cumsum(.tensor(self), .int(dimension)) }

    /// √Σx² over dimensions.
    public func norm(_ dimensions: [Int], keepDimensions: Bool = false) -> Tensor {
        Operator.norm(.tensor(self), .int(2), .ints(dimensions), .bool(keepDimensions))
    }

    /// √Σx² over all elements.
    public func norm() -> Tensor { Operator.norm(.tensor(self), .int(2)) }

    /// Whether any element along a dimension is true, or not zero.
    public func any(_ dimension: Int) -> Tensor { Operator.anyOver(.tensor(self), .int(dimension)) }

    /// Whether all elements along a dimension are true, or not zero.
    public func all(_ dimension: Int) -> Tensor { Operator.allOver(.tensor(self), .int(dimension)) }

    /// Whether any element is true, or not zero.
    public func any() -> Tensor { Operator.any(.tensor(self)) }

    /// Whether all elements are true, or not zero.
    public func all() -> Tensor { Operator.all(.tensor(self)) }

    private func pair(_ tensors: [Tensor]) -> (values: Tensor, indices: Tensor) { (tensors[0], tensors[1]) }
}

extension Operator {
    static let sum = Operator("aten::sum")
    static let sumOver = Operator("aten::sum", "dim_IntList")
    static let mean = Operator("aten::mean")
    static let meanOver = Operator("aten::mean", "dim")
    static let variance = Operator("aten::var", "dim")
    static let max = Operator("aten::max")
    static let min = Operator("aten::min")
    static let maxOver = Operator("aten::max", "dim")
    static let minOver = Operator("aten::min", "dim")
    static let argmax = Operator("aten::argmax")
    static let argmin = Operator("aten::argmin")
    static let topk = Operator("aten::topk")
    static let sort = Operator("aten::sort", "stable")
    static let cumsum = Operator("aten::cumsum")
    static let norm = Operator("aten::linalg_vector_norm")
    static let anyOver = Operator("aten::any", "dim")
    static let allOver = Operator("aten::all", "dim")
    static let any = Operator("aten::any")
    static let all = Operator("aten::all")
}
