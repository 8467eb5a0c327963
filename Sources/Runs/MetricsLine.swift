import Support

/// A line of metrics.jsonl: what was measured at an iteration.
public struct MetricsLine: Sendable {
    /// The file's name in a run's folder.
    public static let file = "metrics.jsonl"

    /// From 0.
    public let iteration: Int
    /// Losses, their sum first, and what else was measured; `lr`, and `seconds` of the training loop, come last.
    public let values: [(name: String, value: Double)]

    public init(iteration: Int, values: [(name: String, value: Double)], learningRate: Double, seconds: Double) {
        self.iteration = iteration
        self.values = values + [("lr", learningRate), ("seconds", (seconds * 1000).rounded() / 1000)]
    }

    /// Nil for what is no whole line: a program that was killed leaves its last one cut short. A value that was no number is left
    /// out.
    public init?(parsing line: some Sequence<UInt8>) {
        guard let json = try? JSON(parsing: Array(line)), let iteration = json["iteration"]?.int else { return nil }
        self.iteration = iteration
        values = (json.object ?? []).compactMap { name, value in name == "iteration" ? nil : value.double.map { (name, $0) } }
    }

    public var json: JSON { .object([("iteration", .int(iteration))] + values.map { ($0.name, .double($0.value)) }) }

    /// With its end.
    public var text: String { json.text() + "\n" }
}
