import NN
import Testing
import Torch

/// What options say of a network before it is made is what the network is, for every member of every family.
@Suite struct BackboneTests {
    private func options(_ word: String, width: Int = 8) throws -> any BackboneOptions {
        var options = try #require(Backbones.options(word))
        options.width = width
        return options
    }

    @Test func everyWordNamesOneBackbone() throws {
        #expect(Set(Backbones.words).count == Backbones.words.count && Backbones.words.contains("r50"))
        for word in Backbones.words { #expect(try #require(Backbones.options(word)).word == word) }
        #expect(Backbones.options("r51") == nil && Backbones.options("R50") == nil && Backbones.options("") == nil)
        #expect(Backbones.options("r152")?.title == "ResNet-152, width 64")
    }

    @Test(arguments: Backbones.words)
    func mapsAreThoseOfTheLevels(_ word: String) throws {
        let options = try options(word)
        let network = options.makeNetwork(normalization: .bn, frozenParts: 0, using: Generator(seed: 1))
        #expect(network.levels == options.levels && network.device == .cpu)
        let images = Tensor.ones([2, 3, 64, 96])
        let maps = withoutGrad { network.featureMaps(images, .evaluate) }
        #expect(maps.map(\.shape) == options.levels.map { [2, $0.channels, 64 / $0.stride, 96 / $0.stride] })
        let last = withoutGrad { network.lastFeatureMap(images, .evaluate) }
        #expect(last.floats == maps.last?.floats)
        let sizes = options.cost(at: Cost.MapSize(height: 64, width: 96), normalization: .bn, frozenParts: 0).maps
        #expect(sizes.map(\.height) == maps.map { $0.size(2) } && sizes.map(\.width) == maps.map { $0.size(3) })
    }

    @Test(arguments: Backbones.words)
    func parametersAreThoseCounted(_ word: String) throws {
        let options = try options(word)
        for frozen in 0...options.partCount {
            let network = options.makeNetwork(normalization: .bn, frozenParts: frozen, using: Generator(seed: 1))
            let cost = options.cost(at: Cost.MapSize(height: 64, width: 64), normalization: .bn, frozenParts: frozen)
            #expect(cost.parts.count == options.partCount)
            #expect(cost.total.parameters == network.parameterCount, "\(frozen) parts frozen")
        }
    }

    @Test(arguments: Backbones.words)
    func theLastStageContinuesTheMapBeforeIt(_ word: String) throws {
        guard let options = try options(word) as? any StagedBackboneOptions else { return }
        let network = options.makeNetwork(normalization: .bn, frozenParts: 0, using: Generator(seed: 1))
        let images = Tensor.ones([1, 3, 64, 64])
        let (before, whole) = withoutGrad {
            (network.featureMapBeforeLastStage(images, .evaluate), network.lastFeatureMap(images, .evaluate))
        }
        #expect(before.size(1) == options.levelBeforeLastStage.channels)
        #expect(withoutGrad { network.lastStage(before, .evaluate) }.floats == whole.floats)
        let pooled = Cost.MapSize(height: 7, width: 7)
        let (cost, map) = options.lastStageCost(at: pooled, normalization: .bn, frozenParts: 0)
        let all = options.cost(at: Cost.MapSize(height: 112, width: 112), normalization: .bn, frozenParts: 0)
        #expect(cost == all.parts.last && map == all.maps.last)
    }
}
