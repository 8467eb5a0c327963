extension ResNetOptions {
    /// The names and shapes of the network's state, in no tensor, without the counts of batches, which older files lack.
    var stateShapes: [(name: String, shape: [Int])] {
        func norm(_ name: ResNetName, _ channels: Int) -> [(ResNetName, [Int])] {
            ResNetName.normFields.map { (name.norm($0), [channels]) }
        }
        var shapes: [(ResNetName, [Int])] = [(.stem("weight"), [width, 3, 7, 7])] + norm(.stemNorm(""), width)
        for (stage, blocks) in zip(1..., depth.blocks) {
            let inner = width << (stage - 1), outputs = levels[stage - 1].channels
            var inputs = stage == 1 ? width : outputs / 2
            for block in 0..<blocks {
                let kernels = depth.usesBottlenecks ? [1, 3, 1] : [3, 3]
                var channels = inputs
                for (index, kernel) in zip(1..., kernels) {
                    let made = index == kernels.count ? outputs : inner
                    shapes.append((.conv(stage, block, index, "weight"), [made, channels, kernel, kernel]))
                    shapes += norm(.norm(stage, block, index, ""), made)
                    channels = made
                }
                if block == 0 && (stage > 1 || inputs != outputs) {
                    shapes.append((.shortcut(stage, block, "weight"), [outputs, inputs, 1, 1]))
                    shapes += norm(.shortcutNorm(stage, block, ""), outputs)
                }
                inputs = outputs
            }
        }
        return shapes.map { ($0.torchvision, $1) }
    }
}

extension ResNet {
    /// The blocks of each stage that these names have, and whether a block has three convolutions.
    static func blocks(ofStateNames names: some Sequence<String>) -> (blocks: [Int], hasThird: Bool) {
        var blocks = [0, 0, 0, 0], hasThird = false
        for case .conv(let stage, let block, let index, _) in names.lazy.compactMap(ResNetName.init(torchvision:)) {
            blocks[stage - 1] = max(blocks[stage - 1], block + 1)
            hasThird = hasThird || index == 3
        }
        return (blocks, hasThird)
    }
}
