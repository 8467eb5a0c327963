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

    // MARK: - What is known of a key

    @Test func everyKeyIsNotedWithItsMeaning() throws {
        let recipe = try section("batch: 16\ninner: {fruit: pear}\n")
        _ = try recipe.positive("batch", default: 8, KeyDoc("Images per step", unit: "images", source: "arXiv 0000.00000"))
        _ = try recipe.fraction("momentum", default: 0.9, "How much of the last step goes on")
        _ = try recipe.value("note", as: String.self, "Nothing depends on it")
        _ = try recipe.section("inner").choice("fruit", default: Fruit.apple, "What is eaten")
        let keys = recipe.keys
        #expect(keys.map(\.name) == ["batch", "momentum", "note", "inner.fruit"])
        #expect(keys.map(\.type) == ["a whole number above 0", "a number from 0 to 1", "a word", "one of apple, pear"])
        #expect(keys.map(\.standard) == [.int(8), .double(0.9), nil, .string("apple")])
        #expect(keys.map(\.value) == [.int(16), .double(0.9), nil, .string("pear")])
        #expect(keys[0].doc == KeyDoc("Images per step", unit: "images", source: "arXiv 0000.00000"))
        #expect(keys[3].choices == ["apple", "pear"] && keys[3].doc.meaning == "What is eaten")
        #expect(keys.map { $0.origin == .standard } == [false, true, true, false])
        // What has no default bears on no number.
        #expect(recipe.settings.map(\.name) == ["batch", "momentum", "inner.fruit"])
        try recipe.finish()
    }

    @Test(arguments: [
        ("count: -1\n", "line 1: count must not be below 0, and is -1"),
        ("part: 1.5\n", "line 1: part must be 0 to 1, and is 1.5"),
        ("sizes: [1, 0]\n", "line 1: sizes must be numbers above 0"),
        ("sizes: []\n", "line 1: sizes must be numbers above 0"),
        ("side: 16\n", "line 1: side must be 32 to 64, and is 16"),
        ("word: too\n", "line 1: word cannot be too; did you mean two? It is one of one, two"),
    ])
    func boundsAreNamed(_ yaml: String, _ message: String) {
        #expect {
            let recipe = try section(yaml)
            _ = try recipe.count("count", default: 0)
            _ = try recipe.fraction("part", default: 0)
            _ = try recipe.list("sizes", default: [1])
            _ = try recipe.value("side", default: 48, in: 32...64)
            _ = try recipe.choice("word", default: "one", among: ["one", "two"])
        } throws: { "\($0)".contains(message) }
    }

    @Test func aSectionOverAnotherHasItsOwnStrangers() throws {
        let recipe = try section("plain: {a: 1, b: 2, inner: {c: 3, d: 4}}\nvaried: {b: 5, inner: {d: 6}}\n")
        let plain = try recipe.section("plain"), varied = try recipe.section("varied", over: plain)
        #expect(try varied.value("b", default: 0) == 5)
        let inner = try varied.section("inner")
        #expect(try inner.value("c", default: 0) == 3 && inner.value("d", default: 0) == 6)
        #expect(varied.settings.map(\.name) == ["varied.b", "varied.inner.c", "varied.inner.d"])
        // Nobody asked for varied.a, and it is plain's.
        for key in ["a", "b"] { _ = try plain.value(key, default: 0) }
        for key in ["c", "d"] { _ = try plain.section("inner").value(key, default: 0) }
        try recipe.finish()
    }

    @Test func twoReadersOfASectionShareWhatIsKnown() throws {
        let recipe = try section("part: {a: 1, b: 2}\n")
        let one = try recipe.section("part"), other = one.forAnotherReader()
        _ = try one.value("a", default: 0)
        #expect(throws: UserError.self) { try recipe.finish() }
        _ = try other.value("b", default: 0)
        try recipe.finish()
        #expect(one.settings.map(\.name) == ["part.a"] && other.settings.map(\.name) == ["part.b"])
    }

    @Test func whatAnotherRecipeCouldHaveIsExplained() throws {
        let recipe = try section("a: 1\nregions: 2\n")
        _ = try recipe.value("a", default: 0)
        let other = recipe.forAnotherReader(isKnown: false)
        _ = try other.value("a", default: 0) + other.value("regions", default: 0)
        recipe.disclaim(keysOf: other, isFor: "e-diy")
        #expect { try recipe.finish() } throws: { "\($0)".contains("line 2: regions is for e-diy, which the recipe does not compare") }
    }
}
