import Foundation
import NN
import Support
import TestSupport
import Testing
import Torch

@Suite struct WeightNamesTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID())").path

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private let network = ResNet(.r18, width: 4, using: Generator(seed: 3))

    /// A file with the network's tensors under other names, and more; nil leaves one out.
    private func write(_ rename: (String) -> String?, more: [String] = []) throws -> WeightFile {
        var dict = StateDict()
        for name in more { dict[name] = Tensor.ones([2]) }
        for entry in network.state("") {
            if let name = rename(entry.name) { dict[name] = entry.tensor }
        }
        let path = "\(folder)/\(UUID()).safetensors"
        try SafeTensors.write(dict, to: path)
        return try WeightFile(path)
    }

    private func expectWhole(_ weights: NetworkWeights) throws {
        let other = ResNet(.r18, width: 4, using: Generator(seed: 4))
        #expect(weights.network == .backbone && weights.depth == .r18 && weights.missingInBackbone.isEmpty)
        try weights.restore(other.state(""))
        for (a, b) in zip(network.state(""), other.state("")) where !a.name.hasSuffix("num_batches_tracked") {
            #expect(a.tensor.floats == b.tensor.floats, "\(a.name)")
        }
    }

    @Test(arguments: [
        "", "module.encoder_q.", "online_net.0.", "backbone.", "base_encoder.", "module.", "student.backbone.",
        "base_model.model.trunk._feature_blocks.",
    ])
    func prefixesAreFound(_ prefix: String) throws {
        let weights = try NetworkWeights(write({ prefix + $0 }, more: ["module.queue", "projector.0.weight"]))
        #expect(weights.layout == .torchvision && weights.prefix == prefix)
        #expect(weights.left == ["module.queue", "projector.0.weight"])
        try expectWhole(weights)
    }

    @Test(arguments: [
        ("module.encoder_k.", "module.encoder_q."), ("momentum_backbone.", "backbone."), ("target_net.0.", "online_net.0."),
        ("teacher.backbone.", "student.backbone."),
    ])
    func whatFollowsAnotherIsNotTaken(_ slow: String, _ learned: String) throws {
        let path = "\(folder)/both.safetensors"
        var dict = StateDict()
        for entry in ResNet(.r18, width: 4, using: Generator(seed: 9)).state(slow) { dict[entry.name] = entry.tensor }
        for entry in network.state(learned) { dict[entry.name] = entry.tensor }
        try SafeTensors.write(dict, to: path)
        let file = try WeightFile(path)
        let weights = try NetworkWeights(file)
        #expect(weights.prefix == learned && weights.others == [slow])
        try expectWhole(weights)
        #expect(try NetworkWeights(file, prefix: String(slow.dropLast())).prefix == slow)
        #expect { try NetworkWeights(file, prefix: "elsewhere") } throws: { "\($0)".contains(learned) }
    }

    /// Written out by hand, another way than the program's.
    private func detectron2(_ name: String) -> String {
        var parts = name.split(separator: ".").map(String.init)
        if !parts[0].hasPrefix("layer") { return parts[0] == "conv1" ? "stem.conv1.weight" : "stem.conv1.norm." + parts[1] }
        parts[0] = "res\((Int(parts[0].dropFirst(5)) ?? 0) + 1)"
        if parts[2] == "downsample" {
            let tail: [String] = parts[3] == "0" ? ["shortcut", parts[4]] : ["shortcut", "norm", parts[4]]
            return (parts.prefix(2) + tail).joined(separator: ".")
        }
        if parts[2].hasPrefix("bn") { parts.replaceSubrange(2..<3, with: ["conv" + parts[2].dropFirst(2), "norm"]) }
        return parts.joined(separator: ".")
    }

    @Test func detectron2sNamesAreReadAndWritten() throws {
        let weights = try NetworkWeights(write(detectron2, more: ["stem.fc.weight"]))
        #expect(weights.layout == .detectron2 && weights.left == ["stem.fc.weight"])
        try expectWhole(weights)
        #expect(Set(try weights.tensors(as: .detectron2).map(\.name)) == Set(network.state("").map { detectron2($0.name) }))
    }

    /// transformers', by hand.
    private func huggingFace(_ name: String) -> String {
        let parts = name.split(separator: ".").map(String.init)
        let field = parts[parts.count - 1]
        func end(_ isNorm: Bool) -> String { (isNorm ? "normalization." : "convolution.") + field }
        guard parts[0].hasPrefix("layer"), let stage = parts[0].last.flatMap({ Int("\($0)") }) else {
            return "resnet.embedder.embedder." + end(parts[0] == "bn1")
        }
        let block = "resnet.encoder.stages.\(stage - 1).layers.\(parts[1])."
        if parts[2] == "downsample" { return block + "shortcut." + end(parts[3] == "1") }
        let index = Int("\(parts[2].last ?? "0")") ?? 0
        return block + "layer.\(index - 1)." + end(parts[2].hasPrefix("bn"))
    }

    @Test func huggingFacesNamesAreRead() throws {
        let weights = try NetworkWeights(write(huggingFace, more: ["classifier.1.weight"]))
        #expect(weights.layout == .huggingFace && weights.prefix == "resnet." && weights.left == ["classifier.1.weight"])
        #expect(!weights.convention.isBGR && !weights.convention.strideIn1x1)
        try expectWhole(weights)
        // A base model alone has no prefix.
        try expectWhole(NetworkWeights(write { String(huggingFace($0).dropFirst("resnet.".count)) }))
    }

    @Test func caffe2sNamesAreRead() throws {
        let fields = ["weight": "s", "bias": "b"]
        let file = try write(
            { name in
                let parts = detectron2(name).split(separator: ".").map(String.init)
                guard let field = parts.last, field == "weight" || field == "bias" else { return nil }
                if parts[0] == "stem" { return parts.count == 3 ? "conv1_w" : "res_conv1_bn_\(fields[field] ?? "")" }
                let branch = ["shortcut": "branch1", "conv1": "branch2a", "conv2": "branch2b", "conv3": "branch2c"][parts[2]] ?? ""
                return "\(parts[0])_\(parts[1])_\(branch)_" + (parts.count == 4 ? "w" : "bn_\(fields[field] ?? "")")
            }, more: ["fc1000_w"])
        let weights = try NetworkWeights(file)
        #expect(weights.layout == .caffe2 && weights.left == ["fc1000_w"] && weights.hasFoldedStatistics)
        #expect(weights.convention.isBGR && weights.convention.strideIn1x1)
        // The network's own statistics are 0 and 1, and those that Caffe2 leaves out give the same scale.
        let other = ResNet(.r18, width: 4, using: Generator(seed: 4))
        try weights.restore(other.state(""))
        let x = sines(0, [1, 3, 64, 64], 1)
        #expect(
            relativeError(withoutGrad { other.lastFeatureMap(x, .evaluate) }, withoutGrad { network.lastFeatureMap(x, .evaluate) }) < 1e-3)
    }

    @Test func lightlysNumbersAreRead() throws {
        let children = ["conv1": "0", "bn1": "1", "layer1": "4", "layer2": "5", "layer3": "6", "layer4": "7"]
        let weights = try NetworkWeights(
            write({ name in
                let head = String(name.prefix { $0 != "." })
                return "backbone." + (children[head] ?? "") + name.dropFirst(head.count)
            }))
        #expect(weights.layout == .sequential && weights.prefix == "backbone.")
        try expectWhole(weights)
    }

    @Test func whatIsMissingIsNamed() throws {
        let weights = try NetworkWeights(write { $0 == "layer3.1.bn2.weight" ? nil : $0 })
        #expect(weights.missingInBackbone == ["layer3.1.bn2.weight"])
        #expect { try weights.restore(network.state("")) } throws: { "\($0)".contains("layer3.1.bn2.weight") }
    }

    @Test func whatIsNoNetworkIsSaid() throws {
        let file = try write({ "encoder.layer.\($0)".replacingOccurrences(of: "conv1", with: "attention") })
        #expect { try NetworkWeights(file) } throws: { "\($0)".contains("no ResNet") && "\($0)".contains("encoder.layer.attention.weight") }
    }
}
