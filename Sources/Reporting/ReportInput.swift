/// What a report is made of.
public struct ReportInput: Sendable {
    /// Run folders, or benchmark folders with runs inside.
    public var folders: [String]
    /// COCO results files of any detector; several of one name are its seeds, in their order.
    public var results: [(name: String, file: String)] = []
    /// The ground truth of the results; of a benchmark folder its own by default.
    public var annotations: String?
    /// The folder of its images.
    public var images: String?
    /// What the others are compared with: by default the benchmark's baseline, or else the first.
    public var baseline: String?
    /// What the finding is about: by default the benchmark's candidate, or else the last.
    public var candidate: String?
    /// How often the images are drawn for intervals over them; 0 leaves these out.
    public var resamples = 1000
    /// Decides those draws, and which images are shown by chance.
    public var seed: UInt64 = 0

    public init(folders: [String]) { self.folders = folders }
}
