import Foundation
import Support
import Yams

/// One mapping of a recipe, read key by key. Whatever is left unread at the end is an error that names the key, its line
/// and the nearest valid one, so that a misspelt option is never ignored.
///
/// A reader asks for the keys it knows, then calls `finish()`.
public final class RecipeSection {
    private let file: String
    private let name: String
    private let members: [(key: String, line: Int, node: Node)]
    private var asked: [String] = []
    private var inner: [RecipeSection] = []
    private var read: [(name: String, value: JSON)] = []

    /// Every option that was asked for, with the value it has, be it given or the default: what a run was made with.
    public var settings: [(name: String, value: JSON)] { read + inner.flatMap(\.settings) }

    /// The whole recipe.
    ///
    /// - Throws: `UserError` with the line of what is no YAML, or no mapping.
    public convenience init(reading path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw UserError("cannot be read", file: path, remedy: "check the path; the project's recipes are in benchmarks/")
        }
        guard data.count < 1 << 20 else { throw UserError("is too large for a recipe", file: path) }
        let root: Node?
        do {
            root = try Yams.compose(yaml: String(decoding: data, as: UTF8.self))
        } catch let error as YamlError {
            throw UserError(Self.reason(error), file: path, remedy: "check the YAML")
        }
        try self.init(root ?? .mapping(Node.Mapping([])), name: "", file: path)
    }

    private init(_ node: Node, name: String, file: String) throws {
        guard case .mapping(let mapping) = node else {
            throw UserError(
                "expected a mapping of keys to values\(name.isEmpty ? "" : " under \(name)")", file: file,
                at: Self.place(node))
        }
        self.file = file
        self.name = name
        members = try mapping.map { key, value in
            guard let text = key.string else { throw UserError("a key must be a word", file: file, at: Self.place(key)) }
            return (text, key.mark?.line ?? 0, value)
        }
    }

    // MARK: - Values

    /// The value of `key`, or nil where it is not given.
    ///
    /// - Throws: `UserError` with the line, when the value is of another type.
    public func value<Value: RecipeValue>(_ key: String, as type: Value.Type = Value.self) throws -> Value? {
        guard let node = node(key) else { return nil }
        guard let value = Value(recipe: node) else {
            throw wrong(key, node, expected: Value.expectation)
        }
        return value
    }

    /// The value of `key`, or `standard` where it is not given.
    public func value<Value: RecipeValue>(_ key: String, default standard: Value) throws -> Value {
        let value = try value(key) ?? standard
        read.append((full(key), value.recipeJSON))
        return value
    }

    /// A number that must be more than 0.
    public func positive<Value: RecipeValue & Numeric & Comparable>(_ key: String, default standard: Value) throws -> Value {
        let value = try value(key, default: standard)
        guard value > 0 else { throw wrong(key, node(key), expected: "a number above 0") }
        return value
    }

    /// A value that must be there.
    public func required<Value: RecipeValue>(_ key: String, as type: Value.Type = Value.self) throws -> Value {
        guard let value = try value(key, as: Value.self) else {
            throw UserError("\(full(key)) is missing", file: file, remedy: "add \(key): \(Value.expectation)")
        }
        return value
    }

    /// One of the cases of an enumeration, by its raw value.
    public func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, default standard: Choice) throws -> Choice
    where Choice.RawValue == String {
        guard let node = node(key) else {
            read.append((full(key), .string(standard.rawValue)))
            return standard
        }
        guard let choice = node.string.flatMap(Choice.init(rawValue:)) else {
            let all = Choice.allCases.map(\.rawValue)
            let near = node.string.flatMap { word in
                renamedValues[word].flatMap { all.contains($0) ? $0 : nil } ?? nearest(to: word, among: all)
            }
            throw UserError(
                "\(full(key)) cannot be \(node.string ?? "that")", file: file, at: Self.place(node),
                remedy: (near.map { "did you mean \($0)? It" } ?? "it") + " is one of \(all.joined(separator: ", "))")
        }
        read.append((full(key), .string(choice.rawValue)))
        return choice
    }

    /// The section under `key`; an empty one where it is not given.
    public func section(_ key: String) throws -> RecipeSection {
        let section = try RecipeSection(node(key) ?? .mapping(Node.Mapping([])), name: full(key), file: file)
        inner.append(section)
        return section
    }

    /// The section under `key`, what it leaves out taken from `base`, section by section.
    public func section(_ key: String, over base: RecipeSection) throws -> RecipeSection {
        let own = node(key) ?? .mapping(Node.Mapping([]))
        let whole = Node.mapping(Node.Mapping(base.members.map { (Node($0.key), $0.node) }))
        let section = try RecipeSection(Self.overlay(own, on: whole), name: full(key), file: file)
        inner.append(section)
        return section
    }

    private static func overlay(_ top: Node, on base: Node) -> Node {
        guard case .mapping(let given) = top, case .mapping(var merged) = base else { return top }
        for (key, value) in given { merged[key] = merged[key].map { overlay(value, on: $0) } ?? value }
        return .mapping(merged)
    }

    /// The keys that are given, in the order of the file.
    public var keys: [String] { members.map(\.key) }

    /// Whether `key` is given.
    public func has(_ key: String) -> Bool { node(key) != nil }

    /// An error about the value of `key`, with its line.
    public func error(_ key: String, _ problem: String) -> UserError {
        UserError("\(full(key)) \(problem)", file: file, at: node(key).map(Self.place))
    }

    /// - Throws: `UserError` for the first key, here or further in, that nobody asked for.
    public func finish() throws {
        for section in inner { try section.finish() }
        guard let stranger = members.first(where: { !asked.contains($0.key) }) else { return }
        if let today = renamedKeys[stranger.key], asked.contains(today) {
            throw UserError(
                "unknown key \(full(stranger.key))", file: file, at: "line \(stranger.line)", remedy: "it is called \(today) now")
        }
        let near = nearest(to: stranger.key, among: asked)
        throw UserError(
            "unknown key \(full(stranger.key))", file: file, at: "line \(stranger.line)",
            remedy: near.map { "did you mean \($0)?" } ?? "known keys: \(asked.sorted().joined(separator: ", "))")
    }

    // MARK: - Inside

    private func node(_ key: String) -> Node? {
        if !asked.contains(key) { asked.append(key) }
        return members.first { $0.key == key }?.node
    }

    private func full(_ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }

    private func wrong(_ key: String, _ node: Node?, expected: String) -> UserError {
        let found = node?.string.map { ", and is '\($0)'" } ?? ""
        return UserError("\(full(key)) must be \(expected)\(found)", file: file, at: node.map(Self.place))
    }

    private static func place(_ node: Node) -> String { "line \(node.mark?.line ?? 1)" }

    private static func reason(_ error: YamlError) -> String {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "line \(mark.line): \(problem)"
        case .duplicatedKeysInMapping(let keys, let context):
            "line \(context.mark.line): \(keys.joined(separator: ", ")) is there twice"
        default: "is no YAML: \(error)"
        }
    }
}
