import Foundation
import NN
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

    @Test(arguments: [ResNet.Depth.r18, .r50])
    func matchesTorchvisionForwardAndBackward(_ depth: ResNet.Depth) throws {
        let path = fixture("resnet\(depth.rawValue).safetensors")
        let golden = try SafeTensors.read(path)
        let names = try #require(SafeTensors.metadata(path)["names"]).split(separator: ",").map(String.init)
        let network = ResNet(depth, using: Generator(seed: 0))
        fill(network)
        withoutGrad {
            for entry in network.state("") where entry.tensor.dtype == .float32 {
                entry.tensor.replaceStorage(entry.tensor.to(.float64))
            }
        }
        #expect(network.parameters.map(\.name) == names)

        let x = sines(1000, [2, 3, 96, 96], 1).to(.float64)
        let evaluated = withoutGrad { network.features(x, .evaluate) }
        #expect(relativeError(evaluated, try #require(golden["evaluated"])) < 1e-6)

        let trained = network.features(x, .train)
        #expect(relativeError(trained, try #require(golden["trained"])) < 1e-6)
        (trained * sines(2000, trained.shape, 1)).mean().backward()
        let conv1 = try #require(network.conv1.weight.grad)
        #expect(relativeError(conv1, try #require(golden["grad_conv1"])) < 1e-6)
        #expect(relativeError(network.bn1.runningMean, try #require(golden["running_mean"])) < 1e-5)
        #expect(relativeError(network.bn1.runningVariance, try #require(golden["running_var"])) < 1e-5)
        #expect(network.bn1.batchesTracked.item == 1)

        let norms: [Double] = try #require(golden["grad_norms"]).array()
        let dots: [Double] = try #require(golden["grad_dots"]).array()
        for (i, parameter) in network.parameters.enumerated() {
            let gradient = try #require(parameter.tensor.grad).to(.float64)
            let probe = sines(3000 + i, gradient.shape, 1).to(.float64)
            #expect(abs(gradient.norm().item - norms[i]) < 1e-8 * norms[i] + 1e-9, "\(parameter.name)")
            #expect(
                abs((gradient * probe).sum().item - dots[i]) < 1e-8 * norms[i] * probe.norm().item + 1e-9,
                "\(parameter.name)")
        }
    }

    @Test func widthScalesEveryStage() {
        let network = ResNet(.r18, width: 16, using: Generator(seed: 0))
        #expect(network.outputChannels == [16, 32, 64, 128])
        #expect(network.features(Tensor.ones([1, 3, 64, 64]), .evaluate).shape == [1, 128, 2, 2])
    }

    @Test func frozenNormalizationLearnsNothing() {
        let network = ResNet(.r18, width: 8, normalization: .frozen, using: Generator(seed: 0))
        #expect(!network.parameters.contains { $0.role == .norm })
        let before = network.bn1.runningMean.floats
        _ = network.features(sines(0, [2, 3, 64, 64], 1), .train)
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
}
