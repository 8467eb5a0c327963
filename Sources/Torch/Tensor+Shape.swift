extension Tensor {
    /// The same elements in another shape; one size may be −1, worked out from the rest.
    public func reshaped(_ shape: [Int]) -> Tensor { Operator.reshape(.tensor(self), .ints(shape)) }

    /// Dimensions from `start` to `end` run together.
    public func flattened(from start: Int = 0, to end: Int = -1) -> Tensor {
        Operator.flatten(.tensor(self), .int(start), .int(end))
    }

    /// Dimensions in another order.
    public func permuted(_ dimensions: [Int]) -> Tensor { Operator.permute(.tensor(self), .ints(dimensions)) }

    /// Two dimensions swapped.
    public func transposed(_ a: Int = -2, _ b: Int = -1) -> Tensor {
        Operator.transpose(.tensor(self), .int(a), .int(b))
    }

    /// With a new dimension of size 1.
    public func unsqueezed(_ dimension: Int) -> Tensor { Operator.unsqueeze(.tensor(self), .int(dimension)) }

    /// Without a dimension of size 1.
    public func squeezed(_ dimension: Int) -> Tensor { Operator.squeeze(.tensor(self), .int(dimension)) }

    /// Broadcast to `shape` without a copy; −1 keeps a size.
    public func expanded(_ shape: [Int]) -> Tensor { Operator.expand(.tensor(self), .ints(shape)) }

    /// A part of one dimension, sharing memory.
    public func narrowed(_ dimension: Int, _ range: Range<Int>) -> Tensor {
        Operator.narrow(.tensor(self), .int(dimension), .int(range.lowerBound), .int(range.count))
    }

    /// One index of one dimension, which goes away; shares memory.
    public func selected(_ dimension: Int, _ index: Int) -> Tensor {
        Operator.select(.tensor(self), .int(dimension), .int(index))
    }

    /// Split along a dimension into parts of the given sizes, sharing memory.
    public func split(_ sizes: [Int], dimension: Int = 0) -> [Tensor] {
        Operator.split.tensors(.tensor(self), .ints(sizes), .int(dimension), capacity: Swift.max(sizes.count, 1))
    }

    /// Zeros (or `value`) added at the edges: (before, after) of the last dimension, then of the one before it, …
    public func padded(_ amounts: [Int], value: Double = 0) -> Tensor {
        Operator.pad(.tensor(self), .ints(amounts), .double(value))
    }

    /// Mirrored along dimensions.
    public func flipped(_ dimensions: [Int]) -> Tensor { Operator.flip(.tensor(self), .ints(dimensions)) }
}

// MARK: - Gathering and scattering

extension Tensor {
    /// Rows (along `dimension`) named by an int64 vector.
    public func indexSelected(_ dimension: Int, _ index: Tensor) -> Tensor {
        Operator.indexSelect(.tensor(self), .int(dimension), .tensor(index))
    }

    /// Advanced indexing, a tensor (int64, or a mask of bools) a leading dimension; nil takes all of it.
    public subscript(_ indices: Tensor?...) -> Tensor {
        Operator.index(.tensor(self), .optionalTensors(indices))
    }

    /// out[i][j] = self[i][index[i][j]], for dimension 1; likewise for others.
    public func gathered(_ dimension: Int, _ index: Tensor) -> Tensor {
        Operator.gather(.tensor(self), .int(dimension), .tensor(index))
    }

    /// The inverse of `gathered`, in a copy: self with `source` written where `index` says.
    public func scattered(_ dimension: Int, _ index: Tensor, _ source: Tensor) -> Tensor {
        Operator.scatter(.tensor(self), .int(dimension), .tensor(index), .tensor(source))
    }

    /// A copy with rows of `source` added at the rows named by `index`.
    public func indexAdded(_ dimension: Int, _ index: Tensor, _ source: Tensor) -> Tensor {
        Operator.indexAdd(.tensor(self), .int(dimension), .tensor(index), .tensor(source))
    }

    /// Places of the elements that are not zero, (count, rank) int64.
    public func nonzero() -> Tensor { Operator.nonzero(.tensor(self)) }

    /// Each integer as a row with a one at its place.
    public func oneHot(_ classes: Int) -> Tensor { Operator.oneHot(.tensor(self), .int(classes)) }
}

extension Operator {
    static let reshape = Operator("aten::reshape")
    static let flatten = Operator("aten::flatten", "using_ints")
    static let permute = Operator("aten::permute")
    static let transpose = Operator("aten::transpose", "int")
    static let unsqueeze = Operator("aten::unsqueeze")
    static let squeeze = Operator("aten::squeeze", "dim")
    static let expand = Operator("aten::expand")
    static let narrow = Operator("aten::narrow")
    static let select = Operator("aten::select", "int")
    static let split = Operator("aten::split_with_sizes")
    static let pad = Operator("aten::constant_pad_nd")
    static let flip = Operator("aten::flip")
    static let indexSelect = Operator("aten::index_select")
    static let index = Operator("aten::index", "Tensor")
    static let gather = Operator("aten::gather")
    static let scatter = Operator("aten::scatter", "src")
    static let indexAdd = Operator("aten::index_add")
    static let nonzero = Operator("aten::nonzero")
    static let oneHot = Operator("aten::one_hot")
}
