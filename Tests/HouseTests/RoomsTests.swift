import Foundation
import Testing

/// The rooms of Sources/ and what each may import: what stands below it, as CONTRIBUTING.md draws them. SwiftPM alone does not
/// hold them to it, since a module that another one depends on can be imported without being named.
@Suite struct RoomsTests {
    private static let below: [String: Set<String>] = {
        let ground: Set = ["Support", "Recipes", "Runs"]
        let tensors = ground.union(["Torch", "NN"])
        let data = tensors.union(["Vision", "COCO", "DataLoading"])
        let stages = data.union(["Training"])
        return [
            "Support": [], "Recipes": ["Support"], "Runs": ["Support"], "Vision": ["Support"], "COCO": ["Support"],
            "Torch": ["Support"], "NN": ground.union(["Torch"]), "DataLoading": data.subtracting(["DataLoading"]),
            "Training": data, "Pretraining": stages, "Detection": stages, "Reporting": ["Support", "Runs", "Vision", "COCO"],
            "Benchmarking": stages.union(["Pretraining", "Detection", "Reporting"]),
            "ediy": stages.union(["Pretraining", "Detection", "Reporting", "Benchmarking"]),
        ]
    }()

    private static let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Sources").standardized

    private static func files(of room: String) throws -> [(name: String, text: String)] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: sources.appendingPathComponent(room).path)
        return try paths.filter { $0.hasSuffix(".swift") }.map {
            ("\(room)/\($0)", try String(contentsOf: sources.appendingPathComponent("\(room)/\($0)"), encoding: .utf8))
        }
    }

    /// The modules that a file imports.
    private static func imports(of text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let place = words.firstIndex(of: "import"), words.prefix(place).allSatisfy({ $0.hasPrefix("@") || $0 == "public" })
            else { return nil }
            return words.dropFirst(place + 1).last.map(String.init)
        }
    }

    @Test func everyRoomIsDrawn() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.sources.path).filter { folder in
            try !Self.files(of: folder).isEmpty
        }
        #expect(Set(folders) == Set(Self.below.keys))
    }

    @Test(arguments: below.keys.sorted())
    func importsGoDownwards(_ room: String) throws {
        let allowed = try #require(Self.below[room])
        for file in try Self.files(of: room) {
            for module in Self.imports(of: file.text) where Self.below.keys.contains(module) {
                #expect(allowed.contains(module), "\(file.name) imports \(module)")
            }
        }
    }
}
