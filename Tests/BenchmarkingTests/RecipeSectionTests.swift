import Benchmarking
import Foundation
import Pretraining
import Support
import Testing

@Suite struct RecipeSectionTests {
    private func section(_ yaml: String) throws -> RecipeSection {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID()).yaml").path
        try AtomicFile.write(yaml, to: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try RecipeSection(reading: path)
    }

    private enum Fruit: String, CaseIterable { case apple, pear }

    @Test func valuesAreTyped() throws {
        let recipe = try section("a: 3\nb: 2.5\nc: [1, 2]\nd: {e: true}\nf: pear\ng: 1e-3\n")
        #expect(try recipe.value("a", default: 0) == 3)
        #expect(try recipe.value("b", default: 0.0) == 2.5)
        #expect(try recipe.value("c", default: [Int]()) == [1, 2])
        #expect(try recipe.section("d").value("e", default: false))
        #expect(try recipe.choice("f", default: Fruit.apple) == .pear)
        #expect(try recipe.value("g", default: 0.0) == 0.001)
        #expect(try recipe.value("missing", default: 7) == 7)
        try recipe.finish()
    }

    @Test(arguments: [
        ("x: 1\nbatch: 2.5\n", "line 2: batch must be a whole number, and is '2.5'"),
        ("bath: 2\n", "line 1: unknown key bath; did you mean batch?"),
        ("batch: -1\n", "batch must be a number above 0"),
        ("a: [1, 2\n", "line"),
        ("- 1\n", "expected a mapping"),
        ("batch: 1\nbatch: 2\n", "twice"),
        ("fruit: apples\n", "fruit cannot be apples; did you mean apple?"),
        ("inner: {deph: 1}\n", "unknown key inner.deph; did you mean depth?"),
        ("inner: 3\n", "expected a mapping of keys to values under inner"),
    ])
    func mistakesNameTheirLine(_ yaml: String, _ message: String) {
        #expect {
            let recipe = try section(yaml)
            _ = try recipe.value("x", default: 0)
            _ = try recipe.positive("batch", default: 1)
            _ = try recipe.choice("fruit", default: Fruit.apple)
            let inner = try recipe.section("inner")
            _ = try inner.value("depth", default: 0)
            try inner.finish()
            try recipe.finish()
        } throws: { error in
            "\(error)".contains(message)
        }
    }

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
