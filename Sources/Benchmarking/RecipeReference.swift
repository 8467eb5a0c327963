import Foundation
import Pretraining
import Recipes
import Support

/// The reference of all keys that a recipe can have. It is made by reading small recipes, one for each word that a key can be, so
/// that it holds what the readers ask for and nothing else: a key that is asked for with some words of another key alone is told
/// with them.
public struct RecipeReference: Sendable {
    public struct Entry: Sendable {
        public let key: RecipeKey
        /// When the key is there: `detection.design: fpn`; nil for always.
        public let condition: String?
        /// Defaults that other words of another key bring.
        public let otherDefaults: [(condition: String, standard: JSON)]
    }

    public let entries: [Entry]

    /// A key of a small recipe and the word that it has there.
    private struct Choice: Hashable {
        let key: String
        let word: String
        var text: String { "\(key): \(word)" }
    }

    /// The name of the variant whose keys stand for all variants'.
    private static let variant = "NAME"

    public init() throws {
        let plain = try Self.keys(nil)
        var groups = plain.filter { !$0.choices.isEmpty && !$0.name.hasPrefix("variants.") }.map { key in
            key.choices.map { Choice(key: key.name, word: $0) }
        }
        groups.append(Methods.words.map { Choice(key: "methods", word: $0) })
        var found = plain, conditions: [String: [String]] = [:], defaults: [String: [(condition: String, standard: JSON)]] = [:]
        for group in groups {
            // A word that cannot stand alone says nothing about other keys.
            let read = group.compactMap { choice in (try? Self.keys(choice)).map { (choice: choice, keys: $0) } }
            var names: [String] = []
            for (_, keys) in read {
                for key in keys where !names.contains(key.name) {
                    names.append(key.name)
                    if !found.contains(where: { $0.name == key.name }) { found.append(key) }
                }
            }
            for name in names {
                let having = read.filter { $0.keys.contains { $0.name == name } }
                if having.count < read.count {
                    conditions[name, default: []].append(
                        "\(group[0].key): \(having.map(\.choice.word).joined(separator: " or "))")
                }
                guard let standard = found.first(where: { $0.name == name })?.standard else { continue }
                for (choice, keys) in having {
                    guard let other = keys.first(where: { $0.name == name })?.standard, other != standard else { continue }
                    defaults[name, default: []].append((choice.text, other))
                }
            }
        }
        entries = Self.bySection(found).map { key in
            Entry(key: key, condition: conditions[key.name]?.joined(separator: ", "), otherDefaults: defaults[key.name] ?? [])
        }
    }

    /// The keys that readers ask for of a recipe with nothing else in it.
    private static func keys(_ choice: Choice?) throws -> [RecipeKey] {
        var text = "name: \(variant)\n"
        if let choice, choice.key == "methods" {
            text += "methods: [\(choice.word)]\nvariants: {\(variant): {method: \(choice.word)}}\n"
        } else {
            text += "variants: {\(variant): {}}\n"
            let path = (choice?.key ?? "").split(separator: ".")
            text += path.dropLast().map { "\($0): {" }.joined() + path.suffix(1).map { "\($0): \(choice?.word ?? "")" }.joined()
            text += String(repeating: "}", count: max(path.count - 1, 0)) + "\n"
        }
        // What a variant has of its own section pretraining is what that section has.
        return try Recipe(RecipeSection(text: text)).keys.filter { !$0.name.hasPrefix("variants.\(variant).pretraining.") }
    }

    /// Keys of one section together, sections in the order of their first.
    private static func bySection(_ keys: [RecipeKey]) -> [RecipeKey] {
        var sections: [String] = []
        for key in keys where !sections.contains(section(key)) { sections.append(section(key)) }
        return sections.flatMap { name in keys.filter { section($0) == name } }
    }

    private static func section(_ key: RecipeKey) -> String { key.name.split(separator: ".").dropLast().joined(separator: ".") }

    // MARK: - For readers

    /// A page in Markdown: a table for each section.
    public var text: String {
        var lines = [
            "# The keys of recipes", "",
            "Made by `ediy recipe keys`. A recipe is a YAML file of the sections below; what it leaves out has the default. `base: OTHER.yaml`,",
            "a path beside the recipe, takes everything that the recipe leaves out from another one; `KEY: null` takes a key of it away.",
            "`variants: {NAME: {method: …, pretraining: {…}}}` names further ways of pretraining, each by what it has otherwise than the",
            "section `pretraining`. `ediy recipe show RECIPE` prints what a recipe has for each key, and where it comes from.",
        ]
        var section: String?
        for entry in entries {
            let own = Self.section(entry.key)
            if own != section {
                lines += ["", own.isEmpty ? "## At the top" : "## \(own)", ""]
                lines += ["| key | type | default | unit | meaning | source |", "| --- | --- | --- | --- | --- | --- |"]
                section = own
            }
            let key = entry.key, name = key.name.split(separator: ".").last.map(String.init) ?? key.name
            let meaning = key.doc.meaning + (entry.condition.map { " (with `\($0)`)" } ?? "")
            let cells = ["`\(name)`", key.type, entry.standard, key.doc.unit ?? "", meaning, key.doc.source ?? ""]
            lines.append("| " + cells.map { $0.replacingOccurrences(of: "|", with: "\\|") }.joined(separator: " | ") + " |")
        }
        return lines.joined(separator: "\n")
    }

    public var json: JSON {
        .array(
            entries.map { entry in
                let key = entry.key
                func text(_ value: String?) -> JSON { value.map(JSON.string) ?? .null }
                return [
                    "key": .string(key.name), "type": .string(key.type), "choices": .array(key.choices.map(JSON.string)),
                    "default": key.standard ?? .null,
                    "other_defaults": .object(entry.otherDefaults.map { (key: $0.condition, value: $0.standard) }),
                    "unit": text(key.doc.unit), "meaning": .string(key.doc.meaning), "source": text(key.doc.source),
                    "condition": text(entry.condition),
                ]
            })
    }
}

extension RecipeReference.Entry {
    /// The default, and those that other words bring.
    fileprivate var standard: String {
        func word(_ value: JSON) -> String { value.string ?? value.text() }
        let others = otherDefaults.map { "; `\($0.condition)`: \(word($0.standard))" }.joined()
        return (key.standard.map(word) ?? "") + others
    }
}

extension Recipe {
    /// A line per key: its value, and where that comes from.
    public var keyTable: String {
        aligned(shown.map { [$0.name, $0.valueText, $0.originText] }, words: [0, 1, 2]).joined(separator: "\n")
    }

    /// The same for programs.
    public var keyJSON: JSON {
        .array(
            shown.map { key in
                var (file, line): (JSON, JSON) = (.null, .null)
                if case .given(let path, let number) = key.origin { (file, line) = (.string(path), .int(number)) }
                return [
                    "key": .string(key.name), "value": key.value ?? .null, "default": key.standard ?? .null, "file": file, "line": line,
                ]
            })
    }

    /// Of a variant's pretraining only what it changes.
    private var shown: [RecipeKey] {
        let values = Dictionary(keys.map { ($0.name, $0.value) }) { first, _ in first }
        return keys.filter { key in
            guard key.name.hasPrefix("variants."), let start = key.name.range(of: ".pretraining.") else { return true }
            return values["pretraining." + key.name[start.upperBound...]].map { $0 != key.value } ?? true
        }
    }
}

extension RecipeKey {
    fileprivate var valueText: String { value.map { $0.string ?? $0.text() } ?? "-" }

    fileprivate var originText: String {
        switch origin {
        case .standard: "default"
        case .given(let file, let line): "\(file), line \(line)"
        }
    }
}
