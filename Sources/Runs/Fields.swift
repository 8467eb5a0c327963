import Support

/// The members of an object that the suite wrote, asked for by name and type. A member that is not there, or null, is nil; one
/// that is something else is an error with the file and the place.
struct Fields {
    private let members: JSON
    private let file: String
    private let place: String?

    /// The object that a file holds.
    ///
    /// - Parameter limit: bytes that the file may have.
    /// - Throws: `UserError` for a file that cannot be read, is larger, or holds anything else.
    init(reading file: String, limit: Int) throws {
        try self.init(JSON(parsing: Array(BoundedFile.read(file, limit: limit)), file: file), file: file)
    }

    /// - Parameter place: where in the file the object stands; nil for the whole.
    /// - Throws: `UserError` for what is no object.
    init(_ json: JSON, file: String, at place: String? = nil) throws {
        guard json.object != nil else { throw UserError("is no object", file: file, at: place, remedy: "have it written again") }
        members = json
        self.file = file
        self.place = place
    }

    /// Refuses a file of a newer program, whose words may mean something else.
    func checkSchema(atMost known: Int) throws {
        guard let schema = try int("schema"), schema >= 1 else { throw missing("schema") }
        guard schema <= known else {
            throw UserError("is of schema \(schema), newer than this program's \(known)", file: file, remedy: "update ediy")
        }
    }

    func string(_ name: String) throws -> String? { try value(name, "a text", \.string) }
    func int(_ name: String) throws -> Int? { try value(name, "a whole number", \.int) }
    func double(_ name: String) throws -> Double? { try value(name, "a number", \.double) }
    func count(_ name: String) throws -> Int? { try value(name, "a whole number, 0 or more") { $0.int.flatMap { $0 >= 0 ? $0 : nil } } }

    /// One of the words of an enumeration.
    func choice<T: RawRepresentable & CaseIterable>(_ name: String, _ type: T.Type) throws -> T? where T.RawValue == String {
        try value(name, "one of \(T.allCases.map(\.rawValue).joined(separator: ", "))") { $0.string.flatMap(T.init) }
    }

    /// Elements that are each of a kind: "a number".
    func list<T>(_ name: String, each kind: String, _ read: (JSON) -> T?) throws -> [T]? {
        guard let elements = try value(name, "a list", \.array) else { return nil }
        return try elements.enumerated().map { i, element in
            guard let found = read(element) else { throw wrong("\(name)[\(i)]", kind) }
            return found
        }
    }

    /// The members of an object, in their order; none where it is not there.
    func members(_ name: String) throws -> [(name: String, value: JSON)] {
        try (value(name, "an object", \.object) ?? []).map { ($0.key, $0.value) }
    }

    /// The same, of texts.
    func texts(_ name: String) throws -> [(name: String, value: String)] {
        try members(name).map { key, value in
            guard let text = value.string else { throw wrong("\(name).\(key)", "a text") }
            return (key, text)
        }
    }

    /// An object inside.
    func object(_ name: String) throws -> Fields? {
        guard let json = members[name], json != .null else { return nil }
        return try Fields(json, file: file, at: path(name))
    }

    /// The objects of a list; none where it is not there.
    func objects(_ name: String) throws -> [Fields] {
        try (value(name, "a list", \.array) ?? []).enumerated().map { i, json in
            try Fields(json, file: file, at: path("\(name)[\(i)]"))
        }
    }

    /// - Throws: `UserError` naming the member where it is missing.
    func required<T>(_ name: String, _ read: (Fields) -> (String) throws -> T?) throws -> T {
        guard let found = try read(self)(name) else { throw missing(name) }
        return found
    }

    /// An error about this object.
    func error(_ problem: String) -> UserError { UserError(problem, file: file, at: place) }

    private func value<T>(_ name: String, _ kind: String, _ read: (JSON) -> T?) throws -> T? {
        guard let json = members[name], json != .null else { return nil }
        guard let found = read(json) else { throw wrong(name, kind) }
        return found
    }

    private func path(_ name: String) -> String { place.map { "\($0).\(name)" } ?? name }

    private func wrong(_ name: String, _ kind: String) -> UserError { UserError("is not \(kind)", file: file, at: path(name)) }

    private func missing(_ name: String) -> UserError {
        UserError("has no \(name)", file: file, at: place, remedy: "name a folder that ediy wrote")
    }
}
