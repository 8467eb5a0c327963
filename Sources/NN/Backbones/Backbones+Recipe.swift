import Recipes

extension RecipeSection {
    /// The backbone that the keys `backbone` and `width` of a section name.
    ///
    /// - Parameter standard: where they are not given.
    /// - Throws: `UserError` with the line of what there is not.
    public func backbone(default standard: any BackboneOptions) throws -> any BackboneOptions {
        let word = try choice(
            "backbone", default: standard.word, among: Backbones.words,
            KeyDoc("The backbone: a ResNet of so many layers", source: "arXiv 1512.03385, table 1"))
        var options = word == standard.word ? standard : Backbones.options(word) ?? standard
        options.width = try positive(
            "width", default: standard.width,
            KeyDoc(
                "Channels of the backbone's stem, of which all others are multiples; less than the paper's for small experiments",
                unit: "channels", source: "arXiv 1512.03385, table 1"))
        return options
    }
}

extension BackboneOptions {
    /// Nothing besides.
    public mutating func read(_ recipe: RecipeSection) throws {}
}

extension ResNetOptions {
    public mutating func read(_ recipe: RecipeSection) throws {
        strideIn1x1 = try recipe.value(
            "stride_in_1x1", default: strideIn1x1,
            KeyDoc(
                "Whether bottlenecks halve their maps in the first 1×1 convolution, as Caffe's weights do, not in the 3×3",
                source: "Detectron2, RESNETS.STRIDE_IN_1X1"))
    }
}
