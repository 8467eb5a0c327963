/// What a key of a recipe means, told where it is read: the reference of keys (`ediy recipe keys`) is made of these.
///
///     try recipe.positive("image_size", default: 224, KeyDoc("Side of a view", unit: "pixels", source: "arXiv 2006.07733, appendix B"))
///     try recipe.value("masks", default: true, "Whether masks are predicted beside boxes")
public struct KeyDoc: Sendable, Equatable, ExpressibleByStringLiteral {
    /// A phrase without a full stop.
    public let meaning: String
    /// Of the value: `pixels`, `images`, `epochs`.
    public let unit: String?
    /// Where the default comes from: a paper and its section, or another tool's key.
    public let source: String?

    public init(_ meaning: String, unit: String? = nil, source: String? = nil) {
        self.meaning = meaning
        self.unit = unit
        self.source = source
    }

    public init(stringLiteral value: String) { self.init(value) }
}
