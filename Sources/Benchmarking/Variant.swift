import Pretraining
import Recipes
import Support
import Training

/// A way of pretraining that a recipe names: one of the methods with the recipe's options, or with some of its own.
public struct Variant: Sendable {
    public let name: String
    /// With its own options.
    public let method: any MethodOptions
    /// What any method has.
    public let options: PretrainingOptions
    let precision: Precision
    /// Every option with its value, as run.json keeps them.
    public let settings: [(name: String, value: JSON)]

    /// - Parameters:
    ///   - section: `pretraining`, or a variant's over it.
    ///   - prefix: what its keys' names begin with, beyond those of `pretraining`.
    private init(_ name: String, _ method: any MethodOptions, _ section: RecipeSection, prefix: String = "") throws {
        var (method, options, run) = (method, PretrainingOptions(), TrainingOptions())
        try run.readPrecision(section)
        try options.read(section)
        try method.read(section)
        self.name = name
        self.method = method
        self.options = options
        precision = run.precision
        settings = section.settings.map { (String($0.name.dropFirst(prefix.count)), $0.value) }
    }

    /// The methods themselves by their words, and what the section `variants` makes of them: under each name the `method`, and
    /// in `pretraining` the options that differ from the recipe's.
    ///
    /// A key of the section `pretraining` that is one method's own has to be of a method that the recipe compares.
    ///
    /// - Parameter compared: the recipe's methods and variants.
    static func all(_ root: RecipeSection, _ pretraining: RecipeSection, compared: [String]) throws -> [Variant] {
        let section = try root.section("variants")
        let varied = try section.given.map { name in
            guard name != Recipe.scratch, !Methods.words.contains(name),
                name.allSatisfy({ $0.isLetter || $0.isNumber || "-_.".contains($0) }), name.first != "."
            else { throw section.error(name, "must be a name of its own, of letters, numbers, - and _") }
            let variant = try section.section(name)
            let word = try variant.choice(
                "method", default: Methods.candidate.word, among: Methods.words, "The method of pretraining that is varied")
            guard let method = Methods.options(word) else { throw variant.error("method", "is not known") }
            let own = try variant.section("pretraining", over: pretraining)
            return try Variant(name, method, own, prefix: "variants.\(name).")
        }
        let used = Set(compared + varied.map(\.method.word))
        let owners = Methods.all.filter { used.contains($0.word) }
        try read(pretraining, owners)
        let plain = try Methods.all.map { method in
            let isUsed = used.contains(method.word)
            let reader = pretraining.forAnotherReader(isKnown: isUsed)
            let variant = try Variant(method.word, method.init(), reader)
            if !isUsed { pretraining.disclaim(keysOf: reader, isFor: method.word) }
            return variant
        }
        return plain + varied
    }

    /// So that the section's keys are those of all methods that the recipe compares.
    private static func read(_ pretraining: RecipeSection, _ owners: [any MethodOptions.Type]) throws {
        var (options, run) = (PretrainingOptions(), TrainingOptions())
        try run.readPrecision(pretraining)
        try options.read(pretraining)
        for owner in owners {
            var own = owner.init()
            try own.read(pretraining)
        }
    }
}
