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
        let recipe = try recipe("wide: {method: byol, pretraining: {regions: {diversity: 2}}}")
        let (plain, wide) = try (#require(recipe.variant("byol")), #require(recipe.variant("wide")))
        #expect(wide.options.regions.diversity == 2 && wide.options.regions.grid == 3 && wide.options.epochs == 3)
        #expect(plain.options.regions.diversity == 0.5 && recipe.pretraining.regions.diversity == 0.5)
        #expect(wide.method == .byol && recipe.variant("e-diy")?.method == .eDIY && recipe.variant("none") == nil)
        let differing = zip(plain.settings, wide.settings).filter { $0.value != $1.value || $0.name != $1.name }
        #expect(plain.settings.count == wide.settings.count && differing.map(\.0.name) == ["pretraining.regions.diversity"])
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
