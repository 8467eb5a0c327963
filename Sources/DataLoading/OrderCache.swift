import Synchronization

/// The orders of the last two epochs asked for.
final class OrderCache: Sendable {
    private let held = Mutex<[(epoch: Int, order: [Int32])]>([])

    func order(epoch: Int, make: (Int) -> [Int32]) -> [Int32] {
        held.withLock { held in
            if let found = held.first(where: { $0.epoch == epoch }) { return found.order }
            let order = make(epoch)
            held = held.suffix(1) + [(epoch, order)]
            return order
        }
    }
}
