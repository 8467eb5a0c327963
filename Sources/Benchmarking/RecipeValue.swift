import Yams

/// A type that a recipe's scalar or list can be read as.
public protocol RecipeValue {
    init?(recipe node: Node)
    /// For messages: "a whole number".
    static var expectation: String { get }
}

extension Int: RecipeValue {
    public init?(recipe node: Node) {
        guard let value = node.int else { return nil }
        self = value
    }
    public static var expectation: String { "a whole number" }
}

extension Double: RecipeValue {
    public init?(recipe node: Node) {
        guard let value = node.float, value.isFinite else { return nil }
        self = value
    }
    public static var expectation: String { "a number" }
}

extension Bool: RecipeValue {
    public init?(recipe node: Node) {
        guard let value = node.bool else { return nil }
        self = value
    }
    public static var expectation: String { "true or false" }
}

extension String: RecipeValue {
    public init?(recipe node: Node) {
        guard let value = node.string else { return nil }
        self = value
    }
    public static var expectation: String { "a word" }
}

extension Array: RecipeValue where Element: RecipeValue {
    public init?(recipe node: Node) {
        guard case .sequence(let sequence) = node else { return nil }
        let values = sequence.compactMap(Element.init(recipe:))
        guard values.count == sequence.count else { return nil }
        self = values
    }
    public static var expectation: String { "a list, [a, b], each \(Element.expectation)" }
}
