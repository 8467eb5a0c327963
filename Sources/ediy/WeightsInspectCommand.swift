import ArgumentParser
import Detection
import NN
import Support
import Torch

struct WeightsInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Say what is in a weight file: names, shapes, types, and what network it is.",
        discussion: """
              ediy weights inspect moco_v2_800ep_pretrain.pth.tar
              ediy weights inspect model_final.pkl --summary
            """)

    @Argument(help: "The weight file.") var file: String
    @Option(help: "What the network's names begin with, where there are several: state_dict.module.encoder_k") var prefix: String?
    @Flag(help: "Leave out the list of tensors.") var summary = false

    func run() throws {
        let weights = try WeightFile(file)
        let count = weights.sections.reduce(0) { $0 + $1.tensors.count }
        print("\(file): \(weights.format.rawValue), \(count) tensors, \(size(weights.sections.reduce(0) { $0 + $1.byteCount }))")
        for section in weights.sections where weights.sections.count > 1 || !section.name.isEmpty {
            let name = section.name.isEmpty ? "(outermost)" : section.name
            print("  \(name): \(section.tensors.count) tensors, \(size(section.byteCount))")
        }
        for section in weights.sections where !section.unread.isEmpty {
            print("  not read: \(NetworkWeights.gathered(section.unread))")
        }
        if !weights.notes.isEmpty { print(weights.notes.prefix(12).map { "  \($0.name): \($0.value)" }.joined(separator: "\n")) }
        do {
            print(try NetworkWeights(weights, prefix: prefix).report())
        } catch let error as UserError where prefix == nil {
            print("looks like: nothing that is known\n  \(error.problem)")
        }
        guard !summary else { return }
        for section in weights.sections {
            print("")
            if !section.name.isEmpty { print("\(section.name):") }
            let rows = section.tensors.map { [$0.name, "\($0.shape)", "\($0.dtype)"] }
            print(aligned(rows, words: [0, 1, 2]).joined(separator: "\n"))
        }
    }

    private func size(_ bytes: Int) -> String {
        bytes < 1 << 20 ? "\((bytes + 1023) >> 10) KiB" : "\(bytes >> 20).\((bytes & 0xFFFFF) * 10 >> 20) MiB"
    }
}

extension NetworkWeights {
    /// What the network is, what matched, what was left, what is missing, and what it expects of pixels.
    func report() throws -> String {
        var lines: [String] = []
        let below = prefix.isEmpty ? "" : " below \(prefix)"
        var missing: [String] = []
        let architecture = architecture
        switch network {
        case .backbone:
            lines.append("looks like: \(architecture.title), \(layout.title) names\(below)")
            missing = missingInBackbone
            if missing.isEmpty, let problem = architecture.problem { lines.append("  not usable: it \(problem)") }
        case .detector:
            do {
                let options = try RCNNOptions(of: self)
                missing = try self.missing(in: options)
                lines.append(
                    "looks like: \(options.name), \(options.classes) categories, \(layout.title) names\(below)")
            } catch let error as UserError {
                lines.append("looks like: a detector with \(layout.title) names\(below)\n  not usable: it \(error.problem)")
            }
        }
        lines.append("  matched: \(names.count) tensors")
        lines.append("  left: \(left.isEmpty ? "none" : "\(left.count): \(Self.gathered(left))")")
        lines.append("  missing: \(missing.isEmpty ? "none" : "\(missing.count): \(missing.prefix(5).joined(separator: ", "))")")
        if !others.isEmpty { lines.append("  also in the file: \(others.joined(separator: ", ")) (choose by --prefix)") }
        lines.append("  expects: \(convention.text)\n           (\(convention.reason))")
        return lines.joined(separator: "\n")
    }

    /// What a detector asks for, and the file does not have.
    func missing(in options: RCNNOptions) throws -> [String] {
        try LibTorch.load()
        return RCNN(options, using: Generator(seed: 0)).state("").map(\.name).filter {
            self[$0] == nil && !$0.hasSuffix("num_batches_tracked")
        }
    }
}
