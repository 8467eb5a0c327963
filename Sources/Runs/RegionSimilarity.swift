import Support

/// How like one region of an image its others are to a backbone: one of `maps` of regions.json.
public struct RegionSimilarity: Sendable, Equatable {
    public let fileName: String
    /// Regions per side.
    public let grid: Int
    /// The index of the region that the others are held against, row by row.
    public let region: Int
    /// Cosines of all regions with it, row by row.
    public let similarities: [Double]

    /// Regions per side; more is no map.
    private static let limit = 1024

    /// - Parameter similarities: grid × grid; kept to three digits.
    public init(fileName: String, grid: Int, region: Int, similarities: [Double]) {
        precondition(similarities.count == grid * grid && similarities.indices.contains(region), "\(similarities.count) of \(grid)²")
        self.fileName = fileName
        self.grid = grid
        self.region = region
        self.similarities = similarities.map { ($0 * 1000).rounded() / 1000 }
    }

    init(_ fields: Fields) throws {
        let grid = try fields.required("grid", Fields.count), region = try fields.required("region", Fields.count)
        guard (1...Self.limit).contains(grid) else { throw fields.error("grid \(grid) is not 1 to \(Self.limit)") }
        guard region < grid * grid else { throw fields.error("region \(region) is not one of \(grid * grid)") }
        let similarities = try fields.required("similarities") { fields in { try fields.list($0, each: "a number", \.double) } }
        guard similarities.count == grid * grid else {
            throw fields.error("has \(similarities.count) similarities for \(grid * grid) regions")
        }
        fileName = try fields.required("file_name", Fields.string)
        self.grid = grid
        self.region = region
        self.similarities = similarities
    }

    var json: JSON {
        [
            "file_name": .string(fileName), "grid": .int(grid), "region": .int(region),
            "similarities": .array(similarities.map(JSON.double)),
        ]
    }

    /// Of the other regions.
    public var mean: Double {
        let others = similarities.enumerated().filter { $0.offset != region }
        return others.isEmpty ? 1 : others.reduce(0) { $0 + $1.element } / Double(others.count)
    }

    /// Whether both are of one region of one image.
    public func isComparable(with other: RegionSimilarity) -> Bool {
        fileName == other.fileName && grid == other.grid && region == other.region
    }
}
