import Benchmarking
import Foundation
import Support
import Testing

/// What a recipe's report compares.
@Suite struct RecipeComparisonTests {
    private func recipe(_ lines: String) throws -> Recipe {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID()).yaml").path
        try AtomicFile.write("name: x\ndataset: {kind: shapes}\n\(lines)\n", to: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try Recipe(reading: path)
    }

    @Test(arguments: [
        ("methods: [none, byol, e-diy]", "byol", "e-diy"), ("methods: [e-diy, none]", "none", "e-diy"),
        ("methods: [none, byol, e-diy]\nbaseline: e-diy", "e-diy", "byol"),
        ("methods: [none, byol, e-diy]\ncandidate: byol", "none", "byol"),
        ("methods: [none, byol, e-diy]\nbaseline: none\ncandidate: byol", "none", "byol"),
    ])
    func itIsTheRecipesOrTheUsual(_ lines: String, _ baseline: String, _ candidate: String) throws {
        let recipe = try recipe(lines)
        #expect(recipe.baseline == baseline && recipe.candidate == candidate)
    }

    @Test func oneMethodIsComparedWithNothing() throws {
        let recipe = try recipe("methods: [e-diy]")
        #expect(recipe.candidate == nil && recipe.baseline == "e-diy")
    }

    @Test(arguments: [
        ("methods: [none, byol]\nbaseline: e-diy", "line 4: baseline is e-diy, which is none of methods: none, byol"),
        ("methods: [none, byol]\nbaseline: byol\ncandidate: byol", "candidate is the baseline too"),
    ])
    func faultsAreNamed(_ lines: String, _ told: String) {
        #expect { try recipe(lines) } throws: { "\($0)".contains(told) }
    }
}
