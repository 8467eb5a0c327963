import Foundation
import NN
import Support
import Testing
import Torch

/// Which network a file's weights are of, and what is not taken for one that it resembles.
@Suite struct BackboneWeightsTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ediy-\(UUID())").path

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func write(_ dict: StateDict, method: String? = nil) throws -> String {
        let path = "\(folder)/\(UUID()).safetensors"
        try SafeTensors.write(dict, metadata: method.map { ["method": $0] } ?? [:], to: path)
        return path
    }

    private func network(_ depth: ResNet.Depth, width: Int = 4) -> ResNet { ResNet(depth, width: width, using: Generator(seed: 6)) }

    /// The message; empty where there is none.
    private func complaint(_ path: String) -> String {
        do {
            _ = try BackboneWeights(path)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: [(ResNet.Depth.r18, 4), (.r34, 2), (.r50, 2), (.r101, 2), (.r152, 2)])
    func aBackboneIsKnownByItsShapes(_ depth: ResNet.Depth, _ width: Int) throws {
        let network = network(depth, width: width)
        let found = try BackboneWeights(write(network.stateDict, method: "byol"))
        #expect(found.name == "byol" && found.options.word == "r\(depth.rawValue)" && found.options.width == width)
        #expect(found.weights.convention.mean == InputConvention.imageNetMean && !found.weights.convention.isBGR)
        let read = try found.makeNetwork()
        #expect(read.levels == network.levels && read.state("").map(\.name) == network.state("").map(\.name))
        for (a, b) in zip(read.state(""), network.state("")) {
            #expect(a.tensor.to(.float32).floats == b.tensor.to(.float32).floats, "\(a.name)")
        }
    }

    @Test func whatIsNoBackboneIsNamed() throws {
        var dict = StateDict()
        dict["fc.weight"] = .zeros([2, 2])
        let path = try write(dict)
        #expect(complaint(path).contains("\(path): holds no ResNet"))
        // One without a part, and one whose stem is of another width.
        dict = network(.r18).stateDict
        dict["layer2.1.conv2.weight"] = nil
        #expect(try complaint(write(dict)).contains("it has no layer2.1.conv2.weight"))
        dict = network(.r18).stateDict
        dict["conv1.weight"] = .zeros([512, 3, 7, 7])
        #expect(try complaint(write(dict)).contains("ResNet-18, width 512 has it of"))
        dict["conv1.weight"] = .zeros([2048, 3, 1, 1])
        #expect(try complaint(write(dict)).contains("width 2048"))
    }

    /// A deeper network has all that a shallower one asks for.
    @Test(arguments: [(ResNet.Depth.r101, "r50"), (.r152, "r50"), (.r34, "r18"), (.r50, "r101")])
    func anotherDepthIsNotCutToTheRecipes(_ depth: ResNet.Depth, _ wanted: String) throws {
        let weights = try BackboneWeights(write(network(depth, width: 2).stateDict))
        var options = try #require(Backbones.options(wanted))
        options.width = 2
        #expect { try weights.state(for: options) } throws: {
            "\($0)".contains("ResNet-\(depth.rawValue), width 2") && "\($0)".contains(options.title)
        }
        options = ResNetOptions(depth, width: 4)
        #expect(throws: UserError.self) { try weights.state(for: options) }
        options.width = 2
        #expect(try weights.state(for: options).names.count == weights.weights.names.count)
    }

    /// Relatives of ResNet-50, made of it by changing what sets them apart.
    enum Relative: CaseIterable {
        case squeezed, grouped, wide, deep, deepStem, biased

        var title: String {
            switch self {
            case .squeezed, .deepStem, .biased: "ResNet-50, width 4"
            case .grouped: "ResNeXt-50, width 4, 2 groups of 2"
            case .wide: "Wide ResNet-50, width 4, bottlenecks of 8"
            case .deep: "ResNet-200, width 4, blocks 3, 24, 36, 3"
            }
        }

        /// What the complaint names.
        var reason: String {
            switch self {
            case .squeezed: "layer1.0.se.fc1.weight"
            case .grouped: "layer1.0.conv2.weight"
            case .wide: "layer1.0.conv1.weight"
            case .deep: "ResNet-200"
            case .deepStem: "layer1.0.downsample.2.weight"
            case .biased: "layer1.0.conv1.bias"
            }
        }
    }

    private func state(of relative: Relative) -> StateDict {
        var dict = network(.r50).stateDict
        for name in dict.names {
            let parts = name.split(separator: ".").map(String.init)
            guard parts[0].hasPrefix("layer"), let shape = dict[name]?.shape, !shape.isEmpty else { continue }
            switch (relative, parts[2]) {
            case (.grouped, "conv2"): dict[name] = .zeros([shape[0], shape[1] / 2, 3, 3])
            case (.wide, "conv1"), (.wide, "bn1"), (.wide, "bn2"): dict[name] = .zeros([2 * shape[0]] + shape.dropFirst())
            case (.wide, "conv2"): dict[name] = .zeros([2 * shape[0], 2 * shape[1], 3, 3])
            case (.wide, "conv3"): dict[name] = .zeros([shape[0], 2 * shape[1], 1, 1])
            case (.deep, _) where (parts[0] == "layer2" || parts[0] == "layer3") && parts[1] == "1":
                for block in (parts[0] == "layer2" ? 4..<24 : 6..<36) {
                    dict["\(parts[0]).\(block)." + parts.dropFirst(2).joined(separator: ".")] = .zeros(shape)
                }
            default: break
            }
        }
        switch relative {
        case .squeezed: dict["layer1.0.se.fc1.weight"] = .zeros([1, 16, 1, 1])
        case .deepStem: dict["layer1.0.downsample.2.weight"] = .zeros([16])
        case .biased: dict["layer1.0.conv1.bias"] = .zeros([4])
        default: break
        }
        return dict
    }

    @Test(arguments: Relative.allCases)
    func aRelativeIsNotTakenForAResNet(_ relative: Relative) throws {
        let path = try write(state(of: relative))
        let architecture = try NetworkWeights(WeightFile(path)).architecture
        #expect(architecture.title == relative.title && architecture.options == nil)
        #expect(complaint(path).contains(path) && complaint(path).contains(relative.reason), "\(complaint(path))")
    }

    @Test func aWiderOneIsTheSameNetworkOfAnotherWidth() throws {
        let weights = try NetworkWeights(WeightFile(write(network(.r50, width: 8).stateDict)))
        #expect(weights.architecture.title == "ResNet-50, width 8" && weights.architecture.options != nil)
    }
}
