import Benchmarking
import DataLoading
import Foundation
import NN
import Pretraining
import Support
import TestSupport
import Testing
import Vision

/// The learning rate and τ of every recipe at their ends and corners, against the rules of BYOL and Detectron2:
/// Fixtures/make_schedules.py.
@Suite struct RecipeScheduleTests {
    /// The recipes' names and paths: all of benchmarks/, and one with what those leave out.
    static let recipes: [String: String] = {
        let folder = URL(fileURLWithPath: fixture("../../../benchmarks")).standardizedFileURL.path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let paths = names.filter { $0.hasSuffix(".yaml") }.map { (String($0.dropLast(5)), "\(folder)/\($0)") }
        return Dictionary(uniqueKeysWithValues: paths + [("schedules", fixture("schedules.yaml"))])
    }()

    @Test func everyRecipeHasItsNumbers() throws {
        let golden = try #require(JSON.read(fixture("schedules.json")).object)
        #expect(Set(golden.map(\.key)) == Set(Self.recipes.keys), "make_schedules.py makes them again")
    }

    @Test(arguments: recipes.keys.sorted()) func pretraining(_ name: String) throws {
        let golden = try #require(JSON.read(fixture("schedules.json"))[name])
        let recipe = try Recipe(reading: #require(Self.recipes[name]))
        let methods = try #require(golden["pretraining"]?.object)
        #expect(methods.map(\.key) == recipe.methods.filter { $0 != Recipe.scratch })
        let images = try #require(golden["images"]?.int)
        for (method, expected) in methods {
            let schedule = try PretrainingSchedule(recipe, method, images: images)
            #expect(schedule.iterations == expected["iterations"]?.int, "\(method)")
            for point in expected["points"]?.array ?? [] {
                let numbers = point.doubles, iteration = Int(numbers[0])
                let (rate, tau) = try schedule(iteration)
                #expect(abs(rate - numbers[1]) <= 1e-12 * max(numbers[1], 1), "\(method) at \(iteration)")
                #expect(abs(tau - numbers[2]) <= 1e-12, "\(method) at \(iteration)")
            }
        }
    }

    @Test(arguments: recipes.keys.sorted()) func detection(_ name: String) throws {
        let expected = try #require(JSON.read(fixture("schedules.json"))[name]?["detection"])
        let options = try Recipe(reading: #require(Self.recipes[name])).detection
        #expect(options.iterations == expected["iterations"]?.int)
        let points = try #require(expected["points"]?.array)
        for point in points {
            let numbers = point.doubles
            let rate = options.schedule.learningRate(at: Int(numbers[0]))
            #expect(abs(rate - numbers[1]) <= 1e-12 * numbers[1], "at \(numbers[0])")
        }
    }
}

/// How a method's pretraining goes by a recipe, asked of the stage itself; its network is made small, which a schedule does not
/// depend on.
private struct PretrainingSchedule {
    private let stage: PretrainingStage

    init(_ recipe: Recipe, _ method: String, images: Int) throws {
        let variant = try #require(recipe.variant(method))
        var (options, method) = (variant.options, variant.method)
        options.backbone = ResNetOptions(.r18, width: 8)
        switch method {
        case var byol as BYOLOptions:
            byol.hiddenSize = 8
            method = byol
        case var ediy as EDIYOptions:
            (ediy.byol.hiddenSize, ediy.regions.hiddenSize) = (8, 8)
            method = ediy
        default: break
        }
        stage = PretrainingStage(method, options, images: Counted(count: images), seed: 0)
    }

    var iterations: Int { stage.iterations }

    func callAsFunction(_ iteration: Int) throws -> (rate: Double, tau: Double) {
        let tau = stage.observations(at: iteration).first { $0.name == "tau" }
        return (stage.schedule.learningRate(at: iteration), try #require(tau).value)
    }
}

/// So many images, none of which is looked at.
private struct Counted: ImageSource {
    let count: Int
    func name(_ index: Int) -> String { "\(index)" }
    func image(_ index: Int) throws -> ImageFile { throw UserError("is not there", file: name(index)) }
}
