import Runs
import Support

/// What of a benchmark is done: stages of methods and seeds.
package struct StageMatrix {
    package struct Stage: Equatable {
        package let method: String
        package let seed: UInt64
        package let kind: RunStage
    }

    let methods: [String]
    let seeds: [UInt64]
    /// In the order of their work.
    package let stages: [Stage]

    /// - Parameter pretrains: whether a method begins with pretraining.
    package init(methods: [String], seeds: [UInt64], pretrains: (String) -> Bool) {
        self.methods = methods
        self.seeds = seeds
        stages = seeds.flatMap { seed in
            methods.flatMap { method in
                (pretrains(method) ? [RunStage.pretrain, .finetune] : [.finetune]).map {
                    Stage(method: method, seed: seed, kind: $0)
                }
            }
        }
    }

    /// "e-diy, seed 1: pretraining (stage 6 of 25)".
    package func line(at stage: Stage) -> String {
        let place = (stages.firstIndex(of: stage) ?? 0) + 1
        return "\(stage.method), seed \(stage.seed): \(stage.kind.title) (stage \(place) of \(stages.count))"
    }

    /// How long this stage and all that come after it will take, by what stages of the same kind took: of the same method where one
    /// is done, and of any otherwise. Nil before one of each kind to come is done.
    ///
    /// - Parameters:
    ///   - isDone: asked of every stage but `stage`.
    ///   - seconds: what a stage that is done took.
    package func secondsLeft(at stage: Stage, isDone: (Stage) -> Bool, seconds: (Stage) -> Double?) -> Double? {
        var (done, left): ([(stage: Stage, seconds: Double)], [Stage]) = ([], [stage])
        for other in stages where other != stage {
            if !isDone(other) { left.append(other) } else if let seconds = seconds(other) { done.append((other, seconds)) }
        }
        var sum = 0.0
        for stage in left {
            let kind = done.filter { $0.stage.kind == stage.kind }
            let own = kind.filter { $0.stage.method == stage.method }
            let like = own.isEmpty ? kind : own
            guard !like.isEmpty else { return nil }
            sum += like.reduce(0) { $0 + $1.seconds } / Double(like.count)
        }
        return sum
    }

    /// A row a method, a column a seed, with a mark for each stage: done, at work, or to come.
    ///
    /// - Parameters:
    ///   - stage: what is at work.
    ///   - isDone: asked of every other stage.
    package func text(at stage: Stage, isDone: (Stage) -> Bool) -> String {
        let header = [""] + seeds.map { "seed \($0)" }
        let rows = methods.map { method in
            [method]
                + seeds.map { seed in
                    [RunStage.pretrain, .finetune].map { kind in
                        let this = Stage(method: method, seed: seed, kind: kind)
                        guard stages.contains(this) else { return " " }
                        return this == stage ? "▸" : isDone(this) ? "✓" : "·"
                    }.joined(separator: " ")
                }
        }
        let lines = aligned([header] + rows, words: [0]).map { "  \($0)" }
        return (lines + ["  pretraining, fine-tuning: ✓ done, ▸ now, · to come"]).joined(separator: "\n")
    }
}
