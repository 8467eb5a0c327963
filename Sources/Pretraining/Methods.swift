/// The methods of pretraining that recipes can name. One more is one more line here.
public enum Methods {
    public static let all: [any MethodOptions.Type] = [
        BYOLOptions.self,
        EDIYOptions.self,
    ]

    /// What others are compared with where nobody says otherwise, and what the suite is about.
    public static let baseline: any MethodOptions.Type = BYOLOptions.self
    public static let candidate: any MethodOptions.Type = EDIYOptions.self

    /// What recipes call them.
    public static var words: [String] { all.map { $0.word } }

    /// What a recipe calls so, with its defaults; nil for a word that is none of `words`.
    public static func options(_ word: String) -> (any MethodOptions)? { all.first { $0.word == word }?.init() }
}
