import Support

/// What a run is: everything that two runs must share to be compared, or differ in to be a comparison.
public struct RunDescription: Sendable {
    public let stage: RunStage
    /// `none`, `byol`, `e-diy`, a variant's name, or that of a weight file of another make.
    public let method: String
    public let seed: UInt64
    public let dataset: String
    /// Every setting that bears on the numbers, by name.
    public let settings: [(name: String, value: JSON)]
    /// Of fine-tuning: the weight file that it began with, or `none`; nil where that is not known.
    public let backbone: String?
    /// What readers call the method and its losses.
    public let titles: Titles

    /// Words for readers, which bear on no number.
    public struct Titles: Sendable {
        /// Of the method: "BYOL"; nil where nothing but its name is known.
        public let method: String?
        /// Of the losses that metrics.jsonl names, in the order in which they are shown: `loss_byol`, "BYOL's loss".
        public let losses: [(name: String, title: String)]

        public init(method: String? = nil, losses: [(name: String, title: String)] = []) {
            self.method = method
            self.losses = losses
        }
    }

    public init(
        stage: RunStage, method: String, seed: UInt64, dataset: String, settings: [(name: String, value: JSON)],
        backbone: String? = nil, titles: Titles = Titles()
    ) {
        self.stage = stage
        self.method = method
        self.seed = seed
        self.dataset = dataset
        self.settings = settings
        self.backbone = backbone
        self.titles = titles
    }

    /// The first thing in which another description of what should be the same run differs, titles and the place of the backbone
    /// aside; nil where none does.
    public func difference(from old: RunDescription) -> (name: String, was: JSON?, now: JSON)? {
        let named: [(String, JSON, JSON)] = [
            ("stage", .string(old.stage.rawValue), .string(stage.rawValue)), ("method", .string(old.method), .string(method)),
            ("seed", .int(Int(old.seed)), .int(Int(seed))), ("dataset", .string(old.dataset), .string(dataset)),
        ]
        for (name, was, now) in named where was != now { return (name, was, now) }
        let before = Dictionary(old.settings.map { ($0.name, $0.value) }) { $1 }
        for (name, now) in settings {
            let was = before[name]
            let isSame = now.double.map { $0 == was?.double } ?? (was?.text() == now.text())
            if !isSame { return (name, was, now) }
        }
        let names = Set(settings.map(\.name))
        return old.settings.first { !names.contains($0.name) }.map { ($0.name, $0.value, .null) }
    }
}
