import Support
import Yams

/// A type that a recipe's scalar or list can be read as.
public protocol RecipeValue {
    init?(recipe node: Node)
    /// For messages: "a whole number".
    static var expectation: String { get }
    var recipeJSON: JSON { get }
    /// All values, where they are a few words; empty otherwise.
    static var choices: [String] { get }
}

extension RecipeValue {
    public static var choices: [String] { [] }
}

extension Int: RecipeValue {
    public init?(recipe node: Node) {
        guard let value = node.int else { return nil }
        self = value
    }
    public static var expectation: String { "a whole number" }
    public var recipeJSON: JSON { .int(self) }
}

extension Double: RecipeValue {
    public init?(recipe node: Node) {
        guard let value = node.float, value.isFinite else { return nil }
        self = value
    }
    public static var expectation: String { "a number" }
    public var recipeJSON: JSON { .double(self) }
}

extension Bool: RecipeValue {
    public init?(recipe node: Node) {
        guard let value = node.bool else { return nil }
        self = value
    }
    public static var expectation: String { "true or false" }
    public static var choices: [String] { ["true", "false"] }
    public var recipeJSON: JSON { .bool(self) }
}

extension String: RecipeValue {
    public init?(recipe node: Node) {
        guard let value = node.string else { return nil }
        self = value
    }
    public static var expectation: String { "a word" }
    public var recipeJSON: JSON { .string(self) }
}

extension Array: RecipeValue where Element: RecipeValue {
    public init?(recipe node: Node) {
        guard case .sequence(let sequence) = node else { return nil }
        let values = sequence.compactMap(Element.init(recipe:))
        guard values.count == sequence.count else { return nil }
        self = values
    }
    public static var expectation: String { "a list, [a, b], each \(Element.expectation)" }
    public var recipeJSON: JSON { .array(map(\.recipeJSON)) }
}
