import NN

extension RCNNOptions {
    /// The cost of learning from one image of `size`: forward, with as many ROIs as are drawn.
    public func trainingCost(_ size: Cost.MapSize) -> Cost {
        let foreground = Int(Double(sampling.batch) * sampling.positiveFraction)
        return cost(size, sharedROIs: sampling.batch, heads.map { ($0, $0.learnsFromForeground ? foreground : sampling.batch) })
    }

    /// The cost of finding the objects of one image of `size`, with as many proposals and detections as there can be.
    public func inferenceCost(_ size: Cost.MapSize) -> Cost {
        var rois = rpn.postNMSTopK.test
        let looks = heads.map { head in
            defer { rois = head.objectLimit(of: rois) }
            return (head, rois)
        }
        // What each head looks at is pooled anew.
        return cost(size, sharedROIs: looks.reduce(0) { $0 + $1.1 }, looks)
    }

    /// - Parameter looks: the heads, and on how many ROIs each looks.
    private func cost(_ size: Cost.MapSize, sharedROIs: Int, _ looks: [(head: any ROIHeadOptions, rois: Int)]) -> Cost {
        let body = neck.cost(on: backbone, at: size, normalization: normalization, frozenParts: freezeAt)
        let features = neck.roiFeatures(on: backbone)
        return looks.reduce(body.body + rpn.cost(levels, at: body.maps) + sharedROIs * body.perROI) { sum, look in
            sum + look.rois * look.head.cost(on: features, classes: classes, normalization: normalization)
        }
    }
}
