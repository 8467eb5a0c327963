import Foundation
import Support

/// benchmark.json, at the root of a benchmark's folder: which runs belong to it, and what a report of them needs to know.
///
/// Schema 2. Schema 1 has no titles, no baseline and candidate, and not the recipe's path.
public struct BenchmarkFile: Sendable {
    public static let name = "benchmark.json"
    public static let schema = 2
    /// Bytes; more is no benchmark.json.
    private static let limit = 1 << 24

    public let name: String
    /// Where the recipe lay, as the command named it.
    public let recipe: String?
    /// The ground truth of the validation images, and their folder; what the benchmark's folder holds by its place in it.
    public let annotations, images: String
    /// In the recipe's order.
    public let methods: [String]
    public let seeds: [UInt64]
    /// What the other methods are compared with, and what the finding is about; nil where the recipe does not say.
    public let baseline, candidate: String?
    /// What readers call methods, by name.
    public let methodTitles: [(name: String, title: String)]
    /// Of each stage's losses, in the order in which they are shown.
    public let lossTitles: [(stage: RunStage, titles: [(name: String, title: String)])]

    public init(
        name: String, recipe: String?, annotations: String, images: String, methods: [String], seeds: [UInt64], baseline: String?,
        candidate: String?, methodTitles: [(name: String, title: String)],
        lossTitles: [(stage: RunStage, titles: [(name: String, title: String)])]
    ) {
        self.name = name
        self.recipe = recipe
        self.annotations = annotations
        self.images = images
        self.methods = methods
        self.seeds = seeds
        self.baseline = baseline
        self.candidate = candidate
        self.methodTitles = methodTitles
        self.lossTitles = lossTitles
    }

    /// Nil where a folder has none.
    ///
    /// - Throws: `UserError` with file and place for what cannot be read, and of a newer schema.
    public init?(reading folder: String) throws {
        let file = "\(folder)/\(Self.name)"
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        let fields = try Fields(reading: file, limit: Self.limit)
        try fields.checkSchema(atMost: Self.schema)
        name = try fields.required("name", Fields.string)
        recipe = try fields.string("recipe")
        annotations = try fields.required("annotations", Fields.string)
        images = try fields.required("images", Fields.string)
        methods = try fields.required("methods") { fields in { try fields.list($0, each: "a name", \.string) } }
        seeds = try fields.required("seeds") { fields in
            { try fields.list($0, each: "a whole number, 0 or more") { $0.int.flatMap { UInt64(exactly: $0) } } }
        }
        baseline = try fields.string("baseline")
        candidate = try fields.string("candidate")
        methodTitles = try fields.texts("method_titles").map { ($0.name, $0.value) }
        let losses = try fields.object("loss_titles")
        lossTitles = try RunStage.allCases.compactMap { stage in
            try losses.map { (stage, try $0.texts(stage.rawValue).map { ($0.name, $0.value) }) }
        }
    }

    public var json: JSON {
        func texts(_ pairs: [(name: String, title: String)]) -> JSON { .object(pairs.map { ($0.name, .string($0.title)) }) }
        func text(_ value: String?) -> JSON { value.map(JSON.string) ?? .null }
        return [
            "schema": .int(Self.schema), "name": .string(name), "recipe": text(recipe), "annotations": .string(annotations),
            "images": .string(images), "methods": .array(methods.map(JSON.string)), "seeds": .array(seeds.map { .int(Int($0)) }),
            "baseline": text(baseline), "candidate": text(candidate), "method_titles": texts(methodTitles),
            "loss_titles": .object(lossTitles.map { ($0.stage.rawValue, texts($0.titles)) }),
        ]
    }

    /// Writes it whole or not at all.
    public func write(to folder: String) throws {
        try AtomicFile.write(json.text(pretty: true) + "\n", to: "\(folder)/\(Self.name)")
    }

    /// The folder of one of the benchmark's runs, in its own.
    public static func runFolder(_ method: String, _ seed: UInt64, _ stage: RunStage) -> String {
        "\(method)-seed\(seed)/\(stage.rawValue)"
    }
}
