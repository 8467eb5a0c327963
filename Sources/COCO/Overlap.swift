import Support

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
        fileprivate var truthAreas: [Int] = []
        fileprivate var runs: [UInt32] = []
    }

    private let pairing: Pairing
    private let least: Double
    private let similarity: KeypointSimilarity
    private let truthBoxes: [Box]
    private let foundBoxes: [Box]
    private let hasBox: [Bool]

    /// - Parameter least: mask overlaps that cannot reach this are given as 0.
    init(_ pairing: Pairing, least: Double, sigmas: [Double]) {
        self.pairing = pairing
        // Bounds are worked out in doubles too.
        self.least = least * (1 - 1e-9)
        similarity = KeypointSimilarity(sigmas: sigmas)
        truthBoxes = pairing.dataset.objects.boxes
        foundBoxes = pairing.results.objects.boxes
        hasBox = pairing.results.objects.hasBox
    }

    /// - Throws: the first mask that cannot be used.
    func compute(_ gt: Range<Int>, _ dt: Range<Int>, image: Int32, _ work: inout Workspace) throws(RecordError) {
        work.ious.removeAll(keepingCapacity: true)
        work.areas.removeAll(keepingCapacity: true)
        guard !dt.isEmpty else { return }
        switch pairing.type {
        case .bbox: try boxes(gt, dt, pairing.image(image), &work)
        case .segm: try masks(gt, dt, pairing.image(image), &work)
        case .keypoints: try keypoints(gt, dt, pairing.image(image), &work)
        }
    }

    private func boxes(_ gt: Range<Int>, _ dt: Range<Int>, _ image: ImageInfo, _ work: inout Workspace) throws(RecordError) {
        for d in dt {
            let row = Int(pairing.detections.rows[d])
            var box = foundBoxes[row]
            work.areas.append(try area(row, image, &work))
            if !hasBox[row] {
                switch pairing.areaSource {
                case .bbox: break
                case .segm: box = work.boundingBox(pairing.size(of: image))
                case .keypoints: box = pairing.results.objects.keypoints.box(row)
                }
            }
            for g in gt {
                let object = Int(pairing.truth.rows[g])
                work.ious.append(box.iou(with: truthBoxes[object], isCrowd: pairing.isCrowd(object)))
            }
        }
    }

    private func masks(_ gt: Range<Int>, _ dt: Range<Int>, _ image: ImageInfo, _ work: inout Workspace) throws(RecordError) {
        try unpackTruth(gt, image, &work)
        for d in dt {
            let row = Int(pairing.detections.rows[d])
            work.areas.append(try area(row, image, &work))
            guard !gt.isEmpty else { continue }
            if pairing.areaSource != .segm { try unpack(row, image, &work) }
            let (box, area) = (work.boundingBox(pairing.size(of: image)), work.area)
            for (i, g) in gt.enumerated() {
                let isCrowd = pairing.isCrowd(Int(pairing.truth.rows[g]))
                // The mask API tells most pairs apart by their boxes, and of most others the sizes tell that they overlap too little.
                let common = min(box.intersection(with: work.truthBoxes[i]), Double(min(area, work.truthAreas[i])))
                let bound = common / (isCrowd ? Double(area) : Double(area + work.truthAreas[i]) - common)
                work.ious.append(common > 0 && bound >= least ? work.iou(area, withObject: i, isCrowd: isCrowd) : 0)
            }
        }
    }

    private func keypoints(
        _ gt: Range<Int>, _ dt: Range<Int>, _ image: ImageInfo, _ work: inout Workspace
    ) throws(RecordError) {
        let (truth, detections) = (pairing.dataset.objects, pairing.results.objects)
        for d in dt {
            let row = Int(pairing.detections.rows[d])
            work.areas.append(try area(row, image, &work))
            for g in gt {
                let object = Int(pairing.truth.rows[g])
                do {
                    work.ious.append(
                        try similarity(
                            detections.keypoints[row], truth.keypoints[object], box: truth.boxes[object], area: truth.areas[object]))
                } catch {
                    throw RecordError(isTruth: error.isTruth, row: error.isTruth ? object : row, problem: error.problem)
                }
            }
        }
    }

    /// A detection's own area, of what its file is one of. Unpacks its mask where that is the mask.
    private func area(_ row: Int, _ image: ImageInfo, _ work: inout Workspace) throws(RecordError) -> Double {
        switch pairing.areaSource {
        case .bbox:
            guard hasBox[row] else {
                throw RecordError(isTruth: false, row: row, problem: "has no bbox, and the first record has one")
            }
            return foundBoxes[row].area
        case .keypoints: return pairing.results.objects.keypoints.box(row).area
        case .segm:
            try unpack(row, image, &work)
            return Double(work.area)
        }
    }

    private func unpackTruth(_ gt: Range<Int>, _ image: ImageInfo, _ work: inout Workspace) throws(RecordError) {
        let (height, width) = pairing.size(of: image)
        work.truthRuns.removeAll(keepingCapacity: true)
        work.truthEnds.removeAll(keepingCapacity: true)
        work.truthBoxes.removeAll(keepingCapacity: true)
        work.truthAreas.removeAll(keepingCapacity: true)
        for g in gt {
            let row = Int(pairing.truth.rows[g])
            let start = work.truthRuns.count
            do {
                try pairing.dataset.objects.masks.appendRuns(row, height: height, width: width, to: &work.truthRuns)
            } catch {
                throw RecordError(isTruth: true, row: row, problem: error.problem)
            }
            work.truthEnds.append(work.truthRuns.count)
            work.truthRuns.withUnsafeBufferPointer { runs in
                let mask = Runs(runs, start..<runs.count)
                work.truthBoxes.append(mask.boundingBox(height: height, width: width))
                work.truthAreas.append(mask.area)
            }
        }
    }

    /// Puts a detection's run lengths into the workspace: of its mask, or of its box where it has none.
    private func unpack(_ row: Int, _ image: ImageInfo, _ work: inout Workspace) throws(RecordError) {
        work.runs.removeAll(keepingCapacity: true)
        let objects = pairing.results.objects
        let (height, width) = pairing.size(of: image)
        do throws(UserError) {
            switch objects.masks.kind(row) {
            case .none where pairing.areaSource == .bbox && objects.hasBox[row]:
                work.runs += RLE(box: objects.boxes[row], height: height, width: width).counts
            case .none: throw UserError("has no segmentation")
            case .empty, .unusable: throw UserError(MaskColumns.unusable)
            case .polygons, .counts, .compressed: try objects.masks.appendRuns(row, height: height, width: width, to: &work.runs)
            }
        } catch {
            throw RecordError(isTruth: false, row: row, problem: error.problem)
        }
    }
}

extension Overlap.Workspace {
    /// Of the detection unpacked last.
    fileprivate var area: Int { runs.withUnsafeBufferPointer { Runs($0).area } }

    fileprivate func boundingBox(_ size: (height: Int, width: Int)) -> Box {
        runs.withUnsafeBufferPointer { Runs($0).boundingBox(height: size.height, width: size.width) }
    }

    /// Of the detection unpacked last, with its area, and the i-th object.
    fileprivate func iou(_ area: Int, withObject i: Int, isCrowd: Bool) -> Double {
        let range = (i == 0 ? 0 : truthEnds[i - 1])..<truthEnds[i]
        return runs.withUnsafeBufferPointer { runs in
            truthRuns.withUnsafeBufferPointer {
                Runs(runs).iou(with: Runs($0, range), areas: (area, truthAreas[i]), isCrowd: isCrowd)
            }
        }
    }
}
