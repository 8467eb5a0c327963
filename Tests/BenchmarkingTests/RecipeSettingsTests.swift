import Benchmarking
import Foundation
import Support
import Testing

/// Every recipe of the project has the settings that it always had: what a run of it depends on, by name and value.
@Suite struct RecipeSettingsTests {
    private static let folder = "\(CommandLineTool.project)/benchmarks"
    private static let fixture = "\(CommandLineTool.project)/Tests/BenchmarkingTests/Fixtures/settings.json"

    private static func settings(_ name: String) throws -> JSON {
        let recipe = try Recipe(reading: "\(folder)/\(name)")
        func object(_ settings: [(name: String, value: JSON)]) -> JSON {
            var seen: Set<String> = []
            return .object(
                settings.filter { seen.insert($0.name).inserted }.sorted { $0.name < $1.name }.map { (key: $0.name, value: $0.value) })
        }
        let run = recipe.pretrainingRun
        return [
            "name": .string(recipe.name), "methods": .array(recipe.methods.map(JSON.string)),
            "seeds": .array(recipe.seeds.map { .int(Int($0)) }), "watched_images": .int(recipe.watchedImages),
            "run": .array([run.workers, run.checkpointInterval, run.checkpointsKept, run.logInterval].map(JSON.int)),
            "detection": object(recipe.detectionSettings),
            "pretraining": .object(
                recipe.methods.compactMap { name in recipe.variant(name).map { (key: name, value: object(recipe.settings(of: $0))) } }),
        ]
    }

    @Test func everyRecipeHasTheSettingsThatItHad() throws {
        let golden = try JSON.read(Self.fixture)
        let recipes = try #require(golden.object)
        #expect(recipes.count >= 17)
        for (name, expected) in recipes {
            let found = try Self.settings(name)
            for (key, value) in expected.object ?? [] { #expect(found[key]?.text() == value.text(), "\(name): \(key)") }
        }
    }
}
