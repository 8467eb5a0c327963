import Foundation
import Support

/// categories.json of a fine-tuning run: the dataset's categories, in the order of the detector's classes.
public struct CategoriesFile: Sendable {
    public static let name = "categories.json"
    private static let limit = 1 << 26

    public let categories: [(id: Int, name: String)]

    public init(_ categories: [(id: Int, name: String)]) { self.categories = categories }

    /// - Throws: `UserError` with file and place for what cannot be read.
    public init(reading folder: String) throws {
        let file = "\(folder)/\(Self.name)"
        guard let entries = try JSON(parsing: Array(BoundedFile.read(file, limit: Self.limit)), file: file).array else {
            throw UserError("is no list of categories", file: file)
        }
        categories = try entries.enumerated().map { i, entry in
            let fields = try Fields(entry, file: file, at: "[\(i)]")
            return (try fields.required("id", Fields.int), try fields.required("name", Fields.string))
        }
    }

    /// Writes it whole or not at all.
    public func write(to folder: String) throws {
        let list = categories.map { category -> JSON in ["id": .int(category.id), "name": .string(category.name)] }
        try AtomicFile.write(JSON.array(list).text(pretty: true) + "\n", to: "\(folder)/\(Self.name)")
    }
}
