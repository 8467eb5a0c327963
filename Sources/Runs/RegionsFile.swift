import Foundation
import Support

/// regions.json: what a backbone makes of the regions of images that it is measured on. Of pretraining: after it, and before; of
/// fine-tuning: what the detector begins with, and maps of validation images to be looked at.
public struct RegionsFile: Sendable {
    public static let name = "regions.json"
    /// Bytes; more is no regions.json.
    private static let limit = 1 << 26

    public let numbers: RegionNumbers
    public let untrained: RegionNumbers?
    public let maps: [RegionSimilarity]

    public init(_ numbers: RegionNumbers, untrained: RegionNumbers? = nil, maps: [RegionSimilarity] = []) {
        self.numbers = numbers
        self.untrained = untrained
        self.maps = maps
    }

    /// Nil where a folder has none.
    ///
    /// - Throws: `UserError` with file and place for what cannot be read.
    public init?(reading folder: String) throws {
        let file = "\(folder)/\(Self.name)"
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        let fields = try Fields(reading: file, limit: Self.limit)
        numbers = try RegionNumbers(fields)
        untrained = try fields.object("untrained").map(RegionNumbers.init)
        maps = try fields.objects("maps").map(RegionSimilarity.init)
    }

    public var json: JSON {
        var members = numbers.members
        if let untrained { members.append(("untrained", .object(untrained.members))) }
        if !maps.isEmpty { members.append(("maps", .array(maps.map(\.json)))) }
        return .object(members)
    }

    /// Writes it whole or not at all: on one line where it holds maps, which nobody reads.
    public func write(to folder: String) throws {
        try AtomicFile.write(json.text(pretty: maps.isEmpty) + "\n", to: "\(folder)/\(Self.name)")
    }
}
