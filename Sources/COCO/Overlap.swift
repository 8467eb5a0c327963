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
        let detections = pairing.results.objects
        for d in dt {
            let row = Int(pairing.detections.rows[d])
            var box = detections.boxes[row]
            if pairing.areasAreOfBoxes {
                work.areas.append(box.area)
            } else {
                try unpack(row, image, &work)
                work.areas.append(Double(work.area))
                if !detections.hasBox[row] { box = work.boundingBox(image) }
            }
            for g in gt {
                let object = Int(pairing.truth.rows[g])
                work.ious.append(box.iou(with: truth.boxes[object], isCrowd: truth.isCrowd[object]))
            }
        }
    }

    private func masks(_ gt: Range<Int>, _ dt: Range<Int>, _ image: ImageInfo, _ work: inout Workspace) throws(RecordError) {
        let truth = pairing.dataset.objects
        let detections = pairing.results.objects
        try unpackTruth(gt, image, &work)
        for d in dt {
            let row = Int(pairing.detections.rows[d])
            if !gt.isEmpty || !pairing.areasAreOfBoxes { try unpack(row, image, &work) }
            work.areas.append(pairing.areasAreOfBoxes ? detections.boxes[row].area : Double(work.area))
            guard !gt.isEmpty else { continue }
            let box = work.boundingBox(image)
            for (i, g) in gt.enumerated() {
                let isCrowd = truth.isCrowd[Int(pairing.truth.rows[g])]
                // The mask API tells most pairs apart by their boxes.
                let apart = box.iou(with: work.truthBoxes[i], isCrowd: isCrowd) <= 0
                work.ious.append(apart ? 0 : work.iou(withObject: i, isCrowd: isCrowd))
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
    private func unpack(_ row: Int, _ image: ImageInfo, _ work: inout Workspace) throws(RecordError) {
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
    }
}

extension Overlap.Workspace {
    /// Of the detection unpacked last.
    fileprivate var area: Int { runs.withUnsafeBufferPointer { Runs($0).area } }

    fileprivate func boundingBox(_ image: ImageInfo) -> Box {
        runs.withUnsafeBufferPointer { Runs($0).boundingBox(height: image.height, width: image.width) }
    }

    /// Of the detection unpacked last with the i-th object.
    fileprivate func iou(withObject i: Int, isCrowd: Bool) -> Double {
        let range = (i == 0 ? 0 : truthEnds[i - 1])..<truthEnds[i]
        return runs.withUnsafeBufferPointer { runs in
            truthRuns.withUnsafeBufferPointer { Runs(runs).iou(with: Runs($0, range), isCrowd: isCrowd) }
        }
    }
}
