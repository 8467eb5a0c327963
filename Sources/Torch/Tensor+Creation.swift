extension Tensor {
    /// Zeros.
    public static func zeros(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) -> Tensor {
        full(shape, 0, dtype: dtype, device: device)
    }

    /// Ones.
    public static func ones(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) -> Tensor {
        full(shape, 1, dtype: dtype, device: device)
    }

    /// `value` everywhere. Where there is no memory for it the program stops with one line, as for all that makes tensors.
    public static func full(_ shape: [Int], _ value: Double, dtype: DType = .float32, device: Device = .cpu) -> Tensor {
        Operator.full(
            .ints(shape), .double(value), .named("dtype", .dtype(dtype)), .named("device", .string(device.description)))
    }

    /// Zeros of this shape, dtype, device and memory format.
    public func zerosLike() -> Tensor { Operator.zerosLike(.tensor(self)) }

    /// Ones of this shape, dtype, device and memory format.
    public func onesLike() -> Tensor { Operator.onesLike(.tensor(self)) }

    /// `range`'s numbers as int64.
    public static func arange(_ range: Range<Int>, device: Device = .cpu) -> Tensor {
        Operator.arange(
            .int(range.lowerBound), .int(range.upperBound), .named("device", .string(device.description)))
    }

    /// A scalar of rank 0.
    public init(scalar value: Double, dtype: DType = .float32, device: Device = .cpu) {
        self = .full([], value, dtype: dtype, device: device)
    }

    /// Normal numbers from `generator`, as `torch.empty(shape).normal_(mean, deviation, generator)`.
    public static func normal(
        _ shape: [Int], mean: Double = 0, deviation: Double = 1, generator: Generator, device: Device = .cpu
    ) -> Tensor {
        let tensor = zeros(shape, device: device)
        Operator.normalInPlace.callAsProcedure(
            .tensor(tensor), .double(mean), .double(deviation), .named("generator", .generator(generator)))
        return tensor
    }

    /// Uniform numbers in [low, high) from `generator`, as `torch.empty(shape).uniform_(low, high, generator)`.
    public static func uniform(
        _ shape: [Int], _ low: Double = 0, _ high: Double = 1, generator: Generator, device: Device = .cpu
    ) -> Tensor {
        let tensor = zeros(shape, device: device)
        Operator.uniformInPlace.callAsProcedure(
            .tensor(tensor), .double(low), .double(high), .named("generator", .generator(generator)))
        return tensor
    }

    /// Joins along an existing dimension.
    public static func concatenated(_ tensors: [Tensor], dimension: Int = 0) -> Tensor {
        Operator.cat(.tensors(tensors), .int(dimension))
    }

    /// Joins along a new dimension.
    public static func stacked(_ tensors: [Tensor], dimension: Int = 0) -> Tensor {
        Operator.stack(.tensors(tensors), .int(dimension))
    }
}

extension Tensor {
    /// The same values as `dtype`.
    public func to(_ dtype: DType) -> Tensor {
        dtype == self.dtype ? self : Operator.toDType(.tensor(self), .dtype(dtype))
    }

    /// The same values on `device`.
    public func to(_ device: Device) -> Tensor {
        device == self.device ? self : Operator.toDevice(.tensor(self), .string(device.description), .dtype(dtype))
    }

    /// The same values laid out row-major, or with channels innermost.
    public func contiguous(_ format: MemoryFormat = .contiguous) -> Tensor {
        isContiguous(format) ? self : Operator.contiguous(.tensor(self), .named("memory_format", .int(Int(format.rawValue))))
    }

    /// Makes this tensor, for all who hold it, look at the memory of `other`.
    public func replaceStorage(_ other: Tensor) {
        Operator.setData.callAsProcedure(.tensor(self), .tensor(other))
    }

    /// A copy in memory of its own.
    public func cloned() -> Tensor { Operator.clone(.tensor(self)) }
}

extension Operator {
    static let full = Operator("aten::full")
    static let zerosLike = Operator("aten::zeros_like")
    static let onesLike = Operator("aten::ones_like")
    static let arange = Operator("aten::arange", "start")
    static let normalInPlace = Operator("aten::normal_")
    static let uniformInPlace = Operator("aten::uniform_")
    static let cat = Operator("aten::cat")
    static let stack = Operator("aten::stack")
    static let toDType = Operator("aten::to", "dtype")
    static let toDevice = Operator("aten::to", "device")
    static let contiguous = Operator("aten::contiguous")
    static let setData = Operator("aten::set_data")
    static let clone = Operator("aten::clone")
}
