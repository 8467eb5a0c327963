import Recipes
import Pretraining
import Support
import Training

/// A way of pretraining that a recipe names: one of the methods with the recipe's options, or with some of its own.
public struct Variant: Sendable {
    public let name: String
    public let method: PretrainingMethodName
    public let options: PretrainingOptions
    let precision: Precision
    /// Every option with its value, as run.json keeps them.
    public let settings: [(name: String, value: JSON)]

    /// The methods themselves by their names, and what the section `variants` makes of them: under each name the `method`, and
    /// in `pretraining` the options that differ from the recipe's.
    static func all(_ root: RecipeSection, _ pretraining: RecipeSection) throws -> [Variant] {
        // Read once: a section lists what it was asked for.
        let base = try Variant(PretrainingMethodName.byol.rawValue, .byol, pretraining)
        let plain = PretrainingMethodName.allCases.map { Variant(base, as: $0) }
        let section = try root.section("variants")
        let varied = try section.given.map { name in
            guard name != Recipe.scratch, !plain.contains(where: { $0.name == name }),
                name.allSatisfy({ $0.isLetter || $0.isNumber || "-_.".contains($0) }), name.first != "."
            else { throw section.error(name, "must be a name of its own, of letters, numbers, - and _") }
            let variant = try section.section(name)
            let own = try variant.section("pretraining", over: pretraining)
            return try Variant(name, variant.choice("method", default: .eDIY), own, prefix: "variants.\(name).")
        }
        return plain + varied
    }

    private init(_ name: String, _ method: PretrainingMethodName, _ section: RecipeSection, prefix: String = "") throws {
        self.name = name
        self.method = method
        precision = try section.choice("precision", default: .float32)
        options = try PretrainingOptions(section)
        settings = section.settings.map { (String($0.name.dropFirst(prefix.count)), $0.value) }
    }

    private init(_ base: Variant, as method: PretrainingMethodName) {
        name = method.rawValue
        self.method = method
        (precision, options, settings) = (base.precision, base.options, base.settings)
    }
}
