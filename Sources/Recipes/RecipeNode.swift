import Foundation
import Support
import Yams

/// A part of a recipe's text, with the file and the line where it stands: a recipe and its bases are of several files.
struct RecipeNode {
    struct Member {
        let key: String
        /// Of the key.
        let line: Int
        let node: RecipeNode
    }

    let file: String
    let line: Int
    let yaml: Node
    /// In the order of the file; nil for what is no mapping.
    let members: [Member]?

    /// - Throws: `UserError` for a key that is no word.
    init(_ node: Node, file: String) throws {
        self.file = file
        line = node.mark?.line ?? 1
        yaml = node
        guard case .mapping(let mapping) = node else {
            members = nil
            return
        }
        members = try mapping.map { key, value in
            guard let text = key.string else {
                throw UserError("a key must be a word", file: file, at: "line \(key.mark?.line ?? 1)")
            }
            return Member(key: text, line: key.mark?.line ?? 1, node: try RecipeNode(value, file: file))
        }
    }

    init(file: String, line: Int = 1, members: [Member]) {
        self.file = file
        self.line = line
        self.members = members
        yaml = .mapping(Node.Mapping(members.map { (Node($0.key), $0.node.yaml) }))
    }

    subscript(_ key: String) -> Member? { members?.first { $0.key == key } }

    var isNull: Bool { yaml.null != nil && yaml.scalar?.style == .plain }

    func without(_ key: String) -> RecipeNode {
        RecipeNode(file: file, line: line, members: (members ?? []).filter { $0.key != key })
    }

    /// This, and what it leaves out taken from `base`, section by section. A key that is null here is taken away.
    func over(_ base: RecipeNode) -> RecipeNode {
        guard let members, let below = base.members else { return self }
        let kept = below.compactMap { member -> Member? in
            guard let own = self[member.key] else { return member }
            return own.node.isNull ? nil : Member(key: own.key, line: own.line, node: own.node.over(member.node))
        }
        let added = members.filter { base[$0.key] == nil && !$0.node.isNull }
        return RecipeNode(file: file, line: line, members: kept + added)
    }
}

extension RecipeNode {
    /// The recipe in `path` over its bases, without the keys that name them.
    ///
    /// - Parameter users: the files that this one is a base of, first to last.
    /// - Throws: `UserError` with the line of what is no YAML or no mapping, or of a base that is not there or comes to itself.
    static func read(_ path: String, basisOf users: [String] = []) throws -> (node: RecipeNode, files: [String]) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw UserError("cannot be read", file: path, remedy: "check the path; the project's recipes are in benchmarks/")
        }
        guard data.count < 1 << 20 else { throw UserError("is too large for a recipe", file: path) }
        let text = data.dropFirst(try TextFile.markLength(data, file: path))
        let node = try RecipeNode(text: String(decoding: text, as: UTF8.self), file: path)
        guard let base = node["base"] else { return (node, [path]) }
        func wrong(_ problem: String, _ remedy: String) -> UserError {
            UserError("base \(problem)", file: path, at: "line \(base.line)", remedy: remedy)
        }
        guard let name = base.node.yaml.string, !name.isEmpty, base.node.members == nil else {
            throw wrong("must be the path of a recipe", "it is relative to this file: base: coco-r50-c4-1x.yaml")
        }
        let file =
            name.hasPrefix("/") ? name : URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent(name).relativePath
        let chain = users + [path]
        guard !chain.contains(where: { identity($0) == identity(file) }) else {
            throw wrong("\(name) comes back to \(file)", "a recipe cannot be its own base")
        }
        guard FileManager.default.fileExists(atPath: file) else {
            throw wrong("\(name) is not there: \(file) cannot be read", "the path is relative to this file")
        }
        let below = try read(file, basisOf: chain)
        return (node.without("base").over(below.node), [path] + below.files)
    }

    /// - Throws: `UserError` with the line of what is no YAML, or no mapping.
    init(text: String, file: String) throws {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw UserError(Self.reason(error), file: file, remedy: "check the YAML")
        }
        self = try RecipeNode(root ?? .mapping(Node.Mapping([])), file: file)
        guard members != nil else { throw UserError("expected a mapping of keys to values", file: file, at: "line \(line)") }
    }

    private static func identity(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path }

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
