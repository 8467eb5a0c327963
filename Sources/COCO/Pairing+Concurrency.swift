import Foundation
import Support

extension Pairing {
    /// What `body` makes of each group, the groups spread over the processor's cores.
    func concurrently<R: Sendable>(_ body: @Sendable (Int) throws(RecordError) -> R) throws -> [R] {
        try concurrently(groupCount, body)
    }

    /// What `body` makes of 0 ..< count.
    ///
    /// - Throws: of several broken records the first of the file, whichever thread met it.
    private func concurrently<R: Sendable>(_ count: Int, _ body: @Sendable (Int) throws(RecordError) -> R) throws -> [R] {
        var groups = [Result<R, RecordError>?](repeating: nil, count: count)
        groups.withUnsafeMutableBufferPointer { slots in
            // Each group writes a slot of its own.
            nonisolated(unsafe) let slots = slots
            DispatchQueue.concurrentPerform(iterations: slots.count) { k in
                slots[k] = Result { () throws(RecordError) in try body(k) }
            }
        }
        let broken = groups.compactMap { if case .failure(let error) = $0 { error } else { nil } }
        if let first = broken.min(by: { ($0.isTruth ? 0 : 1, $0.row) < ($1.isTruth ? 0 : 1, $1.row) }) { throw error(first) }
        return groups.compactMap { try? $0?.get() }
    }

    /// What `body` makes of each image, the images spread over the processor's cores, with the image's place in the dataset.
    ///
    /// - Parameter body: takes the places of the image's objects and detections, its rank, and all their overlaps.
    func imagesConcurrently<R: Sendable>(
        _ body: @Sendable (Range<Int>, Range<Int>, Int32, Overlap.Workspace) throws(RecordError) -> R
    ) throws -> [(place: Int, value: R)] {
        var images: [(gt: Range<Int>, dt: Range<Int>, image: Int32)] = []
        try? forEachImage(truth.range(group: 0), detections.range(group: 0)) { (gt, dt, image) throws(RecordError) in
            images.append((gt, dt, image))
        }
        let (all, stretch) = (images, 64)
        let overlap = Overlap(self, least: 0, sigmas: [])
        let stretches = try concurrently((all.count + stretch - 1) / stretch) { i throws(RecordError) in
            var work = Overlap.Workspace()
            var values: [(place: Int, value: R)] = []
            for (gt, dt, image) in all[i * stretch..<min((i + 1) * stretch, all.count)] {
                try overlap.compute(gt, dt, image: image, &work)
                values.append((place(of: image), try body(gt, dt, image, work)))
            }
            return values
        }
        return stretches.flatMap(\.self)
    }
}
