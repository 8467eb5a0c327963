/// The backbones that a recipe can name. One more family is one more line here.
public enum Backbones {
    public static let families: [any BackboneOptions.Type] = [
        ResNetOptions.self
    ]

    /// What is meant where nobody says otherwise: ResNet-50, as in the papers compared.
    public static let standard: any BackboneOptions = ResNetOptions()

    /// All words of recipes.
    public static var words: [String] { families.flatMap { $0.words } }

    /// What a recipe calls so, as its paper has it; nil for a word that is none of `words`.
    public static func options(_ word: String) -> (any BackboneOptions)? {
        families.lazy.compactMap { $0.init(word: word) }.first
    }
}
