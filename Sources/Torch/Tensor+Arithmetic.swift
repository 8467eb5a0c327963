extension Tensor {
    /// e to each element.
    public func exp() -> Tensor { Operator.exp(.tensor(self)) }

    /// Natural logarithms.
    public func log() -> Tensor { Operator.log(.tensor(self)) }

    /// Square roots.
    public func sqrt() -> Tensor { Operator.sqrt(.tensor(self)) }

    /// 1 / √x.
    public func rsqrt() -> Tensor { Operator.rsqrt(.tensor(self)) }

    /// Absolute values.
    public func abs() -> Tensor { Operator.abs(.tensor(self)) }

    /// 1 / (1 + e⁻ˣ).
    public func sigmoid() -> Tensor { Operator.sigmoid(.tensor(self)) }

    /// max(x, 0).
    public func relu() -> Tensor { Operator.relu(.tensor(self)) }

    /// Hyperbolic tangents.
    public func tanh() -> Tensor { Operator.tanh(.tensor(self)) }

    /// Rounded down.
    public func floor() -> Tensor { Operator.floor(.tensor(self)) }

    /// Rounded up.
    public func ceil() -> Tensor { Operator.ceil(.tensor(self)) }

    /// Rounded to the nearest, halves to even.
    public func round() -> Tensor { Operator.round(.tensor(self)) }

    /// Sines.
    public func sin() -> Tensor { Operator.sin(.tensor(self)) }

    /// Cosines.
    public func cos() -> Tensor { Operator.cos(.tensor(self)) }

    /// -1, 0 or 1.
    public func sign() -> Tensor { Operator.sign(.tensor(self)) }

    /// Where elements are neither NaN nor infinite.
    public func isFinite() -> Tensor { Operator.isFinite(.tensor(self)) }

    /// Each element with the other sign.
    public static prefix func - (x: Tensor) -> Tensor { Operator.neg(.tensor(x)) }

    /// Elements kept within the bounds.
    public func clamped(min: Double? = nil, max: Double? = nil) -> Tensor {
        Operator.clamp(
            .tensor(self), min.map(Argument.double) ?? .none, max.map(Argument.double) ?? .none)
    }

    /// Each element to the power of `exponent`.
    public func pow(_ exponent: Double) -> Tensor { Operator.pow(.tensor(self), .double(exponent)) }
}

// MARK: - Two operands, with broadcasting

/// Shapes are aligned at their last dimensions; of two sizes in one place one is 1 or both are equal, else the program stops. A
/// number counts as a tensor of one element, and does not change the dtype of floating-point tensors.
extension Tensor {
    public static func + (a: Tensor, b: Tensor) -> Tensor { Operator.add(.tensor(a), .tensor(b)) }
    public static func + (a: Tensor, b: Double) -> Tensor { Operator.addScalar(.tensor(a), .double(b)) }
    public static func - (a: Tensor, b: Tensor) -> Tensor { Operator.sub(.tensor(a), .tensor(b)) }
    public static func - (a: Tensor, b: Double) -> Tensor { Operator.subScalar(.tensor(a), .double(b)) }
    public static func * (a: Tensor, b: Tensor) -> Tensor { Operator.mul(.tensor(a), .tensor(b)) }
    public static func * (a: Tensor, b: Double) -> Tensor { Operator.mulScalar(.tensor(a), .double(b)) }
    public static func / (a: Tensor, b: Tensor) -> Tensor { Operator.div(.tensor(a), .tensor(b)) }
    public static func / (a: Tensor, b: Double) -> Tensor { Operator.divScalar(.tensor(a), .double(b)) }
    public static func + (a: Double, b: Tensor) -> Tensor { b + a }
    public static func * (a: Double, b: Tensor) -> Tensor { b * a }
    public static func - (a: Double, b: Tensor) -> Tensor { -b + a }
    public static func / (a: Double, b: Tensor) -> Tensor { Operator.reciprocal(.tensor(b)) * a }

    // Comparisons, element by element: tensors of bools.

    public static func .== (a: Tensor, b: Tensor) -> Tensor { Operator.eq(.tensor(a), .tensor(b)) }
    public static func .== (a: Tensor, b: Double) -> Tensor { Operator.eqScalar(.tensor(a), .double(b)) }
    public static func .!= (a: Tensor, b: Tensor) -> Tensor { Operator.ne(.tensor(a), .tensor(b)) }
    public static func .!= (a: Tensor, b: Double) -> Tensor { Operator.neScalar(.tensor(a), .double(b)) }
    public static func .< (a: Tensor, b: Tensor) -> Tensor { Operator.lt(.tensor(a), .tensor(b)) }
    public static func .< (a: Tensor, b: Double) -> Tensor { Operator.ltScalar(.tensor(a), .double(b)) }
    public static func .<= (a: Tensor, b: Tensor) -> Tensor { Operator.le(.tensor(a), .tensor(b)) }
    public static func .<= (a: Tensor, b: Double) -> Tensor { Operator.leScalar(.tensor(a), .double(b)) }
    public static func .> (a: Tensor, b: Tensor) -> Tensor { Operator.gt(.tensor(a), .tensor(b)) }
    public static func .> (a: Tensor, b: Double) -> Tensor { Operator.gtScalar(.tensor(a), .double(b)) }
    public static func .>= (a: Tensor, b: Tensor) -> Tensor { Operator.ge(.tensor(a), .tensor(b)) }
    public static func .>= (a: Tensor, b: Double) -> Tensor { Operator.geScalar(.tensor(a), .double(b)) }

    // Logic, element by element; what is not zero counts as true.

