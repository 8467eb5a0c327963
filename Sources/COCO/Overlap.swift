/// Overlaps of the detections of an image with its objects, of one category.
struct Overlap {
    /// What is computed for an image, kept from one to the next so that its arrays are allocated once.
    struct Workspace {
        /// Detections × objects.
        var ious: [Double] = []
        /// Of the detections.
        var areas: [Double] = []
        // Run lengths of the objects, one after the other, where each ends, and their boxes.
        fileprivate var truthRuns: [UInt32] = []
        fileprivate var truthEnds: [Int] = []
        fileprivate var truthBoxes: [Box] = []
        fileprivate var runs: [UInt32] = []
    }

    private let pairing: Pairing

    init(_ pairing: Pairing) { self.pairing = pairing }

    /// - Throws: the first mask that cannot be used.
    func compute(_ gt: Range<Int>, _ dt: Range<Int>, image: Int32, _ work: inout Workspace) throws(RecordError) {
        work.ious.removeAll(keepingCapacity: true)
        work.areas.removeAll(keepingCapacity: true)
        guard !dt.isEmpty else { return }
        switch pairing.type {
        case .bbox: try boxes(gt, dt, pairing.image(image), &work)
        case .segm: try masks(gt, dt, pairing.image(image), &work)
        }
    }

    private func boxes(_ gt: Range<Int>, _ dt: Range<Int>, _ image: ImageInfo, _ work: inout Workspace) throws(RecordError) {
        let truth = pairing.dataset.objects
        for d in dt {
            let row = Int(pairing.detections.rows[d])
            let box: Box
            if pairing.areasAreOfBoxes {
                box = pairing.results.objects.boxes[row]
                work.areas.append(box.area)
            } else {
                let runs = try detectionRuns(row, image, &work)
                box = pairing.results.objects.hasBox[row] ? pairing.results.objects.boxes[row] : runs.box
                work.areas.append(runs.area)
            }
            for g in gt {
                let object = Int(pairing.truth.rows[g])
                work.ious.append(box.iou(with: truth.boxes[object], isCrowd: truth.isCrowd[object]))
            }
        }
    }

    private func masks(_ gt: Range<Int>, _ dt: Range<Int>, _ image: ImageInfo, _ work: inout Workspace) throws(RecordError) {
        let truth = pairing.dataset.objects
        try unpackTruth(gt, image, &work)
        for d in dt {
            let row = Int(pairing.detections.rows[d])
            if gt.isEmpty && pairing.areasAreOfBoxes {
                work.areas.append(pairing.results.objects.boxes[row].area)
                continue
            }
            let (box, area) = try detectionRuns(row, image, &work)
            work.areas.append(pairing.areasAreOfBoxes ? pairing.results.objects.boxes[row].area : area)
            for (i, g) in gt.enumerated() {
                let isCrowd = truth.isCrowd[Int(pairing.truth.rows[g])]
                // The mask API tells most pairs apart by their boxes.
                guard box.iou(with: work.truthBoxes[i], isCrowd: isCrowd) > 0 else {
                    work.ious.append(0)
                    continue
                }
                let range = (i == 0 ? 0 : work.truthEnds[i - 1])..<work.truthEnds[i]
                let iou = work.runs.withUnsafeBufferPointer { runs in
                    work.truthRuns.withUnsafeBufferPointer { Runs(runs).iou(with: Runs($0, range), isCrowd: isCrowd) }
                }
                work.ious.append(iou)
            }
        }
    }

    private func unpackTruth(_ gt: Range<Int>, _ image: ImageInfo, _ work: inout Workspace) throws(RecordError) {
        work.truthRuns.removeAll(keepingCapacity: true)
        work.truthEnds.removeAll(keepingCapacity: true)
        work.truthBoxes.removeAll(keepingCapacity: true)
        for g in gt {
            let row = Int(pairing.truth.rows[g])
            let start = work.truthRuns.count
            do {
                try pairing.dataset.objects.masks.appendRuns(row, height: image.height, width: image.width, to: &work.truthRuns)
            } catch {
                throw RecordError(isTruth: true, row: row, problem: error.problem)
            }
            work.truthEnds.append(work.truthRuns.count)
            work.truthBoxes.append(
                work.truthRuns.withUnsafeBufferPointer {
                    Runs($0, start..<$0.count).boundingBox(height: image.height, width: image.width)
                })
        }
    }

    /// Puts a detection's run lengths into the workspace: of its mask, or of its box where it has none.
    private func detectionRuns(_ row: Int, _ image: ImageInfo, _ work: inout Workspace) throws(RecordError) -> (box: Box, area: Double) {
        work.runs.removeAll(keepingCapacity: true)
        let objects = pairing.results.objects
        do {
            if objects.masks.kind(row) == .none {
                work.runs += RLE(box: objects.boxes[row], height: image.height, width: image.width).counts
            } else {
                try objects.masks.appendRuns(row, height: image.height, width: image.width, to: &work.runs)
            }
        } catch {
            throw RecordError(isTruth: false, row: row, problem: error.problem)
        }
        return work.runs.withUnsafeBufferPointer {
            (Runs($0).boundingBox(height: image.height, width: image.width), Double(Runs($0).area))
        }
    }
}
