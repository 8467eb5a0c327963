import Support
import Yams

/// One mapping of a recipe, read key by key. Whatever is left unread at the end is an error that names the key, its line
/// and the nearest valid one, so that a misspelt option is never ignored.
///
/// A reader asks for the keys it knows, each with its meaning (`KeyDoc`), then calls `finish()`. The key `base` of a recipe names
/// another one, from which it takes what it leaves out, section by section.
public final class RecipeSection {
    /// What values are read from; nil where the section is not given.
    private let node: RecipeNode?
    /// What of it must be known: all, or what stands here and not in the section that it lies over.
    private let own: RecipeNode?
    private let file: String
    private let name: String
    private let asked: AskedKeys
    private var inner: [RecipeSection] = []
    private var read: [RecipeKey] = []

    /// The recipe and its bases, in their order.
    public let files: [String]

    /// The whole recipe.
    ///
    /// - Throws: `UserError` with the line of what is no YAML, no mapping, or a base that cannot be had.
    public convenience init(reading path: String) throws {
        let (node, files) = try RecipeNode.read(path)
        self.init(node, own: node, name: "", file: path, files: files, AskedKeys())
    }

    /// A recipe that is no file.
    ///
    /// - Parameter file: what errors call it.
    public convenience init(text: String, file: String = "recipe") throws {
        let node = try RecipeNode(text: text, file: file)
        self.init(node, own: node, name: "", file: file, files: [file], AskedKeys())
    }

    private init(_ node: RecipeNode?, own: RecipeNode?, name: String, file: String, files: [String], _ asked: AskedKeys) {
        self.node = node
        self.own = own
        self.name = name
        self.file = file
        self.files = files
        self.asked = asked
    }

    // MARK: - Sections

    /// The section under `key`; an empty one where it is not given.
    public func section(_ key: String) throws -> RecipeSection {
        try add(value(of: key)?.node, own: own?[key]?.node, key)
    }

    /// The section under `key`, what it leaves out taken from `base`, section by section.
    public func section(_ key: String, over base: RecipeSection) throws -> RecipeSection {
        let node = value(of: key)?.node
        let whole = base.node.map { below in node.map { $0.over(below) } ?? below } ?? node
        return try add(whole, own: own?[key]?.node, key)
    }

    private func add(_ node: RecipeNode?, own: RecipeNode?, _ key: String) throws -> RecipeSection {
        if let node, node.members == nil {
            throw UserError("expected a mapping of keys to values under \(full(key))", file: node.file, at: "line \(node.line)")
        }
        if let known = inner.first(where: { $0.name == full(key) }) { return known }
        let section = RecipeSection(node, own: own, name: full(key), file: file, files: files, asked.section(key))
        inner.append(section)
        return section
    }

    /// The same section for another reader: `keys` and `settings` are those that it asks for.
    ///
    /// - Parameter isKnown: whether a key that it asks for is known to the section too.
    public func forAnotherReader(isKnown: Bool = true) -> RecipeSection {
        RecipeSection(node, own: own, name: name, file: file, files: files, isKnown ? asked : AskedKeys())
    }

    // MARK: - What was found

    /// Every key that was asked for, once each, with its meaning, its value and where that comes from.
    public var keys: [RecipeKey] { read + inner.flatMap(\.keys) }

    /// Every option that was asked for, with the value it has, be it given or the default: what a run was made with.
    public var settings: [(name: String, value: JSON)] {
        keys.filter(\.isSetting).map { ($0.name, $0.value ?? .null) }
    }

    /// The keys that are given, in the order of the file.
    public var given: [String] { (node?.members ?? []).map(\.key) }

    /// Whether `key` is given.
    public func has(_ key: String) -> Bool { value(of: key) != nil }

    /// The recipe with what it takes from its bases, as one text.
    public func merged() throws -> String {
        try Yams.serialize(node: (node ?? RecipeNode(file: file, members: [])).yaml, width: 120)
    }

    /// An error about the value of `key`, with its line.
    public func error(_ key: String, _ problem: String, remedy: String? = nil) -> UserError {
        let node = value(of: key)?.node
        return UserError("\(full(key)) \(problem)", file: node?.file ?? file, at: node.map { "line \($0.line)" }, remedy: remedy)
    }

    // MARK: - Keys that nobody asked for

    /// Says that keys that `reader` asked for, of this section by itself, are for something that this recipe does not compare. Where
    /// it is a base that has such a key, it is let be.
    public func disclaim(keysOf reader: RecipeSection, isFor owner: String) {
        for key in reader.asked.keys { asked.disclaimed[key, default: []].append(owner) }
    }

    /// - Throws: `UserError` for the first key, here or further in, that nobody asked for.
    public func finish() throws {
        for section in inner { try section.finish() }
        for stranger in own?.members ?? [] where !asked.keys.contains(stranger.key) {
            if let owners = asked.disclaimed[stranger.key] {
                if stranger.node.file != file { continue }
                throw UserError(
                    "\(full(stranger.key)) is for \(owners.joined(separator: " or ")), which the recipe does not compare", file: file,
                    at: "line \(stranger.line)", remedy: "take it away, or name the method under methods")
            }
            throw UserError(
                "unknown key \(full(stranger.key))", file: stranger.node.file, at: "line \(stranger.line)", remedy: remedy(stranger.key))
        }
    }

    private func remedy(_ stranger: String) -> String {
        if let today = renamedKeys[stranger], asked.keys.contains(today) { return "it is called \(today) now" }
        if let parts = splitKeys[stranger]?.filter(asked.keys.contains), !parts.isEmpty {
            return "it is \(parts.joined(separator: ", ")) now, each by itself"
        }
        return nearest(to: stranger, among: asked.keys).map { "did you mean \($0)?" }
            ?? "known keys: \(asked.keys.sorted().joined(separator: ", "))"
    }

    // MARK: - For readers of values

    func full(_ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }

    /// What is given under `key`, which is known from now on.
    func value(of key: String) -> RecipeNode.Member? {
        asked.add(key)
        return node?[key]
    }

    /// Keeps what was read of a key; of the last that is asked for more than once.
    func note(
        _ key: String, type: String, choices: [String] = [], standard: JSON?, value: JSON?, _ doc: KeyDoc, isSetting: Bool = true
    ) {
        let found = node?[key]?.node
        let entry = RecipeKey(
            name: full(key), type: type, choices: choices, standard: standard, doc: doc, value: value,
            origin: found.map { .given(file: $0.file, line: $0.line) } ?? .standard, isSetting: isSetting)
        if let place = read.firstIndex(where: { $0.name == entry.name }) { read[place] = entry } else { read.append(entry) }
    }

    func wrong(_ key: String, expected: String) -> UserError {
        let found = (value(of: key)?.node.yaml.string).map { ", and is '\($0)'" } ?? ""
        return error(key, "must be \(expected)\(found)")
    }
}

/// What was asked for of a section, by all its readers.
private final class AskedKeys {
    private(set) var keys: [String] = []
    /// What keys are for that another recipe could have.
    var disclaimed: [String: [String]] = [:]
    private var inner: [String: AskedKeys] = [:]

    func add(_ key: String) { if !keys.contains(key) { keys.append(key) } }

    func section(_ key: String) -> AskedKeys {
        let section = inner[key] ?? AskedKeys()
        inner[key] = section
        return section
    }
}
