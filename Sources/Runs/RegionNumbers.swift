import Support

/// How different the regions of an image are to a backbone, and images from one another, as regions.json holds it; a number that
/// was not measured, or was none, is nil.
public struct RegionNumbers: Sendable, Equatable {
    /// The mean cosine of two different regions of an image; 1 when all are the same.
    public let meanPairwiseCosine: Double?
    /// Of the region features.
    public let effectiveRank: Double?
    /// The effective rank of the pooled features, one per image.
    public let globalRank: Double?
    /// The standard deviation of the pooled features scaled to unit length, the mean over channels.
    public let featureDeviation: Double?
    public let channels: Int?
    /// The fraction of the images whose class the others' features tell; nil without classes.
    public let neighbourAccuracy: Double?

    public init(
        meanPairwiseCosine: Double?, effectiveRank: Double?, globalRank: Double? = nil, featureDeviation: Double? = nil,
        channels: Int? = nil, neighbourAccuracy: Double? = nil
    ) {
        self.meanPairwiseCosine = meanPairwiseCosine
        self.effectiveRank = effectiveRank
        self.globalRank = globalRank
        self.featureDeviation = featureDeviation
        self.channels = channels
        self.neighbourAccuracy = neighbourAccuracy
    }

    init(_ fields: Fields) throws {
        self.init(
            meanPairwiseCosine: try fields.double("mean_pairwise_cosine"), effectiveRank: try fields.double("effective_rank"),
            globalRank: try fields.double("global_rank"), featureDeviation: try fields.double("feature_std"),
            channels: try fields.count("channels"), neighbourAccuracy: try fields.double("knn_accuracy"))
    }

    /// By the names that regions.json, and metrics.jsonl after each epoch, know them by; those that are there.
    public var values: [(name: String, value: Double)] {
        let all: [(String, Double?)] = [
            ("mean_pairwise_cosine", meanPairwiseCosine), ("effective_rank", effectiveRank), ("global_rank", globalRank),
            ("feature_std", featureDeviation), ("channels", channels.map(Double.init)), ("knn_accuracy", neighbourAccuracy),
        ]
        return all.compactMap { name, value in value.map { (name, $0) } }
    }

    var members: [(key: String, value: JSON)] {
        values.map { name, value in (name, name == "channels" ? .int(Int(value)) : .double(value)) }
    }
}
