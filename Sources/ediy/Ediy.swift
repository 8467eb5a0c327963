import ArgumentParser
import Foundation
import Support
import Torch

/// The command line. Each subcommand is a file of its own that reads its arguments and calls one room.
struct Ediy: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ediy",
        abstract: "How much does a self-supervised pretraining method help a detector?",
        discussion: """
            Pretrain a backbone with E-DIY or BYOL, fine-tune Mask R-CNN from its weights, compute COCO AP, and compare.

            Everything at once, from a recipe:
              ediy benchmark benchmarks/shapes.yaml

            The same stage by stage:
              ediy pretrain RECIPE --method e-diy --output runs/a
              ediy finetune RECIPE --backbone runs/a/backbone.safetensors --output runs/b
              ediy report runs/a runs/b --output runs/report
            """,
        version: "0.1.0",
        subcommands: [
            BenchmarkCommand.self, PretrainCommand.self, FinetuneCommand.self, EvaluateCommand.self, CompareCommand.self,
            ExplainCommand.self, PredictCommand.self, InspectCommand.self, LinearCommand.self, WeightsCommand.self,
            ReportCommand.self, RunsCommand.self, RecipeCommand.self, DatasetCommand.self, DoctorCommand.self,
        ])
}

@main
enum Main {
    static func main() {
        do {
            var command = try Ediy.parseAsRoot()
            try command.run()
        } catch let error as UserError {
            // Of several processes the leader needs no name.
            let rank = (try? ProcessPlace.fromEnvironment())?.rank ?? 0
            FileHandle.standardError.write(Data("ediy: \(rank > 0 ? "process \(rank): " : "")\(error)\n".utf8))
            exit(1)
        } catch {
            Ediy.exit(withError: error)
        }
    }
}
