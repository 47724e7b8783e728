import Testing

@testable import Interchange

@Suite("XML")
struct XMLReaderTests {
  /// Elements with their depth and text, or the error.
  func elements(_ text: String) throws(MeterFileError) -> [String] {
    var reader = XMLReader(ByteSource(Array(text.utf8), blockSize: 7))
    var found: [String] = []
    while true {
      switch try reader.next() {
      case .start: found.append("\(reader.depth) \(reader.name) \(reader.rel) \(reader.href)")
      case .end: found.append("/\(reader.name) \(String(decoding: reader.text, as: UTF8.self))")
      case .finished: return found
      }
    }
  }

  @Test func `elements, attributes and text are told`() throws {
    let text =
      "\u{FEFF}<?xml version='1.0'?>\n<a:b rel = 'x' href=\"&lt;&amp;&apos;&#65;\"><c/>t</a:b>\n"
    #expect(try elements(text) == ["1 b x <&'A", "2 c  ", "/c ", "/b t"])
  }

  @Test(arguments: [
    "<a>", "<a></b>", "<a><b></a></b>", "<a", "<a b></a>", "<a b=c/>", "<a b='c/>", "<a b='<'/>",
    "<a/><b/>", "x<a/>", "<a/>x", "<a>&bomb;</a>", "<a>&#0;</a>", "<a>&#xD800;</a>", "<a>&amp</a>",
    "<a>&#x110000;</a>", "<a><![CDATA[x]]</a>", "<![CDATA[x]]><a/>", "<a><!-- x</a>", "<1/>",
    "</a>",
    "<a x='1'y='2'/>", "", " ", "<!ELEMENT a>", "<a/ >", "\u{0}<a/>", "<a>&#-1;</a>",
    "<?xml version='1.0' encoding='UTF-16'?><a/>",
  ])
  func `what is not well formed is an error with its line`(text: String) {
    #expect {
      try elements("\n" + text)
    } throws: { error in
      guard case .malformedXML(let line, _) = error as? MeterFileError else { return false }
      return line == 2
    }
  }

  @Test func `a document type is refused, and with it every entity bomb`() {
    let bomb = """
      <?xml version="1.0"?>
      <!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol1 "&lol;&lol;&lol;">]>
      <feed>&lol1;</feed>
      """
    #expect(throws: MeterFileError.documentType(line: 2)) { try elements(bomb) }
    #expect(throws: MeterFileError.documentType(line: 2)) { try content(bomb, account: "A") }
  }

  @Test func `depth, names and texts have limits`() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
    }
    #expect(try elements(nested(XMLReader.deepest)).count == XMLReader.deepest * 2)
    #expect(throws: MeterFileError.self) { try elements(nested(XMLReader.deepest + 1)) }
    let name = String(repeating: "n", count: XMLReader.longestName)
    #expect(try elements("<\(name)/>").count == 2)
    #expect(throws: MeterFileError.self) { try elements("<\(name)n/>") }
    let text = String(repeating: "t", count: XMLReader.longestText)
    #expect(try elements("<a>\(text)</a>").count == 2)
    #expect(throws: MeterFileError.self) { try elements("<a>\(text)t</a>") }
    #expect(throws: MeterFileError.self) { try elements("<a b='\(text)t'/>") }
  }
}
