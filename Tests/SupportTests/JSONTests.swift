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

    @Test func errorsNameTheLine() {
        #expect {
            try JSON(parsing: Array("{\n\"a\": 1,\n\"b\" 2}".utf8), file: "f.json")
        } throws: { error in
            "\(error)".hasPrefix("f.json: line 3")
        }
    }
}
