import Benchmarking
import Foundation
import Support
import Testing

/// `ediy recipe`: what a recipe says, and the reference of keys.
@Suite struct RecipeCommandTests {
    private let folder = "\(CommandLineTool.project)/benchmarks"

    private func ediy(_ arguments: String...) throws -> String {
        // Nothing of libtorch is needed.
        let result = try CommandLineTool.run(arguments, environment: ["EDIY_TORCH": "/nowhere"])
        #expect(result.status == 0, "\(result.error)")
        return result.output
    }

    @Test func thePageOfKeysIsCurrent() throws {
        let page = try String(contentsOfFile: "\(folder)/KEYS.md", encoding: .utf8)
        #expect(try ediy("recipe", "keys") == page, "make it again: ediy recipe keys > benchmarks/KEYS.md")
    }

    @Test func everyKeyHasAMeaning() throws {
        let reference = try RecipeReference()
        for entry in reference.entries where entry.key.doc.meaning.isEmpty { Issue.record("\(entry.key.name) has no meaning") }
        #expect(Set(reference.entries.map(\.key.name)).count == reference.entries.count && reference.entries.count > 60)
    }

    @Test(arguments: [
        ("pretraining.regions.grid", "methods: e-diy"), ("detection.pyramid_channels", "detection.design: fpn"),
        ("detection.gradient_clip_at", "detection.gradient_clip: value or norm or full_model"),
        ("dataset.val", "dataset.kind: shapes"), ("dataset.metrics", "dataset.kind: coco"), ("pretraining.hidden_size", nil),
        ("detection.batch", nil),
    ])
    func aKeyIsToldWithItsCondition(_ name: String, _ condition: String?) throws {
        let entry = try #require(RecipeReference().entries.first { $0.key.name == name })
        #expect(entry.condition == condition)
    }

    @Test func defaultsOfOtherWordsAreTold() throws {
        let entry = try #require(RecipeReference().entries.first { $0.key.name == "detection.pre_nms_topk" })
        #expect(entry.key.standard == 12000)
        #expect(entry.otherDefaults.map(\.condition) == ["detection.design: fpn"] && entry.otherDefaults[0].standard == 2000)
    }

    @Test func theReferenceIsForProgramsToo() throws {
        let keys = try #require(JSON(parsing: Array(ediy("recipe", "keys", "--json").utf8)).array)
        let entry = try #require(keys.first { $0["key"] == "pretraining.optimizer" })
        #expect(
            entry["choices"] == ["lars", "sgd"] && entry["default"] == "lars" && entry["source"]?.string?.contains("2006.07733") == true)
    }

    @Test func aRecipeIsShownWithItsOrigins() throws {
        let lines = try ediy("recipe", "show", "\(folder)/coco-r50-fpn-2x.yaml").split(separator: "\n").map {
            $0.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        }
        func line(_ key: String) throws -> [String] { try #require(lines.first { $0[0] == key }) }
        func file(_ name: String) -> String { "\(folder)/\(name).yaml," }
        #expect(try line("detection.iterations")[1...2] == ["180000", file("coco-r50-fpn-2x")])
        #expect(try line("detection.design")[1...2] == ["fpn", file("coco-r50-fpn-1x")])
        #expect(try line("detection.freeze_at")[1...2] == ["0", file("coco-r50-c4-1x")])
        #expect(try line("detection.flip") == ["detection.flip", "0.5", "default"])
        let json = try JSON(parsing: Array(ediy("recipe", "show", "\(folder)/coco-r50-fpn-2x.yaml", "--json").utf8)).array ?? []
        let iterations = try #require(json.first { $0["key"] == "detection.iterations" })
        #expect(iterations["value"] == 180000 && iterations["default"] == 90000 && (iterations["line"]?.int ?? 0) > 1)
        // Of variants, what they change.
        let ablation = try ediy("recipe", "show", "\(folder)/shapes-ablation.yaml")
        #expect(
            ablation.contains("variants.diversity-1.pretraining.regions.diversity")
                && !ablation.contains("diversity-1.pretraining.regions.grid"))
        let wrong = try CommandLineTool.run(["recipe", "show", "/nowhere.yaml"])
        #expect(wrong.status == 1 && wrong.error.contains("/nowhere.yaml: cannot be read"))
    }
}
