import Runs

/// A setting in which compared runs of a stage differ, so that a gain may come from it and not from the method.
struct ProtocolDifference {
    let stage: RunStage
    let name: String
    /// "one 8", "other 16": by method where its seeds agree, or else by run.
    let values: [String]

    var note: String { "the compared runs differ in \(name) of \(stage): \(values.joined(separator: ", "))" }

    /// Runs whose protocol is not known take no part.
    static func all(_ runs: [RunRecord]) -> [ProtocolDifference] {
        [RunStage.pretrain, .finetune].flatMap { stage -> [ProtocolDifference] in
            let compared = runs.filter { $0.stage == stage && $0.hasProtocol }
            let tables = compared.map { run in
                Dictionary([("dataset", run.dataset)] + run.settings.map { ($0.name, $0.value) }) { $1 }
            }
            var names: [String] = []
            var seen: Set<String> = []
            for name in compared.flatMap({ ["dataset"] + $0.settings.map(\.name) }) where seen.insert(name).inserted {
                names.append(name)
            }
            return names.compactMap { name in
                let having = Set(zip(compared, tables).filter { $0.1[name] != nil }.map(\.0.method))
                // A setting of pretraining that a method has in no run is another method's own, and no difference besides the method.
                let pairs = zip(compared, tables).filter { stage != .pretrain || having.contains($0.0.method) }
                let values = pairs.map { $0.1[name] ?? "not given" }
                guard Set(values).count > 1 else { return nil }
                return ProtocolDifference(stage: stage, name: name, values: grouped(pairs.map(\.0), values))
            }
        }
    }

    private static func grouped(_ runs: [RunRecord], _ values: [String]) -> [String] {
        var methods: [String] = []
        for run in runs where !methods.contains(run.method) { methods.append(run.method) }
        return methods.flatMap { method -> [String] in
            let mine = zip(runs, values).filter { $0.0.method == method }
            guard let first = mine.first, mine.contains(where: { $0.1 != first.1 }) else {
                return mine.prefix(1).map { "\(method) \($0.1)" }
            }
            return mine.map { "\(method) (seed \($0.0.seed)) \($0.1)" }
        }
    }
}
