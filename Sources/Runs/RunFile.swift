import Support

/// run.json, at the root of a run's folder: what the run is, how it stands, what it cost and what it was made with.
///
/// Schema 2. Schema 1 has no titles of the method and its losses, and does not know its backbone.
public struct RunFile: Sendable {
    public static let name = "run.json"
    public static let schema = 2
    /// Bytes; more is no run.json.
    private static let limit = 1 << 24

    public let description: RunDescription
    public let status: RunStatus
    /// Nil until it is known.
    public let cost: RunCost?
    /// The machine and the libraries.
    public let environment: [(name: String, value: String)]

    public init(_ description: RunDescription, status: RunStatus, cost: RunCost?, environment: [(name: String, value: String)]) {
        self.description = description
        self.status = status
        self.cost = cost
        self.environment = environment
    }

    /// - Throws: `UserError` with file and place: for a folder without a readable run.json, and one of a newer schema.
    public init(reading folder: String) throws {
        let file = "\(folder)/\(Self.name)"
        let fields = try Fields(reading: file, limit: Self.limit)
        try fields.checkSchema(atMost: Self.schema)
        description = RunDescription(
            stage: try fields.required("stage") { fields in { try fields.choice($0, RunStage.self) } },
            method: try fields.required("method", Fields.string), seed: UInt64(try fields.required("seed", Fields.count)),
            dataset: try fields.required("dataset", Fields.string), settings: try fields.members("protocol"),
            backbone: try fields.string("backbone"),
            titles: RunDescription.Titles(
                method: try fields.string("method_title"), losses: try fields.texts("loss_titles").map { ($0.name, $0.value) }))
        status = try fields.required("status") { fields in { try fields.choice($0, RunStatus.self) } }
        cost = try fields.object("cost").map { cost in
            RunCost(images: try cost.required("images", Fields.count), seconds: try cost.required("seconds", Fields.double))
        }
        environment = try fields.texts("environment")
    }

    /// The contents.
    public var json: JSON {
        var members: [(key: String, value: JSON)] = [
            ("schema", .int(Self.schema)), ("stage", .string(description.stage.rawValue)), ("method", .string(description.method)),
        ]
        if let title = description.titles.method { members.append(("method_title", .string(title))) }
        members += [
            ("seed", .int(Int(description.seed))), ("status", .string(status.rawValue)), ("dataset", .string(description.dataset)),
            ("protocol", .object(description.settings.map { ($0.name, $0.value) })),
        ]
        if let backbone = description.backbone { members.append(("backbone", .string(backbone))) }
        let losses = description.titles.losses
        if !losses.isEmpty { members.append(("loss_titles", .object(losses.map { ($0.name, .string($0.title)) }))) }
        if let cost { members.append(("cost", ["images": .int(cost.images), "seconds": .double(cost.seconds)])) }
        members.append(("environment", .object(environment.map { ($0.name, .string($0.value)) })))
        return .object(members)
    }

    /// Writes it whole or not at all.
    public func write(to folder: String) throws {
        try AtomicFile.write(json.text(pretty: true) + "\n", to: "\(folder)/\(Self.name)")
    }
}

/// What the training loop of a run took.
public struct RunCost: Sendable, Equatable {
    public let images: Int
    public let seconds: Double

    public init(images: Int, seconds: Double) {
        self.images = images
        self.seconds = seconds
    }
}