    public static func .& (a: Tensor, b: Tensor) -> Tensor { Operator.logicalAnd(.tensor(a), .tensor(b)) }
    public static func .| (a: Tensor, b: Tensor) -> Tensor { Operator.logicalOr(.tensor(a), .tensor(b)) }
    public static prefix func .! (a: Tensor) -> Tensor { Operator.logicalNot(.tensor(a)) }

    /// The larger of each pair.
    public static func maximum(_ a: Tensor, _ b: Tensor) -> Tensor { Operator.maximum(.tensor(a), .tensor(b)) }

    /// The smaller of each pair.
    public static func minimum(_ a: Tensor, _ b: Tensor) -> Tensor { Operator.minimum(.tensor(a), .tensor(b)) }

    /// `a` where the condition holds, `b` elsewhere.
    public static func choose(where condition: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
        Operator.choose(.tensor(condition), .tensor(a), .tensor(b))
    }

    /// The matrix product (…, M, K) · (…, K, N) → (…, M, N), batched over leading dimensions.
    public func matmul(_ other: Tensor) -> Tensor { Operator.matmul(.tensor(self), .tensor(other)) }
}

// MARK: - In place

/// What these change, every copy of the tensor sees; leaves that are recorded are changed inside `withoutGrad` alone, else the program
/// stops.
extension Tensor {
    /// self += scale · other, in the memory of self.
    public func addInPlace(_ other: Tensor, scale: Double = 1) {
        // Integers take no real factor, not even 1.
        let factor: Argument = scale == 1 ? .omitted : .double(scale)
        Operator.addInPlace.callAsProcedure(.tensor(self), .tensor(other), .named("alpha", factor))
    }

    /// self *= factor, in the memory of self.
    public func multiplyInPlace(_ factor: Double) {
        Operator.mulScalarInPlace.callAsProcedure(.tensor(self), .double(factor))
    }

    /// self += weight · (end − self), in the memory of self: one step of an exponential moving average.
    public func moveInPlace(towards end: Tensor, by weight: Double) {
        Operator.lerpInPlace.callAsProcedure(.tensor(self), .tensor(end), .double(weight))
    }

    /// Takes over the values of `other`, converted and broadcast.
    public func copyInPlace(_ other: Tensor) {
        Operator.copyInPlace.callAsProcedure(.tensor(self), .tensor(other))
    }

    /// Makes every element `value`.
    public func fillInPlace(_ value: Double) {
        Operator.fillInPlace.callAsProcedure(.tensor(self), .double(value))
    }
}

infix operator .== : ComparisonPrecedence
infix operator .!= : ComparisonPrecedence
infix operator .< : ComparisonPrecedence
infix operator .<= : ComparisonPrecedence
infix operator .> : ComparisonPrecedence
infix operator .>= : ComparisonPrecedence
infix operator .& : LogicalConjunctionPrecedence
infix operator .| : LogicalDisjunctionPrecedence
prefix operator .!

extension Operator {
    static let exp = Operator("aten::exp")
    static let log = Operator("aten::log")
    static let sqrt = Operator("aten::sqrt")
    static let rsqrt = Operator("aten::rsqrt")
    static let abs = Operator("aten::abs")
    static let sigmoid = Operator("aten::sigmoid")
    static let relu = Operator("aten::relu")
    static let tanh = Operator("aten::tanh")
    static let floor = Operator("aten::floor")
    static let ceil = Operator("aten::ceil")
    static let round = Operator("aten::round")
    static let sin = Operator("aten::sin")
    static let cos = Operator("aten::cos")
    static let sign = Operator("aten::sign")
    static let isFinite = Operator("aten::isfinite")
    static let add = Operator("aten::add", "Tensor")
    static let addScalar = Operator("aten::add", "Scalar")
    static let sub = Operator("aten::sub", "Tensor")
    static let subScalar = Operator("aten::sub", "Scalar")
    static let mul = Operator("aten::mul", "Tensor")
    static let mulScalar = Operator("aten::mul", "Scalar")
    static let div = Operator("aten::div", "Tensor")
    static let divScalar = Operator("aten::div", "Scalar")
    static let eq = Operator("aten::eq", "Tensor")
    static let eqScalar = Operator("aten::eq", "Scalar")
    static let ne = Operator("aten::ne", "Tensor")
    static let neScalar = Operator("aten::ne", "Scalar")
    static let lt = Operator("aten::lt", "Tensor")
    static let ltScalar = Operator("aten::lt", "Scalar")
    static let le = Operator("aten::le", "Tensor")
    static let leScalar = Operator("aten::le", "Scalar")
    static let gt = Operator("aten::gt", "Tensor")
    static let gtScalar = Operator("aten::gt", "Scalar")
    static let ge = Operator("aten::ge", "Tensor")
    static let geScalar = Operator("aten::ge", "Scalar")
    static let neg = Operator("aten::neg")
    static let clamp = Operator("aten::clamp")
    static let pow = Operator("aten::pow", "Tensor_Scalar")
    static let reciprocal = Operator("aten::reciprocal")
    static let logicalAnd = Operator("aten::logical_and")
    static let logicalOr = Operator("aten::logical_or")
    static let logicalNot = Operator("aten::logical_not")
    static let maximum = Operator("aten::maximum")
    static let minimum = Operator("aten::minimum")
    static let choose = Operator("aten::where", "self")
    static let matmul = Operator("ediy::matmul")
    static let addInPlace = Operator("aten::add_", "Tensor")
    static let mulScalarInPlace = Operator("aten::mul_", "Scalar")
    static let lerpInPlace = Operator("aten::lerp_", "Scalar")
    static let copyInPlace = Operator("aten::copy_")
    static let fillInPlace = Operator("aten::fill_", "Scalar")
}
