import Support

/// A section of a report, given once for every format: the page, Markdown, TeX, CSV and JSON.
///
/// Each section is a file of `Sections/`, and a line in `all`.
struct ReportSection {
    /// Where the page's links lead.
    let id: String
    /// A word, for the page's list of sections.
    let label: String
    let title: String
    /// Whether it holds what was not measured here, and is set apart.
    var isApart = false
    /// What it shows, in the order of reading.
    let blocks: [Block]
    /// Its members of report.json.
    var json: [(key: String, value: JSON)] = []
    /// Its members of each method's entry in report.json.
    var jsonOfMethod: [String: [(key: String, value: JSON)]] = [:]
    /// Its lines of report.csv.
    var measurements: [Measurement] = []

    enum Block {
        /// How what stands beside it is to be read, and what may be said of it.
        case remark(String)
        /// What must not be overlooked.
        case warning(String, [String])
        /// Side by side where there is room.
        case tables([ReportTable])
        /// Tables that few read to their end: folded where a format can, and left out of a paper's.
        case details([ReportTable])
        case charts(ChartSheet)
        case images(ImageSheet)
        case settings(SettingsTable)
        case commands([String])
        case file(name: String, text: String)
    }

    /// In the order of reading.
    static let all: [@Sendable (Report) -> ReportSection?] = [
        methods, sizes, regions, precision, errors, gallery, categories, training, protocols, published, environment,
    ]
}

/// Charts with the same lines.
struct ChartSheet {
    let charts: [Chart]
    /// What each line is of.
    let lines: [String]
    /// How they are to be read.
    let caption: String?

    /// Nil without a chart that shows something; those that show nothing are left out.
    init?(_ charts: [Chart], lines: [String], caption: String?) {
        self.charts = charts.filter { !$0.isEmpty }
        self.lines = lines
        self.caption = caption
        if self.charts.isEmpty { return nil }
    }
}

/// Images, a row of panels each.
struct ImageSheet {
    struct Row {
        let title: String
        /// What the panels are of: a file's name.
        let name: String
        /// An image that the panels show parts of, which the page holds once.
        var shared: (id: String, jpeg: [UInt8], width: Int, height: Int)?
        let panels: [(title: String, content: Content)]
    }

    enum Content {
        case jpeg([UInt8])
        case svg(String)
    }

    let intro: String
    /// Colours from 0 to 1, where the panels have any.
    var scale: [String] = []
    let rows: [Row]
}

/// Names and values, a line each.
struct SettingsTable {
    struct Line {
        let name: String
        let value: String
        /// Whether runs that should share it do not.
        let differs: Bool
    }

    let title: String?
    /// What names and values are.
    let columns: (String, String)
    let lines: [Line]
    /// Whether it is long, and folded where a format can.
    var isLong = false
}

/// A number, for report.csv: a method's mean over its seeds, or one of a run.
struct Measurement {
    let method: String
    /// Nil of a mean over seeds.
    let seed: Int?
    /// `bbox`, `segm`.
    let type: String
    let name: String
    /// Empty where it is of all.
    var category = ""
    /// Nil where there is nothing to measure.
    let value: Double?
    var halfWidth: Double?
    var seeds = 1
}
