import Foundation
import Support
import Torch

/// A backbone's weights out of a file of any format that `WeightFile` reads, by any names that `NetworkWeights` knows: whole, and
/// of a network that this suite has.
public struct BackboneWeights: Sendable {
    public let weights: NetworkWeights
    /// The network that they are of, its strides where the file's convention has them.
    public let options: any BackboneOptions
    /// What the file says that made it, or its name without what follows the last dot.
    public let name: String

    public var path: String { weights.path }

    /// - Parameter path: a file or a folder, as `WeightFile` takes it.
    /// - Throws: `UserError` when it holds no backbone, a part of one, or one that this suite does not have.
    public init(_ path: String) throws {
        let file = try WeightFile(path)
        weights = try NetworkWeights(file)
        options = try weights.usableArchitecture()
        name =
            file.notes.first { $0.name == "method" }?.value
            ?? URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    }

    /// By this suite's names, for a network of `wanted`.
    ///
    /// - Parameter wanted: a recipe's backbone. Where its strides are does not matter here: no weight tells.
    /// - Throws: `UserError` naming both networks where these weights are of another one.
    public func state(for wanted: any BackboneOptions) throws -> StateDict {
        guard options.word == wanted.word, options.width == wanted.width else {
            throw UserError(
                "holds a \(options.title), and the recipe's backbone is a \(wanted.title)", file: path,
                remedy: "say backbone: \(options.word), width: \(options.width) in the recipe, or give it weights of its own backbone")
        }
        return state()
    }

    private func state() -> StateDict {
        var state = StateDict()
        for (name, tensor) in weights.backbone { state[name] = tensor.tensor() }
        return state
    }

    /// The network with these weights, on the CPU.
    ///
    /// - Throws: `UserError` when a tensor does not fit.
    public func makeNetwork() throws -> any Backbone {
        let network = options.makeNetwork(normalization: .bn, frozenParts: 0, using: Generator(seed: 0))
        try network.load(state(), file: path)
        return network
    }

    /// A line of what was found, for people.
    public var summary: String {
        let below = weights.prefix.isEmpty ? "" : " below \(weights.prefix)"
        var line = "\(path): \(options.title), \(weights.layout.title) names\(below), \(weights.backbone.count) tensors"
        if !weights.left.isEmpty { line += "; left: \(NetworkWeights.gathered(weights.left))" }
        if !weights.others.isEmpty { line += "; not taken: \(weights.others.joined(separator: ", "))" }
        return line
    }
}

extension NetworkWeights {
    /// The backbone's network, whole and one that this suite has.
    ///
    /// - Throws: `UserError` that says what it is instead, or what it lacks.
    public func usableArchitecture() throws -> any BackboneOptions {
        let missing = missingInBackbone
        guard missing.isEmpty else {
            throw notUsable("holds a part of a \(architecture.title): it has no \(missing.firstNames)")
        }
        return try knownArchitecture()
    }

    /// The backbone's network, whole or not, its strides where the file's convention has them.
    ///
    /// - Throws: `UserError` where it is none that this suite has.
    public func knownArchitecture() throws -> any BackboneOptions {
        let architecture = architecture
        guard var options = architecture.options else { throw notUsable(architecture.problem ?? "holds no backbone that is known") }
        if var resNet = options as? ResNetOptions {
            resNet.strideIn1x1 = convention.strideIn1x1 && resNet.depth.usesBottlenecks
            options = resNet
        }
        return options
    }

    private func notUsable(_ problem: String) -> UserError {
        UserError(
            problem, file: path, remedy: "ediy weights inspect says what is in it; known are \(Backbones.words.joined(separator: ", "))")
    }
}
