import Foundation
import NN
import TestSupport
import Testing
import Torch

@Suite struct ResNetTests {
    /// Fills a network as `make_resnet.py` does.
    private func fill(_ network: ResNet) {
        withoutGrad {
            let entries = network.state("").filter { !$0.name.hasSuffix("num_batches_tracked") }
            for (index, entry) in entries.enumerated() {
                let shape = entry.tensor.shape
                if shape.count > 1 {
                    let fanIn = shape.dropFirst().reduce(1, *)
                    entry.tensor.copyInPlace(sines(index, shape, (4 / Double(fanIn)).squareRoot()))
                } else if entry.name.hasSuffix("running_var") || entry.name.hasSuffix("weight") {
                    entry.tensor.copyInPlace(sines(index, shape, 0.3, shift: 1))
                } else {
                    entry.tensor.copyInPlace(sines(index, shape, 0.2))
                }
            }
        }
    }

    /// In float64 by libtorch's operators, in float32 by our own: there PyTorch itself is off by 3% in the first layer's
    /// gradient, since activations next to zero fall on either side of ReLU.
    @Test(arguments: [ResNet.Depth.r18, .r50], [(DType.float64, 1e-6, 1e-8), (.float32, 1e-3, 5e-2)])
    func matchesTorchvisionForwardAndBackward(_ depth: ResNet.Depth, _ kind: (dtype: DType, values: Double, sums: Double)) throws {
        let path = fixture("resnet\(depth.rawValue).safetensors")
        let golden = try SafeTensors.read(path)
        let names = try #require(SafeTensors.metadata(path)["names"]).split(separator: ",").map(String.init)
        let network = ResNet(depth, using: Generator(seed: 0))
        fill(network)
        withoutGrad {
            for entry in network.state("") where entry.tensor.dtype == .float32 {
                entry.tensor.replaceStorage(entry.tensor.to(kind.dtype))
            }
        }
        #expect(network.parameters.map(\.name) == names)

        let x = sines(1000, [2, 3, 96, 96], 1).to(kind.dtype)
        let evaluated = withoutGrad { network.lastFeatureMap(x, .evaluate) }
        #expect(relativeError(evaluated, try #require(golden["evaluated"])) < kind.values)

        let trained = network.lastFeatureMap(x, .train)
        #expect(relativeError(trained, try #require(golden["trained"])) < kind.values)
        try (trained * sines(2000, trained.shape, 1)).mean().backward()
        let conv1 = try #require(network.conv1.weight.grad)
        #expect(relativeError(conv1, try #require(golden["grad_conv1"])) < (kind.dtype == .float32 ? 0.1 : kind.values))
        #expect(relativeError(network.bn1.runningMean, try #require(golden["running_mean"])) < 1e-5)
        #expect(relativeError(network.bn1.runningVariance, try #require(golden["running_var"])) < 1e-5)
        #expect(network.bn1.batchesTracked.item == 1)

        let norms: [Double] = try #require(golden["grad_norms"]).array()
        let dots: [Double] = try #require(golden["grad_dots"]).array()
        for (i, parameter) in network.parameters.enumerated() {
            let gradient = try #require(parameter.tensor.grad).to(.float64)
            let probe = sines(3000 + i, gradient.shape, 1).to(.float64)
            #expect(abs(gradient.norm().item - norms[i]) < kind.sums * norms[i] + 1e-9, "\(parameter.name)")
            #expect(
                abs((gradient * probe).sum().item - dots[i]) < kind.sums * norms[i] * probe.norm().item + 1e-9,
                "\(parameter.name)")
        }
    }

    @Test func matchesTorchvisionWithTheStrideMoved() throws {
        let golden = try SafeTensors.read(fixture("resnet50-stride-in-1x1.safetensors"))
        let network = ResNet(.r50, strideIn1x1: true, using: Generator(seed: 0))
        fill(network)
        let y = withoutGrad { network.lastFeatureMap(sines(1000, [2, 3, 96, 96], 1), .evaluate) }
        #expect(relativeError(y, try #require(golden["evaluated"])) < 1e-4)
    }

    @Test func widthScalesEveryStage() {
        let network = ResNet(.r18, width: 16, using: Generator(seed: 0))
        #expect(network.levels.map(\.channels) == [16, 32, 64, 128])
        #expect(network.lastFeatureMap(Tensor.ones([1, 3, 64, 64]), .evaluate).shape == [1, 128, 2, 2])
    }

    @Test func frozenNormalizationLearnsNothing() {
        let network = ResNet(.r18, width: 8, normalization: .frozenBN, using: Generator(seed: 0))
        #expect(!network.parameters.contains { $0.role == .norm })
        let before = network.bn1.runningMean.floats
        _ = network.lastFeatureMap(sines(0, [2, 3, 64, 64], 1), .train)
        #expect(network.bn1.runningMean.floats == before)
    }

    @Test func theSameSeedGivesTheSameWeights() {
        let a = ResNet(.r18, width: 8, using: Generator(seed: 5))
        let b = ResNet(.r18, width: 8, using: Generator(seed: 5))
        #expect(zip(a.parameters, b.parameters).allSatisfy { $0.tensor.floats == $1.tensor.floats })
    }

    @Test func initialisationHasTheDefinedSpread() {
        let network = ResNet(.r18, using: Generator(seed: 1))
        let weight = network.layer3.parameters[0].tensor  // (256, 128, 3, 3), fan out 2304
        let expected = (2.0 / 2304).squareRoot()
        #expect(abs((weight * weight).mean().item.squareRoot() / expected - 1) < 0.01)
    }

    @Test(arguments: [0, 1, 2, 5])
    func frozenPartsStayAsTheyAre(_ frozen: Int) throws {
        let network = ResNet(.r18, width: 8, frozenParts: frozen, using: Generator(seed: 0))
        let parts = [["conv1.", "bn1."], ["layer1."], ["layer2."], ["layer3."], ["layer4."]]
        let x = sines(0, [2, 3, 64, 64], 1).requiringGrad()
        try network.lastFeatureMap(x, .train).sum().backward()
        for (part, prefixes) in parts.enumerated() {
            let entries = network.state("").filter { entry in prefixes.contains { entry.name.hasPrefix($0) } }
            let learned = entries.filter { $0.role != .buffer }
            #expect(learned.isEmpty == (part < frozen), "\(prefixes)")
            #expect(entries.allSatisfy { ($0.tensor.grad != nil) == ($0.role != .buffer) }, "\(prefixes)")
            let tracked = entries.filter { $0.name.hasSuffix("num_batches_tracked") }
            #expect(tracked.allSatisfy { $0.tensor.item == (part < frozen ? 0 : 1) }, "\(prefixes)")
        }
        #expect(network.state("").count == ResNet(.r18, width: 8, using: Generator(seed: 0)).state("").count)
    }

    @Test func aSingleValueAChannelHasNoStatistics() {
        let norm = BatchNorm(3)
        let y = norm(Tensor([5, 6, 7] as [Float], [1, 3, 1, 1]), .train)
        #expect(y.isFinite().all().item == 1 && norm.runningVariance.floats == [1, 1, 1])
        #expect(norm(Tensor.zeros([0, 3, 2, 2]), .train).shape == [0, 3, 2, 2])
    }

    @Test func preciseStatisticsAreThoseOfAllBatches() {
        let network = Sequential([BatchNorm(4), Linear(4, 2, using: Generator(seed: 1)), BatchNorm(2), BatchNorm(2, .frozenBN)])
        let batches = (0..<3).map { sines($0, [50, 4], 1 + Double($0), shift: Double($0)) }
        network.recomputeStatistics(batches: 3) { _ = network(batches[$0], .train) }
        let tensors = Dictionary(uniqueKeysWithValues: network.state("").map { ($0.name, $0.tensor) })
        func expect(_ prefix: String, _ inputs: [Tensor]) throws {
            let means = Tensor.stacked(inputs.map { $0.mean([0]) })
            let variances = Tensor.stacked(inputs.map { $0.variance([0]) })
            let mean = means.mean([0])
            let variance = (variances + means * means).mean([0]) - mean * mean
            #expect(try relativeError(#require(tensors["\(prefix).running_mean"]), mean) < 1e-5)
            #expect(try relativeError(#require(tensors["\(prefix).running_var"]), variance) < 1e-5)
        }
        #expect(throws: Never.self) {
            try expect("0", batches)
            // The second layer sees what the first makes of each batch.
            try expect("2", batches.map { network.layers[1](network.layers[0]($0, .train), .train) })
        }
        #expect(tensors["3.running_mean"]?.floats == [0, 0] && tensors["3.running_var"]?.floats == [1, 1])
    }

    @Test func noBatchesLeaveStatisticsAlone() {
        let norm = BatchNorm(4)
        _ = norm(sines(0, [8, 4], 1, shift: 2), .train)
        let before = norm.runningMean.floats
        norm.recomputeStatistics(batches: 0) { _ in }
        #expect(norm.runningMean.floats == before)
    }

    /// Variances about ε, where it matters most; torchvision's `FrozenBatchNorm2d(eps=0)` computes the same.
    @Test func withoutEpsilonItIsTheVarianceAlone() {
        let norm = BatchNorm(4, .frozenBN)
        let variances: [Float] = [2e-6, 1e-5, 3e-4, 2]
        withoutGrad { norm.runningVariance.copyInPlace(Tensor(variances, [4])) }
        let x = Tensor([0.001, -0.002, 0.5, 3] as [Float], [1, 4, 1, 1])
        norm.normalizeWithoutEpsilon()
        for (y, (x, variance)) in zip(norm(x, .evaluate).floats, zip(x.floats, variances)) {
            #expect(abs(y / (x / variance.squareRoot()) - 1) < 1e-4)
        }
    }
}
