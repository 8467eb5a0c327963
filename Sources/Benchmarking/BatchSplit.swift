import DataLoading
import NN
import Support
import Torch

/// How the batch of a stage is split over processes.
///
/// Synchronised and frozen, the numbers are those of one process to rounding, and the split is no part of the protocol: a run may
/// go on with another number of processes. Trained apart, each process normalises by its own images, and how many those are is
/// a setting like any other.
struct BatchSplit {
    let shard: Shard
    /// What the split adds to a run's settings.
    let settings: [(name: String, value: JSON)]

    /// - Parameter section: of the recipe.
    /// - Throws: `UserError` when the batch does not divide.
    init(_ section: String, _ batch: Int, _ normalization: Normalization, _ group: ProcessGroup?) throws {
        shard = Shard(group)
        guard let group else {
            settings = []
            return
        }
        let each = batch / group.size
        guard each * group.size == batch else {
            throw UserError(
                "\(section).batch is \(batch), and does not divide over \(group.size) processes",
                remedy: "use \(max(each, 1) * group.size), or another number of processes")
        }
        settings = normalization == .bn ? [("\(section).normalization_batch", .int(each))] : []
        if normalization == .bn, group.isLeader {
            StandardError.line(
                "\(section).normalization is bn: statistics are those of each process's \(each) images, not of the batch's "
                    + "\(batch); sync_bn has them of all")
        }
    }
}
