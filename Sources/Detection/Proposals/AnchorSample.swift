import Support
import Torch

/// The anchors of a batch that the proposal network learns from.
public struct AnchorSample {
    /// Indices among the anchors of all images, one image after the other.
    public var positives: [Int] = []
    public var negatives: [Int] = []
    /// The anchors of the positives and the objects they are to become, in parts of (n, 4).
    public var anchors: [Tensor] = []
    public var gtBoxes: [Tensor] = []

    public init() {}

    /// Draws those of each image.
    ///
    /// - Parameters:
    ///   - anchors: (A, 4), the same for each image.
    ///   - gtBoxes: (n, 4) for each image.
    ///   - generators: one per image.
    static func draw(
        _ options: RPNOptions, of anchors: Tensor, gtBoxes: [Tensor], using generators: inout [SeededGenerator]
    ) -> AnchorSample {
        let matcher = Matcher(low: options.iou.low, high: options.iou.high, keepsBestOfEachObject: true)
        let sampler = Sampler(count: options.batch, positiveFraction: options.positiveFraction)
        var sample = AnchorSample()
        for (image, boxes) in gtBoxes.enumerated() {
            let (matches, labels) = matcher(Boxes.iou(boxes, anchors))
            let drawn = sampler(labels, using: &generators[image])
            sample.positives += drawn.positives.map { $0 + image * labels.count }
            sample.negatives += drawn.negatives.map { $0 + image * labels.count }
            guard !drawn.positives.isEmpty else { continue }
            let indices = Tensor(drawn.positives).to(boxes.device)
            sample.anchors.append(anchors.indexSelected(0, indices))
            sample.gtBoxes.append(boxes.indexSelected(0, matches.indexSelected(0, indices)))
        }
        return sample
    }
}

/// The losses of the proposal network on the anchors drawn.
///
/// - Parameters:
///   - logits: (N, A), any shape of N · A values
///   - deltas: (N, A, 4)
///   - normalizer: what both sums are divided by.
public func rpnLosses(
    logits: Tensor, deltas: Tensor, _ sample: AnchorSample, transform: BoxTransform, loss: BoxLoss, normalizer: Double
) -> (objectness: Tensor, box: Tensor) {
    let device = logits.device
    let drawnLogits = logits.flattened().indexSelected(0, Tensor(sample.positives + sample.negatives).to(device))
    let targets = Tensor(sample.positives.map { _ in Float(1) } + sample.negatives.map { _ in 0 }).to(device)
    let objectness = drawnLogits.binaryCrossEntropyWithLogits(targets, reduction: .sum) / normalizer
    guard !sample.positives.isEmpty else { return (objectness, deltas.sum() * 0) }
    let predicted = deltas.reshaped([-1, 4]).indexSelected(0, Tensor(sample.positives).to(device))
    let distance = loss(
        predicted, of: .concatenated(sample.anchors), to: .concatenated(sample.gtBoxes), by: transform)
    return (objectness, distance / normalizer)
}
