import Torch

/// Changes parameters in place by their gradients.
public protocol Optimizer {
    var parameters: [StateEntry] { get }

    /// One step with the gradients that are there. Parameters without one stay as they are.
    func step(learningRate: Double)

    /// What a checkpoint must hold to go on as if nothing had happened, restorable in place.
    var state: [StateEntry] { get }
}

extension Optimizer {
    /// Forgets all gradients.
    public func zeroGrad() {
        for parameter in parameters { parameter.tensor.grad = nil }
    }
}

/// Velocities, one a parameter.
struct Momentum {
    let factor: Double
    let buffers: [Tensor]

    init(_ factor: Double, _ parameters: [StateEntry]) {
        self.factor = factor
        buffers = withoutGrad { parameters.map { $0.tensor.zerosLike() } }
    }

    /// v ← factor · v + update, in place; gives v.
    func accumulate(_ update: Tensor, _ index: Int) -> Tensor {
        let velocity = buffers[index]
        velocity.multiplyInPlace(factor)
        velocity.addInPlace(update)
        return velocity
    }

    func state(_ parameters: [StateEntry]) -> [StateEntry] {
        zip(parameters, buffers).map { StateEntry("momentum.\($0.name)", $1, .buffer) }
    }
}
