import Recipes

extension TrainingOptions {
    /// Reads the section `run`, which changes no number: workers, and how often things are written.
    ///
    /// - Throws: `UserError` with the line of what cannot be.
    public mutating func read(_ recipe: RecipeSection) throws {
        workers = try recipe.value(
            "workers", default: workers, in: 0...256,
            KeyDoc("Threads that make batches, of each process; no number depends on it", unit: "threads"))
        checkpointInterval = try recipe.positive(
            "checkpoint_interval", default: checkpointInterval, KeyDoc("Steps between checkpoints", unit: "steps"))
        checkpointsKept = try recipe.positive(
            "checkpoints_kept", default: checkpointsKept, KeyDoc("Newest checkpoints that are kept", unit: "checkpoints"))
        logInterval = try recipe.positive(
            "log_interval", default: logInterval, KeyDoc("Steps between lines of metrics.jsonl", unit: "steps"))
    }

    /// The key `precision` of a stage's section.
    ///
    /// - Throws: `UserError` with the line of what cannot be.
    public mutating func readPrecision(_ recipe: RecipeSection) throws {
        precision = try recipe.choice(
            "precision", default: .float32,
            KeyDoc(
                "What matrix products and convolutions of training are computed in; weights, losses and optimizer are float32 with "
                    + "both, and so are prediction, measurement and evaluation", source: "Detectron2's SOLVER.AMP, which is of training too"
            ))
    }
}
