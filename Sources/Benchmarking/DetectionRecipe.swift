import Data
import Detection

extension FineTuningOptions {
    /// Reads the section `detection`; what is not given keeps its default.
    init(_ recipe: RecipeSection) throws {
        self.init()
        detector = try MaskRCNNOptions(recipe)
        let edges = try recipe.value("short_side", default: input.edges.lengths)
        let longest = try recipe.positive("long_side", default: input.edges.longest)
        guard !edges.isEmpty, edges.allSatisfy({ (32...8192).contains($0) }), (32...8192).contains(longest) else {
            throw recipe.error("short_side", "and long_side must be 32 to 8192 pixels")
        }
        input.edges = ShortestEdge(edges, longest: longest)
        input.testEdge = try recipe.positive("short_side_test", default: input.testEdge)
        input.flipProbability = try recipe.part("flip", default: input.flipProbability)
        // The pyramid halves five times; the last time is rounded.
        input.divisor = try recipe.positive("size_divisor", default: detector.design == .fpn ? 32 : input.divisor)
        batchSize = try recipe.positive("batch", default: batchSize)
        iterations = try recipe.positive("iterations", default: iterations)
        learningRate = try recipe.positive("learning_rate", default: learningRate)
        milestones = try recipe.value("milestones", default: milestones)
        warmup = try recipe.value("warmup", default: warmup)
        momentum = try recipe.part("momentum", default: momentum)
        weightDecay = try recipe.value("weight_decay", default: weightDecay)
        damagedLimit = try recipe.value("damaged_images", default: damagedLimit)
    }
}
