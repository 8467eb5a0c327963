import ArgumentParser
import Benchmarking
import Support

struct RecipeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipe", abstract: "Show what a recipe says, or all keys that recipes can have.",
        discussion: """
              ediy recipe show benchmarks/coco-r50-c4-2x.yaml
              ediy recipe keys
            """,
        subcommands: [Show.self, Keys.self])

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Print every key of a recipe with its value, and the file and line it comes from.",
            discussion: "A key that neither the recipe nor one of its bases gives has its default. Of variants, what they change.")

        @Argument(help: "The recipe, a YAML file; see benchmarks/.") var recipe: String
        @Flag(help: "As JSON.") var json = false

        func run() throws {
            let recipe = try Recipe(reading: recipe)
            print(json ? recipe.keyJSON.text(pretty: true) : recipe.keyTable)
        }
    }

    struct Keys: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "keys", abstract: "Print the reference: each key, its type, default, unit, meaning and source.",
            discussion:
                "In Markdown: benchmarks/KEYS.md is what this prints. A key that is there with some words of another key alone is told with them."
        )

        @Flag(help: "As JSON.") var json = false

        func run() throws {
            let reference = try RecipeReference()
            print(json ? reference.json.text(pretty: true) : reference.text)
        }
    }
}
