import COpenBLAS

#if canImport(Glibc)
import Glibc
#endif

/// A classifier without training: the classes of the k features most like a query's vote, each with e^(cosine / τ). Source:
/// Wu et al. 2018 (arXiv 1805.01978), section 3.4.
public struct NearestNeighbors: Sendable {
    /// Unit vectors, row-major.
    private let bank: [Float]
    private let labels: [Int]
    private let columns: Int
    private let classes: Int
    private let neighbours: Int
    private let temperature: Float

    private static let block = 256

    /// - Parameters:
    ///   - features: (labels.count, columns), row-major; scaled to unit length here.
    ///   - labels: 0 ..< classes.
    ///   - neighbours: k.
    ///   - temperature: τ.
    public init(
        _ features: [Float], labels: [Int], columns: Int, classes: Int, neighbours: Int = 20, temperature: Double = 0.07
    ) {
        precondition(features.count == labels.count * columns && labels.count > 1, "\(features.count) values, \(labels.count) labels")
        bank = unitRows(features, columns: columns)
        self.labels = labels
        self.columns = columns
        self.classes = classes
        self.neighbours = neighbours
        self.temperature = Float(temperature)
    }

    /// How many queries' class is found.
    public func correct(_ queries: [Float], labels truth: [Int]) -> Int {
        correct(unitRows(queries, columns: columns), truth, isBank: false)
    }

    /// The part of its own features whose class is found by the others.
    public func leaveOneOutAccuracy() -> Double { Double(correct(bank, labels, isBank: true)) / Double(labels.count) }

    private func correct(_ queries: [Float], _ truth: [Int], isBank: Bool) -> Int {
        let count = truth.count, size = labels.count
        let k = min(neighbours, isBank ? size - 1 : size)
        var similarities = [Float](repeating: 0, count: min(Self.block, count) * size)
        var right = 0
        for start in stride(from: 0, to: count, by: Self.block) {
            let rows = min(Self.block, count - start)
            queries.withUnsafeBufferPointer { queries in
                cblas_sgemm(
                    CblasRowMajor, CblasNoTrans, CblasTrans, Int32(rows), Int32(size), Int32(columns), 1,
                    queries.baseAddress! + start * columns, Int32(columns), bank, Int32(columns), 0, &similarities, Int32(size))
            }
            for row in 0..<rows {
                if isBank { similarities[row * size + start + row] = -.infinity }
                if vote(similarities[row * size..<(row + 1) * size], k) == truth[start + row] { right += 1 }
            }
        }
        return right
    }

    /// The class with most weight among the k most similar; of equals the first.
    private func vote(_ similarities: ArraySlice<Float>, _ k: Int) -> Int {
        // The least of the best so far stands last; most of a bank is passed over by one comparison.
        var best: [(similarity: Float, label: Int)] = []
        best.reserveCapacity(k + 1)
        for (similarity, label) in zip(similarities, labels) {
            if best.count == k, let last = best.last, similarity <= last.similarity { continue }
            var place = best.count
            while place > 0, best[place - 1].similarity < similarity { place -= 1 }
            best.insert((similarity, label), at: place)
            if best.count > k { best.removeLast() }
        }
        var votes = [Float](repeating: 0, count: classes)
        for (similarity, label) in best { votes[label] += exp((similarity - 1) / temperature) }
        return votes.indices.max { votes[$0] < votes[$1] } ?? 0
    }
}

/// Each row at unit length; rows of zeros stay.
private func unitRows(_ values: [Float], columns: Int) -> [Float] {
    var unit = values
    unit.withUnsafeMutableBufferPointer { unit in
        for start in stride(from: 0, to: unit.count, by: columns) {
            let row = unit.baseAddress! + start
            let length = cblas_snrm2(Int32(columns), row, 1)
            if length > 0 { cblas_sscal(Int32(columns), 1 / length, row, 1) }
        }
    }
    return unit
}
