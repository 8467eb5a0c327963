import ArgumentParser
import Reporting
import Support

struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "List runs: status, AP, age; or show one.",
        discussion: """
              ediy runs
              ediy runs runs/shapes --json
              ediy runs show runs/shapes/e-diy-seed0/finetune
            """,
        subcommands: [List.self, Show.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List the runs below a folder.")

        @Argument(help: "The folder.") var folder = "runs"
        @Flag(help: "As JSON.") var json = false

        func run() throws {
            let list = try RunList(folder)
            for problem in list.problems { StandardError.line(problem) }
            if json { return print(list.json.text(pretty: true)) }
            print(list.entries.isEmpty ? "no runs below \(folder)" : list.text)
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a run: its numbers and its protocol.")

        @Argument(help: "A run folder.") var folder: String
        @Flag(help: "As JSON.") var json = false

        func run() throws {
            let record = try RunRecord(reading: folder)
            print(json ? record.json.text(pretty: true) : record.text)
        }
    }
}
