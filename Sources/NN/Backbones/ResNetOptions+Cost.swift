extension ResNetOptions {
    public func cost(at size: Cost.MapSize, normalization: Normalization, frozenParts: Int) -> BackboneCost {
        let stem = Cost.convolution(3, width, kernel: 7, at: size.halved, after(part: 0, normalization, frozenParts))
        var parts = [0 < frozenParts ? stem.frozen : stem]
        var maps = [size.halved.halved]
        for stage in 0..<4 {
            let (cost, map) = stageCost(
                stage, at: maps[stage], normalization: normalization, frozenParts: frozenParts)
            parts.append(cost)
            maps.append(map)
        }
        return BackboneCost(parts: parts, maps: Array(maps.dropFirst()))
    }

    public func lastStageCost(
        at size: Cost.MapSize, normalization: Normalization, frozenParts: Int
    ) -> (cost: Cost, map: Cost.MapSize) {
        stageCost(3, at: size, normalization: normalization, frozenParts: frozenParts)
    }

    private func after(part: Int, _ normalization: Normalization, _ frozenParts: Int) -> Cost.After {
        .norm(part < frozenParts ? .frozenBN : normalization)
    }

    /// One stage on a map of `size`, 0 for layer1.
    private func stageCost(
        _ stage: Int, at size: Cost.MapSize, normalization: Normalization, frozenParts: Int
    ) -> (cost: Cost, map: Cost.MapSize) {
        let after = after(part: stage + 1, normalization, frozenParts)
        let inner = width << stage, outputs = levels[stage].channels
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
        return (stage + 1 < frozenParts ? cost.frozen : cost, map)
    }
}
