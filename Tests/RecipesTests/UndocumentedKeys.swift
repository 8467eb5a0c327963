import Recipes

/// Keys of tests need no meaning.
extension RecipeSection {
    func value<Value: RecipeValue>(_ key: String, default standard: Value) throws -> Value { try value(key, default: standard, "") }

    func value<Value: RecipeValue & Comparable>(_ key: String, default standard: Value, in range: ClosedRange<Value>) throws -> Value {
        try value(key, default: standard, in: range, "")
    }

    func positive<Value: RecipeValue & Numeric & Comparable>(_ key: String, default standard: Value) throws -> Value {
        try positive(key, default: standard, "")
    }

    func count(_ key: String, default standard: Int) throws -> Int { try count(key, default: standard, "") }

    func fraction(_ key: String, default standard: Double) throws -> Double { try fraction(key, default: standard, "") }

    func list(_ key: String, default standard: [Double]) throws -> [Double] { try list(key, default: standard, "") }

    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, default standard: Choice) throws -> Choice
    where Choice.RawValue == String { try choice(key, default: standard, "") }

    func choice(_ key: String, default standard: String, among words: [String]) throws -> String {
        try choice(key, default: standard, among: words, "")
    }
}
