import DataLoading
import NN
import Torch
import Training

/// A way to pretrain a backbone from two views of unlabeled images.
public protocol PretrainingMethod {
    /// What is kept at the end.
    var backbone: any Backbone { get }
    /// Everything that a step changes.
    var state: [StateEntry] { get }
    /// What the optimizer changes.
    var parameters: [StateEntry] { get }

    func losses(_ views: ViewPair) -> [Loss]

    /// Moves the targets towards the online networks; `momentum` is τ.
    func updateTargets(momentum: Double)
}

/// An online network and its target, whose weights follow the online one's as a moving average and get no gradient.
struct Followed<Network: Module>: Module {
    let online: Network
    let target: Network

    /// - Parameter make: called twice; the second network takes over the weights of the first.
    init(_ make: () -> Network) {
        online = make()
        target = make()
        target.copyState(from: online)
        target.setRequiresGrad(false)
    }

    /// target ← τ · target + (1 − τ) · online, for all that is learned. Running statistics are each network's own.
    func follow(momentum: Double) {
        withoutGrad {
            for (mine, theirs) in zip(targetWeights, online.parameters) {
                mine.moveInPlace(towards: theirs.tensor, by: 1 - momentum)
            }
        }
    }

    private var targetWeights: [Tensor] { target.parameters.map(\.tensor) }

    func state(_ prefix: String) -> [StateEntry] {
        online.state("\(prefix)online.")
            + target.state("\(prefix)target.").map { StateEntry($0.name, $0.tensor, .buffer) }
    }
}
