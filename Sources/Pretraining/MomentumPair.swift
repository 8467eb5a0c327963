import Foundation
import NN
import Torch

/// An online network and its target, whose weights follow the online one's as an exponential moving average and get no gradient.
/// Sources: He et al. 2020 (MoCo, arXiv 1911.05722, section 3.2); BYOL (arXiv 2006.07733, section 3.1).
struct MomentumPair<Network> {
    let online: Network
    let target: Network
    private let modules: (online: any Module, target: any Module)

    /// - Parameter make: called twice; the second network takes over the weights of the first.
    init(_ make: () -> Network) where Network: Module {
        self.init(make) { $0 }
    }

    init(_ make: () -> Network) where Network == any Backbone {
        self.init(make) { $0 }
    }

    private init(_ make: () -> Network, asModule: (Network) -> any Module) {
        online = make()
        target = make()
        modules = (asModule(online), asModule(target))
        modules.target.copyState(from: modules.online)
        modules.target.setRequiresGrad(false)
    }

    /// target ← τ · target + (1 − τ) · online, for all that is learned. Running statistics are each network's own.
    ///
    /// - Parameter momentum: τ.
    func follow(momentum: Double) {
        withoutGrad {
            for (mine, theirs) in zip(modules.target.parameters, modules.online.parameters) {
                mine.tensor.moveInPlace(towards: theirs.tensor, by: 1 - momentum)
            }
        }
    }

    func state(_ prefix: String) -> [StateEntry] {
        modules.online.state("\(prefix)online.")
            + modules.target.state("\(prefix)target.").map { StateEntry($0.name, $0.tensor, .buffer) }
    }
}

/// The target's momentum τ at a step: from `base` to 1 by half a cosine. Source: arXiv 2006.07733, section 3.3.
public func targetMomentum(base: Double, iteration: Int, of iterations: Int) -> Double {
    1 - (1 - base) * (cos(.pi * Double(iteration) / Double(iterations)) + 1) / 2
}
