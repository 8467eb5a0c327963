import Foundation
import Torch

/// The machine and the libraries that numbers were made with.
public enum Environment {
    public static var facts: [(name: String, value: String)] {
        [
            ("libtorch", LibTorch.version),
            ("threads", "\(LibTorch.threadCount)"),
            ("devices", LibTorch.cudaDeviceCount == 0 ? "cpu" : "cpu and \(LibTorch.cudaDeviceCount) CUDA"),
            ("processor", processor),
            ("cores", "\(ProcessInfo.processInfo.activeProcessorCount)"),
            ("system", ProcessInfo.processInfo.operatingSystemVersionString),
        ]
    }

    private static var processor: String {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces) ?? "unknown"
    }
}
