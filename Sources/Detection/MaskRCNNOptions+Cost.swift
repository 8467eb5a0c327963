import NN

extension MaskRCNNOptions {
    /// The cost of learning from one image of `size`: forward, with as many regions as are drawn.
    public func trainingCost(_ size: Cost.MapSize) -> Cost {
        let masked = masks ? Int(Double(roiBatch) * roiPositiveFraction) : 0
        return cost(size, regions: roiBatch, masked: masked, pooledAgain: false)
    }

    /// The cost of finding the objects of one image of `size`, with as many proposals and detections as there can be.
    public func inferenceCost(_ size: Cost.MapSize) -> Cost {
        cost(size, regions: postNMSTopK.test, masked: masks ? detectionsPerImage : 0, pooledAgain: true)
    }

    private func cost(_ size: Cost.MapSize, regions: Int, masked: Int, pooledAgain: Bool) -> Cost {
        let parts = backbone.cost(at: size, normalization: normalization, frozenParts: freezeAt)
        let channels = backbone.levels.map(\.channels)
        switch design {
        case .c4:
            let pooled = Cost.MapSize(height: poolSize, width: poolSize)
            var (head, side) = backbone.lastStageCost(at: pooled, normalization: normalization, frozenParts: freezeAt)
            if let extraNormalization {
                head.parameters += extraNormalization.learns ? 2 * channels[3] : 0
                head.keptValues += Double(channels[3]) * side.cells
            }
            let again = pooledAgain ? masked : 0
            return parts.beforeLastPart + proposalCost(channels[2], maps: [parts.maps[2]]) + (regions + again) * head
                + predictorCost(channels[3], regions: regions) + maskCost(channels[3], at: side, regions: masked)
        case .fpn:
            let maps = parts.maps
            let pooled = Cost.MapSize(height: maskPoolSize, width: maskPoolSize)
            let (head, length) = boxHeadCost
            return parts.total + pyramidCost(channels, maps) + proposalCost(pyramidChannels, maps: maps + [maps[3].halved])
                + regions * head + predictorCost(length, regions: regions)
                + maskCost(pyramidChannels, at: pooled, regions: masked)
        }
    }

    private func proposalCost(_ channels: Int, maps: [Cost.MapSize]) -> Cost {
        let perCell = anchorRatios.count * (maps.count == 1 ? anchorSizes.count : 1)
        // The same weights on every map.
        let each = maps.map { map in
            Cost.convolution(channels, channels, kernel: 3, at: map, .bias)
                + Cost.convolution(channels, perCell * 5, kernel: 1, at: map, .bias)
        }
        return each.dropFirst().reduce(each[0]) { sum, cost in
            var again = cost
            again.parameters = 0
            return sum + again
        }
    }

    private func pyramidCost(_ channels: [Int], _ maps: [Cost.MapSize]) -> Cost {
        let after = Cost.After(extraNormalization)
        return zip(channels, maps).reduce(Cost()) { sum, level in
            sum + .convolution(level.0, pyramidChannels, kernel: 1, at: level.1, after)
                + .convolution(pyramidChannels, pyramidChannels, kernel: 3, at: level.1, after)
        }
    }

    /// Of one region, and the length of what it gives.
    private var boxHeadCost: (Cost, Int) {
        let pooled = Cost.MapSize(height: poolSize, width: poolSize)
        var cost = Cost(), current = pyramidChannels
        for _ in 0..<boxConvolutions {
            cost += .convolution(current, boxConvolutionChannels, kernel: 3, at: pooled, Cost.After(extraNormalization))
            current = boxConvolutionChannels
        }
        current *= poolSize * poolSize
        for _ in 0..<boxLayers {
            cost += .linear(current, boxLayerSize)
            current = boxLayerSize
        }
        return (cost, current)
    }

    private func predictorCost(_ inputs: Int, regions: Int) -> Cost {
        regions * (Cost.linear(inputs, classes + 1) + .linear(inputs, (classAgnosticBoxes ? 1 : classes) * 4))
    }

    private func maskCost(_ inputs: Int, at size: Cost.MapSize, regions: Int) -> Cost {
        guard masks else { return Cost() }
        var cost = Cost(), current = inputs
        for _ in 0..<maskConvolutions {
            cost += .convolution(current, maskChannels, kernel: 3, at: size, Cost.After(extraNormalization))
            current = maskChannels
        }
        let doubled = Cost.MapSize(height: 2 * size.height, width: 2 * size.width)
        // A transposed convolution of 2 × 2 with stride 2: each cell it gives comes from one.
        var deconvolution = Cost.convolution(current, maskChannels, kernel: 1, at: doubled, .bias)
        deconvolution.parameters += 3 * current * maskChannels
        return regions * (cost + deconvolution + .convolution(maskChannels, classes, kernel: 1, at: doubled, .bias))
    }
}
