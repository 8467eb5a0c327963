import ArgumentParser

struct WeightsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weights", abstract: "Look into weight files, and convert them.",
        discussion: """
            Reads .pth and .pth.tar as torch.save writes them now and wrote them before PyTorch 1.6, Detectron2's .pkl, and
            .safetensors. Nothing that a file says is run: a pickle that asks for more than data is refused by name.
            """,
        subcommands: [WeightsInspectCommand.self, WeightsConvertCommand.self])
}
