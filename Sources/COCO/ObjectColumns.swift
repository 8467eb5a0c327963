import CSimdJSON

/// Objects of a file in columns, annotations and detections alike: element i of each array belongs to object i.
struct ObjectColumns: Sendable {
    /// Annotations only; empty for detections.
    let ids: [Int]
    let imageIDs: [Int]
    let categoryIDs: [Int]
    /// NaN where there is none.
    let boxes: [Box]
    let hasBox: [Bool]
    /// Annotations only; NaN where a file gives none.
    let areas: [Double]
    /// Detections only.
    let scores: [Double]
    /// Annotations only.
    let isCrowd: [Bool]
    /// Annotations only: LVIS's `ignore` and VOC's `difficult`.
    let isIgnored: [Bool]
    let keypoints: KeypointColumns
    let masks: MaskColumns

    var count: Int { imageIDs.count }

    init(_ parts: [CocoPart]) {
        let tables = parts.map(\.objects)
        let count = tables.reduce(0) { $0 + Int($1.count) }
        func column<T, U>(_ start: (CocoObjects) -> UnsafePointer<T>?, _ convert: (T) -> U) -> [U] {
            var values: [U] = []
            for table in tables {
                guard let start = start(table), table.count > 0 else { continue }
                if values.isEmpty { values.reserveCapacity(count) }
                for value in UnsafeBufferPointer(start: start, count: Int(table.count)) { values.append(convert(value)) }
            }
            return values
        }
        ids = column(\.ids, Int.init)
        imageIDs = column(\.image_ids, Int.init)
        categoryIDs = column(\.category_ids, Int.init)
        // A box is its four numbers, one after the other.
        boxes = column({ $0.boxes.map { UnsafeRawPointer($0).assumingMemoryBound(to: Box.self) } }) { $0 }
        hasBox = column(\.has_box) { $0 != 0 }
        areas = column(\.areas) { $0 }
        scores = column(\.scores) { $0 }
        isCrowd = column(\.is_crowd) { $0 != 0 }
        isIgnored = column(\.is_ignored) { $0 != 0 }
        keypoints = KeypointColumns(tables)
        masks = MaskColumns(parts)
    }

    init(_ detections: [Detection]) {
        ids = []
        imageIDs = detections.map(\.imageID)
        categoryIDs = detections.map(\.categoryID)
        boxes = detections.map { $0.box ?? Box(x: .nan, y: .nan, width: .nan, height: .nan) }
        hasBox = detections.map { $0.box != nil }
        areas = []
        scores = detections.map(\.score)
        isCrowd = []
        isIgnored = []
        keypoints = KeypointColumns(detections.map(\.keypoints))
        masks = MaskColumns(detections.map(\.mask))
    }
}

/// Keypoints of many objects, x, y, v each; empty where a file has none.
struct KeypointColumns: Sendable {
    private let starts: [Int]
    private let values: [Double]
    /// Annotations only: how many an object says are labelled; −1 where it does not say.
    let labelled: [Int]

    init(_ tables: [CocoObjects]) {
        guard tables.contains(where: { $0.count > 0 && $0.keypoint_starts[Int($0.count)] > 0 }) else {
            (starts, values, labelled) = ([], [], [])
            return
        }
        var starts = [0]
        var values: [Double] = []
        var labelled: [Int] = []
        for table in tables where table.count > 0 {
            let base = values.count
            for i in 1...Int(table.count) { starts.append(base + Int(table.keypoint_starts[i])) }
            values += UnsafeBufferPointer(start: table.keypoints, count: Int(table.keypoint_starts[Int(table.count)]))
            if let visible = table.visible {
                labelled += UnsafeBufferPointer(start: visible, count: Int(table.count)).map(Int.init)
            }
        }
        self.starts = starts
        self.values = values
        self.labelled = labelled
    }

    init(_ keypoints: [[Double]]) {
        starts = keypoints.reduce(into: [0]) { $0.append($0.last! + $1.count) }
        values = keypoints.flatMap(\.self)
        labelled = []
    }

    /// Of object i; none where it has none.
    subscript(i: Int) -> ArraySlice<Double> { starts.isEmpty ? [] : values[starts[i]..<starts[i + 1]] }
}
