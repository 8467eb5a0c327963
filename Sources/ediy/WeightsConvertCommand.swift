import ArgumentParser
import Detection
import NN
import Support

struct WeightsConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert", abstract: "Write weights in another format, or by another project's names.",
        discussion: """
            The ending of OUT says the format: .safetensors; .pth, which torch.load(weights_only=True) opens; .pkl, which
            Detectron2 opens. Without --to the names stay as they are. Values are never changed: weights for BGR pixels stay so.

              ediy weights convert moco.pth.tar backbone.safetensors --to torchvision
              ediy weights convert runs/c4/model.safetensors model.pkl --to detectron2
            """)

    enum Target: String, ExpressibleByArgument, CaseIterable {
        case torchvision, detectron2, ediy

        var layout: WeightLayout {
            switch self {
            case .torchvision: .torchvision
            case .detectron2: .detectron2
            case .ediy: .ediy
            }
        }
    }

    @Argument(help: "The weight file.") var input: String
    @Argument(help: "The file to write: .safetensors, .pth or .pkl.") var output: String
    @Option(help: "Whose names the tensors get.") var to: Target?
    @Option(help: "What the network's names begin with, where there are several: state_dict.module.encoder_k") var prefix: String?

    func validate() throws {
        if prefix != nil && to == nil { throw ValidationError("--prefix chooses what --to renames") }
    }

    func run() throws {
        let format = try WeightWriter.Format(of: output)
        let file = try WeightFile(input)
        guard let to else {
            let section = file.main
            try WeightWriter.write(section.named, as: format, to: output)
            let others = file.sections.filter { $0.name != section.name }.map { $0.name.isEmpty ? "(outermost)" : $0.name }
            print("\(output): \(section.tensors.count) tensors, by their own names\(section.name.isEmpty ? "" : ", from \(section.name)")")
            if !others.isEmpty { print("  left: \(others.joined(separator: ", "))") }
            return
        }
        let weights = try NetworkWeights(file, prefix: prefix)
        switch weights.network {
        case .backbone: _ = try weights.usableArchitecture()
        case .detector:
            let missing = try weights.missing(in: RCNNOptions(of: weights))
            guard missing.isEmpty else {
                throw UserError(
                    "is not whole: it has no \(missing.prefix(3).joined(separator: ", ")), \(missing.count) in all", file: input,
                    remedy: "ediy weights inspect says what is in it")
            }
        }
        let tensors = try weights.tensors(as: to.layout)
        try WeightWriter.write(
            tensors, as: format, wrapped: to == .detectron2, matchesHeuristically: to == .detectron2 && weights.network == .backbone,
            to: output)
        print("\(output): \(tensors.count) tensors, \(to.layout.title) names")
        print(try weights.report())
    }
}
