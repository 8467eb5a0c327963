import Foundation
import Recipes
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

    private enum Normalization: String, CaseIterable { case bn, syncBN = "sync_bn" }

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
        ("inner: {least_crop: 0.2}\n", "line 1: unknown key inner.least_crop; it is called min_crop_scale now"),
        ("normalization: trained\n", "normalization cannot be trained; did you mean bn?"),
        ("inner: 3\n", "expected a mapping of keys to values under inner"),
    ])
    func mistakesNameTheirLine(_ yaml: String, _ message: String) {
        #expect {
            let recipe = try section(yaml)
            _ = try recipe.value("x", default: 0)
            _ = try recipe.positive("batch", default: 1)
            _ = try recipe.choice("fruit", default: Fruit.apple)
            _ = try recipe.choice("normalization", default: Normalization.syncBN)
            let inner = try recipe.section("inner")
            _ = try inner.value("depth", default: 0)
            _ = try inner.value("min_crop_scale", default: 0.1)
            try inner.finish()
            try recipe.finish()
        } throws: { error in
            "\(error)".contains(message)
        }
    }
}
