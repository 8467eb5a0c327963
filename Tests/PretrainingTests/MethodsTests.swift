import NN
import Pretraining
import Recipes
import Testing
import Torch

/// What the table of methods says of each, against what its networks are.
@Suite struct MethodsTests {
    private let recipe = "{hidden_size: 16, projection_size: 8, regions: {grid: 2, hidden_size: 12, projection_size: 4}}"

    private var options: PretrainingOptions {
        var options = PretrainingOptions()
        options.backbone = ResNetOptions(.r18, width: 8)
        options.imageSize = 64
        return options
    }

    private func method(_ word: String) throws -> any MethodOptions {
        var method = try #require(Methods.options(word))
        try method.read(RecipeSection(text: recipe))
        return method
    }

    @Test func namesAreTheirOwn() {
        #expect(Set(Methods.words).count == Methods.all.count && Set(Methods.all.map { $0.title }).count == Methods.all.count)
        #expect(Methods.all.allSatisfy { !$0.title.isEmpty && $0.citation.hasPrefix("arXiv ") })
        #expect(Methods.options("simclr") == nil)
        #expect(Methods.words.contains(Methods.baseline.word) && Methods.words.contains(Methods.candidate.word))
    }

    @Test(arguments: Methods.words)
    func aMethodIsWhatTheTableSays(_ word: String) throws {
        let own = try method(word)
        let network: any PretrainingMethod = own.makeMethod(options, using: Generator(seed: 0))
        let generator = Generator(seed: 1)
        let views = own.views(options).map { Tensor.normal([2, 3, $0.crop.size, $0.crop.size], generator: generator) }
        #expect(network.losses(views).map(\.name) == type(of: own).lossTitles.map(\.name))
        let cost = own.cost(options)
        #expect(cost.learned.parameters == network.parameters.reduce(0) { $0 + $1.tensor.count })
        #expect(cost.followed.parameters == 0 && cost.followed.keptValues == 0)
        #expect(network.parameters.allSatisfy { $0.tensor.requiresGrad } && !network.backbone.parameters.isEmpty)
    }

    @Test func eDIYCostsItsRegionsMore() throws {
        let (byol, ediy) = (try method("byol").cost(options), try method("e-diy").cost(options))
        // Both views, 4 regions each: a projector of 64 × 12 + 12 × 4 in both networks, a predictor of 4 × 12 + 12 × 4 in one.
        #expect(ediy.followed.multiplyAdds - byol.followed.multiplyAdds == 2 * 4 * Double(64 * 12 + 12 * 4))
        #expect(ediy.learned.multiplyAdds - byol.learned.multiplyAdds == 2 * 4 * Double(64 * 12 + 12 * 4 + 4 * 12 + 12 * 4))
        // The target has no predictor.
        #expect(byol.learned.multiplyAdds - byol.followed.multiplyAdds == 2 * Double(8 * 16 + 16 * 8))
    }

    @Test func viewsDifferAsTheMethodHasThem() throws {
        let views = try method("byol").views(options)
        #expect(views.map(\.blurProbability) == [1, 0.1] && views.map(\.solarizeProbability) == [0, 0.2])
        #expect(views.allSatisfy { $0.crop.size == 64 && $0.crop.scale == 0.08...1 })
    }

    @Test func onlyEDIYReadsRegions() throws {
        for (word, isRead) in [("byol", false), ("e-diy", true)] {
            let section = try RecipeSection(text: "regions: {grid: 3}")
            var own = try #require(Methods.options(word))
            try own.read(section)
            #expect(own.regionGrid == (isRead ? 3 : nil))
            if isRead { try section.finish() } else { #expect(throws: (any Error).self) { try section.finish() } }
        }
    }
}
