import Foundation
import Support

/// What keeps a detector's AP from 1: six kinds of error, and the AP that mending each alone would give. Source: TIDE, arXiv
/// 2008.08115; the numbers are those of tidecv 1.0.1.
///
/// All detections of an image count together, the best hundred of them. Each false positive is one kind of error, the first
/// that fits in the order of `Kind`; an object that no detection stands for is missed.
public struct ErrorAnalysis: Sendable {
    /// What a false positive, or an object not found, went wrong by. Source: TIDE, section 2.2.
    public enum Kind: String, Sendable, CaseIterable {
        /// Lies well, says the wrong category.
        case classification = "Cls"
        /// Says the right category, lies badly.
        case localization = "Loc"
        /// Neither, and overlaps an object all the same.
        case both = "Both"
        /// Would be right, had not a better detection taken the object.
        case duplicate = "Dupe"
        /// Overlaps no object.
        case background = "Bkg"
        /// An object not found, nor to be found by mending another error.
        case missed = "Miss"
    }

    /// Of one kind.
    public struct Cost: Sendable, Equatable {
        public let kind: Kind
        /// How many errors there are.
        public let count: Int
        /// The AP that mending all of them gains, each kind taken alone.
        public let ap: Double
    }

    /// AP at `overlap`, 0 to 1; categories without objects count as 0 where something was detected, as in tidecv.
    public let ap: Double
    /// In the order of `Kind`.
    public let costs: [Cost]
    /// The AP gained if every false positive came after all true ones, and if every object not found were not there.
    public let falsePositives: Double
    public let falseNegatives: Double
    /// The least overlap of a right detection, and that which any overlap with an object begins at.
    public let overlap: Double
    public let background: Double
    public let type: IoUType

    /// How many detections of an image count.
    public static let detectionsPerImage = 100

    /// - Throws: `UserError` for a detection on an unknown image, or a mask that does not fit its image.
    public init(
        _ results: Results, against dataset: Dataset, by type: IoUType, overlap: Double = 0.5, background: Double = 0.1
    ) throws {
        var evaluator = Evaluator(type)
        evaluator.detectionLimits = [Self.detectionsPerImage]
        let pairing = try Pairing(results, dataset, type, evaluator, .images)
        let images = try pairing.imagesConcurrently { gt, dt, image, work throws(RecordError) in
            ImageErrors(pairing, gt, dt, work.ious, overlap, background)
        }
        // Ties in score stand in the order of the images' file.
        let ordered = images.sorted { $0.place < $1.place }.map(\.value)
        let errors = ordered.flatMap(\.errors)
        let points = ordered.flatMap(\.points)
        var objects: [Int: Int] = [:]
        for image in ordered { objects.merge(image.objects, uniquingKeysWith: +) }
        let ap = meanAP(points, objects)
        let right = points.filter(\.isRight)

        costs = Kind.allCases.map { kind in
            var objects = objects
            let mended = errors.compactMap { error -> ScoredPoint? in
                guard error.kind == kind else { return error.point }
                if kind == .missed { objects[error.category, default: 0] -= 1 }
                return error.mended
            }
            return Cost(kind: kind, count: errors.count { $0.kind == kind }, ap: max(meanAP(mended + right, objects) - ap, 0))
        }
        let wrong = errors.compactMap(\.point)
        falsePositives = meanAP((wrong + right).map { $0.scored($0.isRight ? 1 : 0) }, objects) - ap
        for image in ordered {
            for category in image.unfound { objects[category, default: 0] -= 1 }
        }
        falseNegatives = meanAP(wrong + right, objects) - ap
        self.ap = ap
        self.overlap = overlap
        self.background = background
        self.type = type
    }
}

/// A detection as AP sees it.
private struct ScoredPoint: Sendable {
    let category: Int
    let score: Double
    let isRight: Bool

    func scored(_ score: Double) -> Self { Self(category: category, score: score, isRight: isRight) }
}

/// The errors of one image.
private struct ImageErrors: Sendable {
    struct Found: Sendable {
        let kind: ErrorAnalysis.Kind
        /// Of a missed object; of others that of the detection.
        let category: Int
        /// The false positive; nil for a missed object, and for a detection of a crowd, which does not count.
        let point: ScoredPoint?
        /// What takes its place when it is mended.
        var mended: ScoredPoint?
    }

    /// Detections that count.
    private(set) var points: [ScoredPoint] = []
    private(set) var errors: [Found] = []
    /// How many there are of each category; 0 for one that was only detected.
    private(set) var objects: [Int: Int] = [:]
    /// The category of each object not found.
    private(set) var unfound: [Int] = []

