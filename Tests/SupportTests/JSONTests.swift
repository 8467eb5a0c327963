import Support
import Testing

@Suite struct JSONTests {
    @Test func keepsOrderAndNumbers() throws {
        let text = #"{"b":1,"a":[0.1,1e300,-7,true,null,"é\"\n"],"c":{}}"#
        let value = try JSON(parsing: Array(text.utf8))
        #expect(value["b"]?.int == 1)
        #expect(value["a"]?.array?[0].double == 0.1)
        #expect(try JSON(parsing: Array(value.text().utf8)) == value)
        #expect(try JSON(parsing: Array(value.text(pretty: true).utf8)) == value)
        #expect(JSON.double(0.1).text() == "0.1")
        #expect(JSON.double(.nan).text() == "null")
    }

    @Test(arguments: ["{\"a\":", "[1,2", "{\"a\" 1}", "[1] x", "", "nul", String(repeating: "[", count: 1000)])
    func malformedTextIsAnError(_ text: String) {
        #expect(throws: UserError.self) { try JSON(parsing: Array(text.utf8), file: "f.json") }
    }

    @Test(arguments: [
        "[1,]", "{\"a\":1,}", "{'a':1}", "[1] // x", "/* x */ [1]", "[\"a\nb\"]", "[\"a\u{1}b\"]", "[\"é\u{1}\"]", "[nan]",
        "[tRue]", "[é]", "[\"\\x\"]",
    ])
    func syntaxIsStrict(_ text: String) {
        #expect(throws: UserError.self) { try JSON(parsing: Array(text.utf8), file: "f.json") }
    }

    /// json-c 0.18 takes these for control characters when it is strict.
    @Test func charactersBeyondASCIIAreRead() throws {
        let text = #"{"naïve 图像":["é","\u00e9","🦆 \"quoted\" \\","tab\t"]}"#
        let value = try JSON(parsing: Array(text.utf8))
        #expect(value["naïve 图像"] == ["é", "é", "🦆 \"quoted\" \\", "tab\t"])
        #expect(try JSON(parsing: Array(value.text().utf8)) == value)
        #expect(throws: UserError.self) { try JSON(parsing: [0x22, 0xC3, 0x28, 0x22]) }
        #expect { try JSON(parsing: Array("[\"éé\", 図]".utf8), file: "f") } throws: { "\($0)".contains("byte 9") }
    }

    @Test func errorsNameTheLine() {
        #expect {
            try JSON(parsing: Array("{\n\"a\": 1,\n\"b\" 2}".utf8), file: "f.json")
        } throws: { error in
            "\(error)".hasPrefix("f.json: line 3")
        }
    }
}
