import Support
import Yams

// What readers ask for. Each takes the key, its default and what it means; an error names the file and the line.

extension RecipeSection {
    /// The value of `key`, or nil where it is not given. No setting: what bears on a run's numbers has a default.
    ///
    /// - Throws: `UserError` with the line, when the value is of another type.
    public func value<Value: RecipeValue>(
        _ key: String, as type: Value.Type = Value.self, _ doc: KeyDoc
    ) throws -> Value? {
        let value = try parsed(key, as: Value.self)
        note(key, type: Value.expectation, choices: Value.choices, standard: nil, value: value?.recipeJSON, doc, isSetting: false)
        return value
    }

    /// The value of `key`, or `standard` where it is not given.
    public func value<Value: RecipeValue>(_ key: String, default standard: Value, _ doc: KeyDoc) throws -> Value {
        try checked(key, default: standard, type: Value.expectation, doc) { _ in true }
    }

    /// A value that must be there.
    public func required<Value: RecipeValue>(_ key: String, as type: Value.Type = Value.self, _ doc: KeyDoc) throws -> Value {
        guard let value = try value(key, as: Value.self, doc) else {
            throw UserError("\(full(key)) is missing", file: files[0], remedy: "add \(key): \(Value.expectation)")
        }
        return value
    }

    /// A number that must be more than 0.
    public func positive<Value: RecipeValue & Numeric & Comparable>(
        _ key: String, default standard: Value, _ doc: KeyDoc
    ) throws -> Value {
        try checked(key, default: standard, type: "\(Value.expectation) above 0", else: "must be a number above 0", doc) { $0 > 0 }
    }

    /// A whole number that may be 0.
    public func count(_ key: String, default standard: Int, _ doc: KeyDoc) throws -> Int {
        try checked(key, default: standard, type: "a whole number from 0 on", else: "must not be below 0", doc) { $0 >= 0 }
    }

    /// A number from 0 to 1.
    public func fraction(_ key: String, default standard: Double, _ doc: KeyDoc) throws -> Double {
        try checked(key, default: standard, type: "a number from 0 to 1", else: "must be 0 to 1", doc) { (0...1).contains($0) }
    }

    /// A number within bounds.
    public func value<Value: RecipeValue & Comparable>(
        _ key: String, default standard: Value, in range: ClosedRange<Value>, _ doc: KeyDoc
    ) throws -> Value {
        let bounds = "\(range.lowerBound) to \(range.upperBound)"
        return try checked(key, default: standard, type: "\(Value.expectation), \(bounds)", else: "must be \(bounds)", doc) {
            range.contains($0)
        }
    }

    /// Numbers above 0, at least one.
    public func list(_ key: String, default standard: [Double], _ doc: KeyDoc) throws -> [Double] {
        try checked(key, default: standard, type: "a list of numbers above 0", else: "must be numbers above 0", doc) { values in
            !values.isEmpty && values.allSatisfy { $0 > 0 }
        }
    }

    /// One of the cases of an enumeration, by its raw value.
    public func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, default standard: Choice, _ doc: KeyDoc
    ) throws -> Choice where Choice.RawValue == String {
        let word = try choice(key, default: standard.rawValue, among: Choice.allCases.map(\.rawValue), doc)
        return Choice(rawValue: word) ?? standard
    }

    /// One of the words of a table.
    public func choice(_ key: String, default standard: String, among words: [String], _ doc: KeyDoc) throws -> String {
        let given = value(of: key)?.node.yaml
        if let given, !(given.string.map(words.contains) ?? false) {
            let near = given.string.flatMap { word in
                renamedValues[word].flatMap { words.contains($0) ? $0 : nil } ?? nearest(to: word, among: words)
            }
            throw error(
                key, "cannot be \(given.string ?? "that")",
                remedy: (near.map { "did you mean \($0)? It" } ?? "it") + " is one of \(words.joined(separator: ", "))")
        }
        let word = given?.string ?? standard
        note(key, type: "one of \(words.joined(separator: ", "))", choices: words, standard: .string(standard), value: .string(word), doc)
        return word
    }

    /// What is given, or the default, noted and then held against `isRight`.
    private func checked<Value: RecipeValue>(
        _ key: String, default standard: Value, type: String, else problem: String = "", _ doc: KeyDoc, _ isRight: (Value) -> Bool
    ) throws -> Value {
        let value = try parsed(key, as: Value.self) ?? standard
        note(key, type: type, choices: Value.choices, standard: standard.recipeJSON, value: value.recipeJSON, doc)
        guard isRight(value) else { throw error(key, "\(problem), and is \(value.recipeJSON.text())") }
        return value
    }

    private func parsed<Value: RecipeValue>(_ key: String, as type: Value.Type) throws -> Value? {
        guard let node = value(of: key)?.node else { return nil }
        guard let value = Value(recipe: node.yaml) else { throw wrong(key, expected: Value.expectation) }
        return value
    }
}
