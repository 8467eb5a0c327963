import Foundation
import Support

/// The files that weights are spread over, as Hugging Face's tools write them: `model-00001-of-00002.safetensors` and its like,
/// with an index beside them that says which tensor lies where.
enum WeightShards {
    static let maximumShards = 1000
    static let maximumIndexLength = 64 << 20

    /// The files that `path` stands for: a folder, an index, or one of the shards; nil for a file that stands for itself.
    ///
    /// - Throws: `UserError` naming the file that is missing.
    static func files(of path: String) throws -> [String]? {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
        if isFolder.boolValue { return try files(inFolder: path) }
        if path.hasSuffix(".index.json") { return try files(ofIndex: path) }
        return try siblings(of: path)
    }

    private static func files(inFolder folder: String) throws -> [String] {
        for stem in ["model.safetensors", "pytorch_model.bin"] {
            for (name, isIndex) in [("\(stem).index.json", true), (stem, false)] where exists("\(folder)/\(name)") {
                return isIndex ? try files(ofIndex: "\(folder)/\(name)") : ["\(folder)/\(name)"]
            }
        }
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        if let shard = names.first(where: { place(of: $0) != nil }), let files = try siblings(of: "\(folder)/\(shard)") { return files }
        throw UserError(
            "is a folder without model.safetensors, pytorch_model.bin or shards of them", file: folder,
            remedy: "name the weight file itself")
    }

    private static func files(ofIndex path: String) throws -> [String] {
        let file = try MappedFile(path)
        guard file.count <= maximumIndexLength else { throw file.error("is too large for an index of weights") }
        guard let map = try JSON(parsing: Array(file.bytes), file: path)["weight_map"]?.object, !map.isEmpty else {
            throw file.error("has no weight_map, which says where tensors lie")
        }
        var names: [String] = [], known: Set<String> = []
        for (tensor, value) in map {
            guard let name = value.string, !name.contains("/"), name != "..", !name.isEmpty else {
                throw file.error("is said to lie in no proper file", at: tensor)
            }
            if known.insert(name).inserted { names.append(name) }
        }
        guard names.count <= maximumShards else { throw file.error("names \(names.count) files, more than any weights have") }
        let folder = folder(of: path)
        for name in names where !exists("\(folder)/\(name)") {
            throw UserError("is missing, and \(path) says that tensors lie in it", file: "\(folder)/\(name)", remedy: "get it too")
        }
        return names.sorted().map { "\(folder)/\($0)" }
    }

    /// All shards of which `path` is one; nil where it is none.
    private static func siblings(of path: String) throws -> [String]? {
        guard let (stem, index, count, ending) = place(of: URL(fileURLWithPath: path).lastPathComponent) else { return nil }
        guard (1...maximumShards).contains(count), (1...count).contains(index) else { return nil }
        func padded(_ i: Int) -> String { String(repeating: "0", count: 5 - "\(i)".count) + "\(i)" }
        let files = (1...count).map { "\(folder(of: path))/\(stem)-\(padded($0))-of-\(padded(count)).\(ending)" }
        for file in files where !exists(file) {
            throw UserError("is missing: \(path) is shard \(index) of \(count)", file: file, remedy: "get all \(count) files")
        }
        return files
    }

    /// `model-00002-of-00003.safetensors` → ("model", 2, 3, "safetensors")
    private static func place(of name: String) -> (stem: String, index: Int, count: Int, ending: String)? {
        guard let match = name.wholeMatch(of: /(.+)-([0-9]{5})-of-([0-9]{5})\.(safetensors|bin|pth|pt)/),
            let index = Int(match.2), let count = Int(match.3)
        else { return nil }
        return (String(match.1), index, count, String(match.4))
    }

    private static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    private static func folder(of path: String) -> String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "." }
}
