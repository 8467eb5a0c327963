import NN
import Torch

extension ProcessGroup {
    /// Every parameter's gradient becomes the mean of all processes' ones: of losses that are means over equal parts of a batch,
    /// the gradient of the mean over the batch. A gradient that is missing counts as 0, so that all processes send the same.
    func averageGradients(of parameters: [StateEntry]) throws {
        let gradients = parameters.map { parameter -> Tensor in
            if let gradient = parameter.tensor.grad { return gradient }
            let zero = withoutGrad { parameter.tensor.zerosLike() }
            parameter.tensor.grad = zero
            return zero
        }
        try allReduce(gradients, scale: 1 / Double(size))
    }
}
