import Foundation
import Recipes
import Support
import Testing

/// `base: other.yaml`: a recipe is what differs.
@Suite final class RecipeBaseTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID())")

    init() throws { try FileManager.default.createDirectory(at: folder.appendingPathComponent("below"), withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    private func write(_ files: [String: String]) throws {
        for (name, text) in files { try AtomicFile.write(text, to: path(name)) }
    }

    private func read(_ name: String) throws -> RecipeSection { try RecipeSection(reading: path(name)) }

    @Test func whatIsLeftOutIsTheBases() throws {
        try write([
            "far.yaml": "a: 1\nlist: [1, 2]\npart: {x: 1, y: 2}\n",
            "below/near.yaml": "base: ../far.yaml\npart: {y: 3}\n",
            "own.yaml": "base: below/near.yaml\nlist: [7]\npart:\n  z: 4\n",
        ])
        let recipe = try read("own.yaml")
        let part = try recipe.section("part")
        #expect(try recipe.value("a", default: 0) == 1)
        #expect(try recipe.value("list", default: [Int]()) == [7])
        #expect(try ["x", "y", "z", "w"].map { try part.value($0, default: 0) } == [1, 3, 4, 0])
        try recipe.finish()
        let places = recipe.keys.map { key -> String in
            guard case .given(let file, let line) = key.origin else { return "default" }
            return "\(URL(fileURLWithPath: file).lastPathComponent) \(line)"
        }
        #expect(places == ["far.yaml 1", "own.yaml 2", "far.yaml 3", "near.yaml 2", "own.yaml 4", "default"])
        #expect(recipe.files.map { URL(fileURLWithPath: $0).lastPathComponent } == ["own.yaml", "near.yaml", "far.yaml"])
    }

    @Test func theMergedTextIsTheSameRecipe() throws {
        try write(["far.yaml": "a: 1\nb: yes\npart: {x: 1.0e-4, y: 'on'}\n", "own.yaml": "base: far.yaml\nb: no\npart: {z: [1, 2]}\n"])
        let recipe = try read("own.yaml")
        try write(["merged.yaml": try recipe.merged()])
        func settings(_ recipe: RecipeSection) throws -> [String] {
            let part = try recipe.section("part")
            _ = try (recipe.value("a", default: 0), recipe.value("b", default: true))
            _ = try (part.value("x", default: 0.0), part.value("y", default: ""), part.value("z", default: [0]))
            try recipe.finish()
            return recipe.settings.map { "\($0.name) \($0.value.text())" }
        }
        #expect(try settings(read("merged.yaml")) == settings(recipe))
    }

    @Test func nullTakesAKeyAway() throws {
        try write(["far.yaml": "a: 1\npart: {x: 1}\n", "own.yaml": "base: far.yaml\na: null\npart:\n"])
        let recipe = try read("own.yaml")
        #expect(try recipe.value("a", default: 9) == 9)
        #expect(try recipe.section("part").value("x", default: 9) == 9)
        try recipe.finish()
    }

    @Test func whatABaseHasForAnotherRecipeIsLetBe() throws {
        try write(["far.yaml": "a: 1\nregions: {grid: 2}\nfruit: 1\n", "own.yaml": "base: far.yaml\na: 2\n"])
        let recipe = try read("own.yaml"), other = recipe.forAnotherReader(isKnown: false)
        _ = try other.section("regions")
        _ = try recipe.value("a", default: 0)
        recipe.disclaim(keysOf: other, isFor: "e-diy")
        // And what nobody could ask for is not.
        #expect { try recipe.finish() } throws: { "\($0)".contains("far.yaml: line 3: unknown key fruit") }
        _ = try recipe.value("fruit", default: 0)
        try recipe.finish()
    }

    @Test(arguments: [
        (["own.yaml": "a: 1\nbase: nowhere.yaml\n"], "own.yaml: line 2: base nowhere.yaml is not there"),
        (["own.yaml": "base: own.yaml\n"], "own.yaml: line 1: base own.yaml comes back to"),
        (["own.yaml": "base: b.yaml\n", "b.yaml": "c: 1\nbase: ./own.yaml\n"], "b.yaml: line 2: base ./own.yaml comes back to"),
        (["own.yaml": "base: [a.yaml]\n"], "own.yaml: line 1: base must be the path of a recipe"),
        (["own.yaml": "base: b.yaml\n", "b.yaml": "a: 1\nfruits: 2\n"], "b.yaml: line 2: unknown key fruits"),
        (["own.yaml": "base: b.yaml\n", "b.yaml": "\n\na: x\n"], "b.yaml: line 3: a must be a whole number, and is 'x'"),
        (["own.yaml": "base: b.yaml\n", "b.yaml": "a: -1\n"], "b.yaml: line 1: a must be a number above 0"),
        (["own.yaml": "base: b.yaml\n", "b.yaml": "a: [1\n"], "b.yaml: line"),
        (["own.yaml": "base: b.yaml\npart: 3\n", "b.yaml": "part: {x: 1}\n"], "own.yaml: line 2: expected a mapping"),
    ])
    func faultsNameTheirFileAndLine(_ files: [String: String], _ message: String) throws {
        try write(files)
        #expect {
            let recipe = try read("own.yaml")
            _ = try recipe.positive("a", default: 1)
            _ = try recipe.section("part").value("x", default: 1)
            try recipe.finish()
        } throws: { "\($0)".contains(message) && !"\($0)".contains("\n") }
    }
}