    init(_ pairing: Pairing, _ gt: Range<Int>, _ dt: Range<Int>, _ ious: [Double], _ overlap: Double, _ background: Double) {
        let (dataset, results, G) = (pairing.dataset, pairing.results, gt.count)
        let rows = gt.map { Int(pairing.truth.rows[$0]) }
        let truth = rows.map { dataset.categories[Int(dataset.categoryIndices[$0])].id }
        let plain = (0..<G).filter { !pairing.isIgnored[rows[$0]] }
        let crowds = (0..<G).filter { pairing.isIgnored[rows[$0]] }
        for g in plain { objects[truth[g], default: 0] += 1 }
        let found = dt.map { Int(pairing.detections.rows[$0]) }
        let categories = found.map { results.categoryIDs[$0] }

        // Each detection, by falling score, takes the free object of its category that it overlaps most.
        var isTaken = [Bool](repeating: false, count: G)
        var isRight = [Bool](repeating: false, count: found.count)
        /// Of `among` the one that detection d overlaps most, the first of equal ones.
        func best(_ d: Int, _ among: (Int) -> Bool) -> (object: Int, iou: Double) {
            plain.reduce((plain[0], 0)) { best, g in
                among(g) && ious[d * G + g] > best.1 ? (g, ious[d * G + g]) : best
            }
        }
        for d in found.indices where !plain.isEmpty {
            let (g, iou) = best(d) { truth[$0] == categories[d] && !isTaken[$0] }
            guard iou >= overlap else { continue }
            isTaken[g] = true
            isRight[d] = true
        }
        // Detections by object that would be right of it, were they mended; the best one gets it.
        var repairs: [Int: Int] = [:]
        for d in found.indices {
            let isOfCrowd = !isRight[d] && crowds.contains { truth[$0] == categories[d] && ious[d * G + $0] > overlap }
            let point = ScoredPoint(category: categories[d], score: results.scores[found[d]], isRight: isRight[d])
            if !isOfCrowd { points.append(point) }
            guard !isRight[d] else { continue }
            var error: (kind: ErrorAnalysis.Kind, object: Int?) = (.background, nil)
            if !plain.isEmpty {
                let own = best(d) { truth[$0] == categories[d] }
                let other = best(d) { truth[$0] != categories[d] }
                if background <= own.iou && own.iou <= overlap {
                    error = (.localization, own.object)
                } else if other.iou >= overlap {
                    error = (.classification, other.object)
                } else if best(d, { truth[$0] == categories[d] && isTaken[$0] }).iou >= overlap {
                    error = (.duplicate, nil)
                } else if best(d, { _ in true }).iou > background {
                    error = (.both, nil)
                }
            }
            var mended: ScoredPoint?
            if let g = error.object, !isTaken[g], repairs[g] == nil {
                repairs[g] = d
                mended = ScoredPoint(category: truth[g], score: point.score, isRight: true)
            }
            errors.append(Found(kind: error.kind, category: categories[d], point: isOfCrowd ? nil : point, mended: mended))
        }
        for category in points.map(\.category) where objects[category] == nil { objects[category] = 0 }
        for g in plain where !isTaken[g] {
            unfound.append(truth[g])
            if repairs[g] == nil { errors.append(Found(kind: .missed, category: truth[g], point: nil, mended: nil)) }
        }
    }
}

/// The mean over categories that have objects or detections; ties in score stand in the order given.
private func meanAP(_ points: [ScoredPoint], _ objects: [Int: Int]) -> Double {
    let byCategory = Dictionary(grouping: points, by: \.category)
    let categories = Set(byCategory.keys).union(objects.filter { $0.value != 0 }.keys).sorted()
    guard !categories.isEmpty else { return 0 }
    let aps = categories.map { category -> Double in
        let count = objects[category] ?? 0
        guard count > 0, let points = byCategory[category] else { return 0 }
        var (right, wrong) = (0, 0)
        var curve: [(recall: Double, precision: Double)] = []
        for point in points.enumerated().sorted(by: { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }).map(\.element) {
            if point.isRight { right += 1 } else { wrong += 1 }
            curve.append((Double(right) / Double(count), Double(right) / Double(right + wrong)))
        }
        for i in stride(from: curve.count - 1, to: 0, by: -1) {
            curve[i - 1].precision = max(curve[i - 1].precision, curve[i].precision)
        }
        var (sum, place) = (0.0, 0)
        for step in 0...100 {
            while place < curve.count && curve[place].recall < Double(step) / 100 { place += 1 }
            if place < curve.count { sum += curve[place].precision }
        }
        return sum / 101
    }
    return aps.reduce(0, +) / Double(aps.count)
}
