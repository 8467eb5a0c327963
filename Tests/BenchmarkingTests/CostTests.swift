import Detection
import NN
import Testing
import Torch

/// What is counted from shapes is what the networks have.
@Suite struct CostTests {
    @Test(arguments: [
        (ResNet.Depth.r18, 1.814e9), (.r34, 3.664e9), (.r50, 4.087e9), (.r101, 7.799e9), (.r152, 11.512e9),
    ])
    func resNetsMultiplyAddsArePublished(_ depth: ResNet.Depth, _ published: Double) {
        // torchvision's table, at 224², without the classifier.
        let size = Cost.MapSize(height: 224, width: 224)
        let cost = ResNetOptions(depth).cost(at: size, normalization: .bn, frozenParts: 0)
        #expect(abs(cost.total.multiplyAdds / published - 1) < 0.002, "\(cost.total.multiplyAdds)")
        #expect(cost.maps.map(\.height) == [56, 28, 14, 7])
        #expect(cost.total.parameters == ResNet(depth, using: Generator(seed: 0)).parameterCount)
    }

    @Test(arguments: RCNNOptions.Design.allCases, [0, 1, 2, 3])
    func detectorsHaveAsManyParameters(_ design: RCNNOptions.Design, _ change: Int) {
        var options = RCNNOptions(design)
        options.backbone.width = 16
        options.classes = 7
        options.box.layers?.layerSize = 64
        switch change {
        case 1:
            options.c4?.norm = false
            options.fpn?.norm = false
            options.freezeAt = 2
            options.mask = nil
        case 2:
            options.backbone = ResNetOptions(.r18, width: 16)
            options.normalization = .frozenBN
            options.box.isClassAgnostic = true
            options.box.layers?.convolutions = 4
            options.box.layers?.layers = 1
        case 3:
            options.freezeAt = 5
            options.mask?.convolutions = 1
        default: break
        }
        let detector = RCNN(options, using: Generator(seed: 0))
        let size = Cost.MapSize(height: 96, width: 128)
        #expect(options.trainingCost(size).parameters == detector.parameterCount)
        #expect(options.inferenceCost(size).parameters == detector.parameterCount)
    }

    @Test func aDetectorsMultiplyAddsArePyTorchs() {
        // What PyTorch's FlopCounterMode counts in torchvision's maskrcnn_resnet50_fpn of an image of 256 × 320, 1000 proposals and
        // 100 detections, and its parameters; less the boxes and masks that it keeps for background.
        var options = RCNNOptions(.fpn)
        options.fpn?.norm = false
        options.mask?.norm = false
        options.classes = 90
        let cost = options.inferenceCost(Cost.MapSize(height: 256, width: 320))
        #expect(cost.multiplyAdds == 82_903_628_800)
        #expect(cost.parameters == 44_454_513 - 4 * 1025 - 257)
    }
}
