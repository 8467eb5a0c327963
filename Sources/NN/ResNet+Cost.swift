extension ResNet {
    /// The cost of the stem and the four stages, and the size of each one's map, for an image of `size`.
    public static func costs(
        _ depth: Depth, width: Int, normalization: Normalization, frozenParts: Int = 0, strideIn1x1: Bool = false,
        size: Cost.MapSize
    ) -> [(cost: Cost, map: Cost.MapSize)] {
        func kind(_ part: Int) -> Cost.After { .norm(part < frozenParts ? .frozenBN : normalization) }
        let stem = Cost.convolution(3, width, kernel: 7, at: size.halved, kind(0))
        var parts = [(cost: stem, map: size.halved.halved)]
        for stage in 0..<4 {
            parts.append(stageCost(
                depth, stage, width: width, kind(stage + 1), strideIn1x1: strideIn1x1, from: parts[stage].map))
        }
        return parts.enumerated().map { part, each in (part < frozenParts ? each.cost.frozen : each.cost, each.map) }
    }

    /// One stage on a map of `size`, 0 for layer1.
    public static func stageCost(
        _ depth: Depth, _ stage: Int, width: Int, _ after: Cost.After, strideIn1x1: Bool = false, from size: Cost.MapSize
    ) -> (cost: Cost, map: Cost.MapSize) {
        let inner = width << stage, outputs = outputChannels(depth, width: width)[stage]
        let halves = stage > 0
        let map = halves ? size.halved : size
        var inputs = stage == 0 ? width : outputs / 2
        var cost = Cost()
        for block in 0..<depth.blocks[stage] {
            let before = block == 0 && !strideIn1x1 ? size : map
            if depth.usesBottlenecks {
                cost += .convolution(inputs, inner, kernel: 1, at: before, after)
                cost += .convolution(inner, inner, kernel: 3, at: map, after)
                cost += .convolution(inner, outputs, kernel: 1, at: map, after)
            } else {
                cost += .convolution(inputs, inner, kernel: 3, at: map, after)
                cost += .convolution(inner, outputs, kernel: 3, at: map, after)
            }
            if block == 0 && (halves || inputs != outputs) { cost += .convolution(inputs, outputs, kernel: 1, at: map, after) }
            inputs = outputs
        }
        return (cost, map)
    }
}
