import Foundation
import Reporting
import Support
import Testing

/// Opens pages in Debian's Chromium, without a window.
private enum Browser {
    static let path = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].first { FileManager.default.isExecutableFile(atPath: $0) }

    /// The document once its scripts have run, and what they told the console.
    static func open(_ html: String, in folder: String) throws -> (document: String, console: [Substring]) {
        let page = "\(folder)/\(UUID()).html"
        try AtomicFile.write(html, to: page)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path ?? "")
        process.arguments = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir=\(folder)/\(UUID())",
            "--enable-logging=stderr", "--v=0", "--virtual-time-budget=1000", "--dump-dom", "file://\(page)",
        ]
        let files = ["out", "err"].map { "\(page).\($0)" }
        for file in files { FileManager.default.createFile(atPath: file, contents: nil) }
        process.standardOutput = FileHandle(forWritingAtPath: files[0])
        process.standardError = FileHandle(forWritingAtPath: files[1])
        try process.run()
        process.waitUntilExit()
        let texts = try files.map { String(decoding: try Data(contentsOf: URL(fileURLWithPath: $0)), as: UTF8.self) }
        return (texts[0], texts[1].split(separator: "\n").filter { $0.contains("CONSOLE") })
    }
}

@Suite(.enabled(if: Browser.path != nil, "needs chromium"), .serialized) struct BrowserTests {
    private let maker: RunMaker

    init() throws { maker = try RunMaker() }

    /// The page of three methods and two seeds, with categories, curves and pictures.
    private func page() throws -> String {
        let place = "\(maker.folder)/bench", count = 12
        let (annotations, images) = try maker.groundTruth(count)
        for (m, method) in ["none", "byol", "e-diy"].enumerated() {
            for seed in 0..<2 {
                let run = try maker.run(
                    method, seed, ap: 0.2 + 0.05 * Double(m) + 0.01 * Double(seed), at: "\(place)/\(method)-seed\(seed)/finetune",
                    categories: [3: 0.3 - 0.1 * Double(m), 7: 0.1 + 0.1 * Double(m), 9: 0.15])
                let results = try maker.results("r\(m)\(seed)", finding: { $0 % (4 - m) == 0 }, of: count)
                try FileManager.default.removeItem(atPath: "\(run)/results.json")
                try FileManager.default.moveItem(atPath: results, toPath: "\(run)/results.json")
            }
        }
        let benchmark: JSON = [
            "schema": 1, "name": "b", "methods": ["none", "byol", "e-diy"], "seeds": [0, 1], "annotations": .string(annotations),
            "images": .string(images),
        ]
        try AtomicFile.write(benchmark.text(), to: "\(place)/benchmark.json")
        try Report(ReportInput(folders: [place])).write(to: "\(place)/report")
        return try String(contentsOfFile: "\(place)/report/index.html", encoding: .utf8)
    }

    private func with(_ script: String, _ page: String) -> String {
        page.replacingOccurrences(of: "</body>", with: "<script>\(script)</script></body>")
    }

    @Test func eachSectionIsThereAndTheConsoleIsSilent() throws {
        let (document, console) = try Browser.open(page(), in: maker.folder)
        #expect(console.isEmpty, "\(console)")
        for id in ["methods", "sizes", "categories", "precision", "pictures", "training", "protocol", "published", "environment"] {
            #expect(document.contains("<h2 id=\"\(id)\">") && document.contains("href=\"#\(id)\""), "\(id)")
        }
        #expect(document.components(separatedBy: "<th scope=\"col\"><button type=\"button\">").count > 30)
        // Nothing is fetched: addresses stand in the text alone.
        #expect(!document.contains("src=\"http") && !document.contains("<link") && !document.contains("@import"))
        let broken = try Browser.open(with("throw new Error('seen');", page()), in: maker.folder)
        #expect(broken.console.contains { $0.contains("seen") })
    }

    @Test func aColumnsHeadSorts() throws {
        let script = """
            const table = document.querySelector("#categories").parentElement.querySelector("table");
            const order = () => [...table.tBodies[0].rows].map(r => r.cells[0].textContent).join("/");
            const state = () => [...table.tHead.rows[0].cells].map(c => c.getAttribute("aria-sort") ?? "-").join(" ");
            const button = name => [...table.querySelectorAll("button")].find(b => b.textContent === name);
            const seen = [order()];
            for (const name of ["e-diy", "e-diy", "category", "category"]) { button(name).click(); seen.push(order(), state()); }
            button("gain").focus();
            document.title = seen.join(" | ") + " | " + (document.activeElement === button("gain"));
            """
        let (document, console) = try Browser.open(with(script, page()), in: maker.folder)
        #expect(console.isEmpty, "\(console)")
        // e-diy has 10 of category 3, 30 of 7 and 15 of 9, which the ground truth lacks.
        let (a, b, c) = ("&lt;i&gt;square", "box_$2", "9")
        let title = try #require(document.firstMatch(of: /<title>(.*?)<\/title>/)?.1)
        let columns = "- - - - -".split(separator: " ").map(String.init)
        func state(_ column: Int, _ way: String) -> String {
            (columns + ["-"]).enumerated().map { $0 == column ? way : $1 }.joined(separator: " ")
        }
        let expected = [
            "\(a)/\(b)/\(c)", "\(b)/\(c)/\(a)", state(3, "descending"), "\(a)/\(c)/\(b)", state(3, "ascending"),
            "\(a)/\(c)/\(b)", state(0, "ascending"), "\(b)/\(c)/\(a)", state(0, "descending"), "true",
        ]
        #expect(String(title) == expected.joined(separator: " | "))
    }
}
