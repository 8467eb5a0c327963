// One operator over the tensors of many parameters, libtorch's `_foreach`: on a GPU a few kernels instead of one a tensor. To the bit
// what the operators of single tensors give on CPUs. Lists that belong together have one length, and each pair one shape; else the
// program stops. Empty lists are nothing to do.

extension Tensor {
    /// Each tensor *= factor, in place.
    public static func multiplyInPlace(_ tensors: [Tensor], by factor: Double) {
        guard !tensors.isEmpty else { return }
        Operator.foreachMulScalarInPlace.callAsProcedure(.tensors(tensors), .double(factor))
    }

    /// Each tensor *= its factor, in place.
    public static func multiplyInPlace(_ tensors: [Tensor], by factors: [Tensor]) {
        guard !tensors.isEmpty else { return }
        Operator.foreachMulInPlace.callAsProcedure(.tensors(tensors), .tensors(factors))
    }

    /// Each tensor += scale · its other one, in place.
    public static func addInPlace(_ tensors: [Tensor], _ others: [Tensor], scale: Double = 1) {
        guard !tensors.isEmpty else { return }
        let factor: Argument = scale == 1 ? .omitted : .double(scale)
        Operator.foreachAddInPlace.callAsProcedure(.tensors(tensors), .tensors(others), .named("alpha", factor))
    }

    /// Each tensor += weight · (its end − itself), in place: a step of exponential moving averages.
    public static func moveInPlace(_ tensors: [Tensor], towards ends: [Tensor], by weight: Double) {
        precondition(tensors.count == ends.count, "\(tensors.count) tensors and \(ends.count) ends")
        guard !tensors.isEmpty else { return }
        // Of libtorch 2 on.
        guard let lerp = Operator.foreachLerpInPlace else {
            for (tensor, end) in zip(tensors, ends) { tensor.moveInPlace(towards: end, by: weight) }
            return
        }
        lerp.callAsProcedure(.tensors(tensors), .tensors(ends), .double(weight))
    }

    /// √Σx² of each tensor, of rank 0.
    public static func norms(_ tensors: [Tensor]) -> [Tensor] {
        guard !tensors.isEmpty else { return [] }
        return Operator.foreachNorm.tensors(.tensors(tensors), .int(2), capacity: tensors.count)
    }
}

extension Operator {
    static let foreachMulScalarInPlace = Operator("aten::_foreach_mul_", "Scalar")
    static let foreachMulInPlace = Operator("aten::_foreach_mul_", "List")
    static let foreachAddInPlace = Operator("aten::_foreach_add_", "List")
    static let foreachLerpInPlace = Operator(ifThere: "aten::_foreach_lerp_", "Scalar")
    static let foreachNorm = Operator("aten::_foreach_norm", "Scalar")
}
