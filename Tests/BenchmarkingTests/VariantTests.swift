import Benchmarking
import Foundation
import Pretraining
import Support
import Testing

@Suite struct VariantTests {
    private func recipe(_ variants: String, methods: String = "[byol, wide]") throws -> Recipe {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID()).yaml").path
        try AtomicFile.write(
            """
            name: x
            dataset: {kind: shapes, train: 4, val: 4, unlabeled: 4}
            methods: \(methods)
            pretraining: {epochs: 3, warmup_epochs: 1, regions: {grid: 3, diversity: 0.5}}
            variants:
              \(variants)
            """, to: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try Recipe(reading: path)
    }

    @Test func aVariantDiffersInWhatItNames() throws {
        let recipe = try recipe("wide: {pretraining: {regions: {diversity: 2}}}")
        let (plain, wide) = try (#require(recipe.variant("e-diy")), #require(recipe.variant("wide")))
        let (own, varied) = try (#require(plain.method as? EDIYOptions).regions, #require(wide.method as? EDIYOptions).regions)
        #expect(varied.diversity == 2 && varied.grid == 3 && wide.options.epochs == 3)
        #expect(own.diversity == 0.5 && recipe.pretraining.epochs == 3)
        #expect(recipe.variant("byol")?.method is BYOLOptions && recipe.variant("none") == nil)
        let differing = zip(plain.settings, wide.settings).filter { $0.value != $1.value || $0.name != $1.name }
        #expect(plain.settings.count == wide.settings.count && differing.map(\.0.name) == ["pretraining.regions.diversity"])
    }

    /// A recipe with keys of E-DIY's own, by its methods.
    private func recipe(methods: String, variants: String = "{}") throws -> Recipe {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID()).yaml").path
        try AtomicFile.write(
            """
            name: x
            methods: \(methods)
            variants: \(variants)
            pretraining:
              hidden_size: 64
              regions: {grid: 3}
            """, to: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try Recipe(reading: path)
    }

    @Test func aKeyIsOfAMethodThatTheRecipeCompares() throws {
        // Where E-DIY is, BYOL is pretrained from the same section, and has no regions among its settings.
        for recipe in [try recipe(methods: "[byol, e-diy]"), try recipe(methods: "[byol, wide]", variants: "{wide: {}}")] {
            func names(_ method: String) throws -> [String] { try #require(recipe.variant(method)).settings.map(\.name) }
            #expect(try names("e-diy").contains("pretraining.regions.grid") && !names("byol").contains("pretraining.regions.grid"))
            #expect(try names("byol").contains("pretraining.hidden_size"))
        }
        for methods in ["[byol]", "[none, byol]"] {
            #expect { try recipe(methods: methods) } throws: {
                "\($0)".contains("line 6: pretraining.regions is for e-diy, which the recipe does not compare")
            }
        }
        #expect { try recipe(methods: "[none]") } throws: {
            "\($0)".contains("line 5: pretraining.hidden_size is for byol or e-diy, which the recipe does not compare")
        }
        #expect { try recipe(methods: "[e-diy, plain]", variants: "{plain: {method: byol, pretraining: {regions: {grid: 2}}}}") } throws: {
            "\($0)".contains("line 3: unknown key variants.plain.pretraining.regions")
        }
        _ = try recipe(methods: "[e-diy, plain]", variants: "{plain: {method: byol, pretraining: {epochs: 300}}}")
    }

    @Test(arguments: [
        ("wide: {pretraining: {regions: {diversty: 2}}}", "[wide]", "unknown key variants.wide.pretraining.regions.diversty"),
        ("byol: {pretraining: {epochs: 1}}", "[byol]", "must be a name of its own"),
        ("../up: {pretraining: {epochs: 1}}", "[byol]", "must be a name of its own"),
        ("wide: {pretraining: {epochs: 1}}", "[wid]", "did you mean wide?"),
    ])
    func faultsOfVariantsAreNamed(_ variants: String, _ methods: String, _ message: String) {
        #expect { try recipe(variants, methods: methods) } throws: { "\($0)".contains(message) }
    }
}
