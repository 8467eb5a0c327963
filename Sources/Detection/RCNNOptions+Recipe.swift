import NN
import Recipes

extension RCNNOptions {
    /// Reads the detector's own keys of the section `detection`; what is not given keeps the default of the design. The keys
    /// of other designs are unknown keys.
    ///
    /// - Throws: `UserError` with the line of what is wrong.
    public init(_ recipe: RecipeSection) throws {
        self.init(try recipe.choice("design", default: Design.c4, Self.designDoc))
        try read(recipe)
    }

    private static var designDoc: KeyDoc {
        KeyDoc(
            "What feature maps are made of the backbone's: c4, its last map but one with the last stage as head; fpn, a pyramid",
            source: "arXiv 1512.03385, appendix A; arXiv 1612.03144")
    }

    /// Reads the same keys, and keeps what is not given as it is.
    public mutating func read(_ recipe: RecipeSection) throws {
        guard try recipe.choice("design", default: design, Self.designDoc) == design else {
            throw recipe.error("design", "is not that of the weights, which is \(design.rawValue)")
        }
        backbone = try recipe.backbone(default: backbone)
        try backbone.read(recipe)
        normalization = try recipe.choice(
            "normalization", default: normalization,
            KeyDoc(
                "What the backbone's batch normalisations do, and those that other parts have",
                source: "MoCo (arXiv 1911.05722), section 4.2"))
        freezeAt = try recipe.count(
            "freeze_at", default: freezeAt,
            KeyDoc(
                "Parts of the backbone, from the input on, that stay as they are",
                unit: "parts", source: "Detectron2, BACKBONE.FREEZE_AT"))
        guard freezeAt <= backbone.partCount else {
            throw recipe.error("freeze_at", "must be 0 to \(backbone.partCount): so many parts \(backbone.name) has")
        }
        try neck.read(recipe, on: backbone)
        try rpn.read(recipe, levels: levels)
        try sampling.read(recipe)
        try pooling.read(recipe)
        for kind in Self.headKinds {
            let standing = heads.first { type(of: $0) == kind }
            var head = standing ?? kind.init(sharesFeatures: neck.sharesROIFeatures)
            let isIn = try kind.isIn(recipe, default: standing != nil)
            // Of a head that is turned off too, so that one word turns it off.
            try head.read(recipe)
            set(isIn ? head : nil, of: kind)
        }
    }
}
