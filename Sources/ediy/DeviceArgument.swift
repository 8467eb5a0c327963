import ArgumentParser
import Torch

/// `cpu`, `cuda` or `cuda:1`, as PyTorch spells them.
extension Device: ExpressibleByArgument {
    public init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        switch (parts.first, parts.count) {
        case ("cpu", 1): self = .cpu
        case ("cuda", 1): self = .cuda(0)
        case ("cuda", 2):
            guard let index = Int(parts[1]), (0..<64).contains(index) else { return nil }
            self = .cuda(index)
        default: return nil
        }
    }
}

struct DeviceOptions: ParsableArguments {
    @Option(
        help:
            "cpu, cuda or cuda:1; by default the first CUDA device that libtorch sees, of several processes that of LOCAL_RANK, or else the CPU."
    )
    var device: Device?
}
