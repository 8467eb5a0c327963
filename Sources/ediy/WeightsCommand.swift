import ArgumentParser

struct WeightsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weights", abstract: "Look into weight files, and convert them.",
        discussion: """
            Reads .pth and .pth.tar as torch.save writes them now and wrote them before PyTorch 1.6, Detectron2's .pkl, and
            .safetensors; weights that are spread over several files by their folder, their index or one of them. Nothing that a
            file says is run: a pickle that asks for more than data is refused by name, and what belongs to other packages, a
            trainer's configuration say, is passed over.
            """,
        subcommands: [WeightsInspectCommand.self, WeightsConvertCommand.self])
}
