import Support

/// A key that was asked for, and all that is known of it.
public struct RecipeKey: Sendable {
    /// Where a value was found.
    public enum Origin: Sendable, Equatable {
        /// Nowhere: the default holds.
        case standard
        /// In a file, be it the recipe or one of its bases.
        case given(file: String, line: Int)
    }

    /// With the sections that it is in: `pretraining.batch`.
    public let name: String
    /// In words: "a whole number above 0".
    public let type: String
    /// The values that a key can have, where they are a few words; empty otherwise.
    public let choices: [String]
    /// Nil where there is none: the key must be given, or has no value unless it is.
    public let standard: JSON?
    public let doc: KeyDoc
    /// Nil where it is not given and there is no default.
    public let value: JSON?
    public let origin: Origin
    /// Whether a run's numbers depend on it, so that run.json keeps it.
    let isSetting: Bool
}
