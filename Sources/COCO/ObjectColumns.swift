import CSimdJSON
import Foundation
import Support

/// Objects of a file in columns, annotations and detections alike: element i of each array belongs to object i.
struct ObjectColumns: Sendable {
    /// Annotations only; empty for detections.
    let ids: [Int]
    let imageIDs: [Int]
    let categoryIDs: [Int]
    let boxes: [Box]
    let hasBox: [Bool]
    /// Annotations only; NaN where a file gives none.
    let areas: [Double]
    /// Detections only.
    let scores: [Double]
    /// Annotations only.
    let isCrowd: [Bool]
    let masks: MaskColumns

    var count: Int { imageIDs.count }

    init(_ file: OpaquePointer) {
        let objects = coco_objects(file)
        let n = Int(objects.count)
        func column<T>(_ start: UnsafePointer<T>?) -> UnsafeBufferPointer<T> {
            UnsafeBufferPointer(start: start, count: start == nil ? 0 : n)
        }
        ids = column(objects.ids).map(Int.init)
        imageIDs = column(objects.image_ids).map(Int.init)
        categoryIDs = column(objects.category_ids).map(Int.init)
        boxes = (0..<n).map { i in
            let b = objects.boxes + 4 * i
            return Box(x: b[0], y: b[1], width: b[2], height: b[3])
        }
        hasBox = column(objects.has_box).map { $0 != 0 }
        areas = Array(column(objects.areas))
        scores = Array(column(objects.scores))
        isCrowd = column(objects.is_crowd).map { $0 != 0 }
        masks = MaskColumns(file)
    }

    init(_ detections: [Detection]) {
        ids = []
        imageIDs = detections.map(\.imageID)
        categoryIDs = detections.map(\.categoryID)
        boxes = detections.map { $0.box ?? Box(x: 0, y: 0, width: 0, height: 0) }
        hasBox = detections.map { $0.box != nil }
        areas = []
        scores = detections.map(\.score)
        isCrowd = []
        masks = MaskColumns(detections.map(\.mask))
    }
}

/// Masks of many objects in flat storage, as their file wrote them.
struct MaskColumns: Sendable {
    enum Kind: UInt8 {
        case none, polygons, counts, compressed
    }

    private let kinds: [UInt8]
    /// Height and width of masks written as runs.
    private let sizes: [Int32]
    private let partStarts: [Int]
    private let numberStarts: [Int]
    private let textStarts: [Int]
    private let partLengths: [Int]
    private let numbers: [Double]
    private let text: MaskText

    init(_ file: OpaquePointer) {
        let objects = coco_objects(file)
        let n = Int(objects.count)
        func copy<T, U>(_ start: UnsafePointer<T>?, _ count: Int, _ convert: (T) -> U) -> [U] {
            UnsafeBufferPointer(start: start, count: count).map(convert)
        }
        kinds = copy(objects.mask_kinds, n) { $0 }
        sizes = copy(objects.mask_sizes, 2 * n) { $0 }
        partStarts = copy(objects.part_starts, n + 1) { Int($0) }
        numberStarts = copy(objects.number_starts, n + 1) { Int($0) }
        textStarts = copy(objects.text_starts, n + 1) { Int($0) }
        partLengths = copy(objects.part_lengths, partStarts[n]) { Int($0) }
        numbers = Array(UnsafeBufferPointer(start: objects.numbers, count: numberStarts[n]))
        text = MaskText(coco_take_text(file), count: textStarts[n])
    }

    init(_ masks: [RLE?]) {
        kinds = masks.map { $0 == nil ? Kind.none.rawValue : Kind.counts.rawValue }
        sizes = masks.flatMap { [Int32($0?.height ?? 0), Int32($0?.width ?? 0)] }
        partStarts = Array(repeating: 0, count: masks.count + 1)
        textStarts = partStarts
        numberStarts = masks.reduce(into: [0]) { $0.append($0.last! + ($1?.counts.count ?? 0)) }
        partLengths = []
        numbers = masks.flatMap { ($0?.counts ?? []).map(Double.init) }
        text = MaskText(nil, count: 0)
    }

    func kind(_ i: Int) -> Kind { Kind(rawValue: kinds[i]) ?? .none }

    /// The polygons of object i; none where it has run lengths.
    func polygons(_ i: Int) -> [[Double]] {
        guard kind(i) == .polygons else { return [] }
        var start = numberStarts[i]
        return partLengths[partStarts[i]..<partStarts[i + 1]].map { length in
            defer { start += length }
            return Array(numbers[start..<start + length])
        }
    }

    /// The mask of object i in an image of this size, or nil where it has none.
    ///
    /// - Throws: `UserError` when run lengths are of another size, or do not fill it.
    func mask(_ i: Int, height: Int, width: Int) throws(UserError) -> RLE? {
        guard kind(i) != .none else { return nil }
        var counts: [UInt32] = []
        try appendRuns(i, height: height, width: width, to: &counts)
        return RLE(height: height, width: width, counts: counts)
    }

    /// Appends the run lengths of object i's mask; nothing where it has none. Throws as `mask` does.
    func appendRuns(_ i: Int, height: Int, width: Int, to counts: inout [UInt32]) throws(UserError) {
        let kind = kind(i)
        switch kind {
        case .none: return
        case .polygons: return counts += RLE(polygons: polygons(i), height: height, width: width).counts
        case .counts, .compressed: break
        }
        guard sizes[2 * i] == height, sizes[2 * i + 1] == width else {
            throw UserError(
                "its mask is of height and width \(sizes[2 * i]), \(sizes[2 * i + 1]), its image of \(height), \(width)")
        }
        let first = counts.count
        if kind == .counts {
            for number in numbers[numberStarts[i]..<numberStarts[i + 1]] { counts.append(UInt32(number)) }
        } else {
            try RLE.appendRuns(compressed: text[textStarts[i]..<textStarts[i + 1]], to: &counts)
        }
        try RLE.check(counts[first...], height: height, width: width)
    }
}

/// The compressed strings of a file, in the memory they were read into.
private final class MaskText: Sendable {
    // Written by nobody once it is here.
    private nonisolated(unsafe) let bytes: UnsafeBufferPointer<UInt8>

    /// Takes over memory of malloc's.
    init(_ start: UnsafeMutablePointer<CChar>?, count: Int) {
        bytes = UnsafeBufferPointer(start: UnsafeRawPointer(start)?.assumingMemoryBound(to: UInt8.self), count: start == nil ? 0 : count)
    }

    deinit { free(UnsafeMutableRawPointer(mutating: UnsafeRawPointer(bytes.baseAddress))) }

    subscript(range: Range<Int>) -> UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(rebasing: bytes[range]) }
}
