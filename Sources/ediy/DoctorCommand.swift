import ArgumentParser
import COpenBLAS
import Foundation
import Support
import Torch

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say what this machine offers: versions, BLAS, threads, instruction sets, devices.",
        discussion: "Exits with 1 when libtorch cannot be opened; nothing else that is missing is an error.")

    func run() throws {
        line("ediy", Ediy.configuration.version)
        line("OpenBLAS", String(cString: openblas_get_config()))
        line("  core type", String(cString: openblas_get_corename()))
        line("  threads", "\(openblas_get_num_threads())")
        line("processor", processor("model name") ?? "unknown")
        line("  cores", "\(ProcessInfo.processInfo.activeProcessorCount)")
        let known = ["avx", "avx2", "fma", "f16c", "avx512f", "avx512_bf16", "amx_bf16"]
        let flags = Set((processor("flags") ?? "").split(separator: " ").map(String.init))
        line("  vectors", known.filter(flags.contains).joined(separator: " "))
        line("  memory", "\(ProcessInfo.processInfo.physicalMemory >> 30) GiB")
        try LibTorch.load()
        line("libtorch", LibTorch.version)
        line("  threads", "\(LibTorch.threadCount)")
        line("  devices", (["cpu"] + (0..<LibTorch.cudaDeviceCount).map { "cuda:\($0)" }).joined(separator: " "))
        for setting in LibTorch.buildSettings.split(separator: "\n").dropFirst() {
            print("  \(setting.drop { $0 == " " || $0 == "-" })")
        }
    }

    private func line(_ name: String, _ value: String) {
        print(name.padding(toLength: 14, withPad: " ", startingAt: 0) + value)
    }

    /// A field of the first processor in /proc/cpuinfo.
    private func processor(_ field: String) -> String? {
        guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix(field) }
        return line?.split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
    }
}
