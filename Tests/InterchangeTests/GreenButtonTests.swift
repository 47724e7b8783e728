import Billing
import Quantities
import TestSupport
import Testing

@testable import Interchange

@Suite("Green Button")
struct GreenButtonTests {
  static let start: Int64 = 1_420_099_200  // 2015-01-01T00:00:00-08:00

  static func reading(
    _ hour: Int, _ value: String, seconds: Int = 3600, extra: String = ""
  ) -> String {
    """
    <IntervalReading>\(extra)<timePeriod><duration>\(seconds)</duration>
    <start>\(start + Int64(hour * seconds))</start></timePeriod><value>\(value)</value>
    </IntervalReading>
    """
  }

  static func entry(_ link: String, up: String, related: [String] = [], _ body: String) -> String {
    let links = related.map { "<link rel=\"related\" href=\"\($0)\"/>" }.joined()
    return """
      <entry><link href="\(link)" rel="self"/><link rel='up' href='\(up)'/>\(links)
      <title>T</title><content>\(body)</content></entry>
      """
  }

  static func feed(_ entries: [String]) -> String {
    """
    <?xml version="1.0" encoding="UTF-8"?><!-- a -- comment -->
    <feed xmlns="http://www.w3.org/2005/Atom" xmlns:espi="http://naesb.org/espi">
    \(entries.joined(separator: "\n"))
    </feed>
    """
  }

  /// Entries of one usage point with a meter reading.
  static func point(
    named name: String = "1", type: String = "<uom>72</uom>", kind: Int = 0, _ readings: [String]
  ) -> [String] {
    [
      entry(
        "/U/\(name)", up: "/U", related: ["https://x.org/U/\(name)/M"],
        "<UsagePoint><ServiceCategory><kind>\(kind)</kind></ServiceCategory></UsagePoint>"),
      entry(
        "/U/\(name)/M/1", up: "/U/\(name)/M", related: ["/U/\(name)/M/1/I", "/R/\(name)/"],
        "<MeterReading/>"),
      entry("http://y.org/R/\(name)", up: "/R", "<ReadingType>\(type)</ReadingType>"),
      entry(
        "/U/\(name)/M/1/I/1", up: "/U/\(name)/M/1/I",
        "<IntervalBlock><interval/>\(readings.joined())</IntervalBlock>"),
    ]
  }

  func one(_ type: String, _ value: String, extra: String = "") throws -> FileContent {
    try content(
      GreenButtonTests.feed(
        GreenButtonTests.point(type: type, [GreenButtonTests.reading(0, value, extra: extra)])),
      account: "A")
  }

  @Test func `entries in any order give the same rows`() throws {
    var entries = GreenButtonTests.point(
      type: "<uom>72</uom><flowDirection>19</flowDirection>",
      (0..<24).map { GreenButtonTests.reading($0, "\($0)") })
    // A second reading type, so that links alone decide.
    entries.append(
      GreenButtonTests.entry("/R/9", up: "/R", "<ReadingType><uom>38</uom></ReadingType>"))
    let expected = (0..<24).map { Int32($0) }
    var generator = SeededRandom(3)
    for _ in 0..<50 {
      entries.shuffle(using: &generator)
      let file = try content(GreenButtonTests.feed(entries), account: "A")
      #expect(file.malformed.isEmpty)
      #expect(file.days.map(\.values) == [expected])
      #expect(file.days.first?.channel == .received)
    }
  }

  @Test func `prefixes, CDATA, references and comments do not matter`() throws {
    let text = """
      <a:entry xmlns:a="x"><a:content><e:IntervalBlock><e:IntervalReading><e:value>
      <![CDATA[1]]><!-- 5 -->2&#51;&#x34;</e:value><e:timePeriod>
      <e:start> \(GreenButtonTests.start) </e:start><e:duration>3600</e:duration></e:timePeriod>
      </e:IntervalReading></e:IntervalBlock></a:content></a:entry>
      """
    #expect(try content(text, account: "A").days.first?.values.first == 1234)
  }

  @Test func `without links and reading type values are delivered watt-hours`() throws {
    let text = """
      <feed><entry><content><IntervalBlock>\(GreenButtonTests.reading(0, "7"))</IntervalBlock>
      </content></entry></feed>
      """
    let day = try content(text, account: "A").days.first
    #expect(day?.values.first == 7)
    #expect(day?.channel == .delivered)
  }

  @Test(
    arguments: [
      (-3, "5000", 5), (-1, "70", 7), (0, "7", 7), (1, "7", 70), (3, "7", 7000), (3, "-7", -7000),
      (-3, "5001", nil), (0, "2147483648", nil), (9, "3", nil), (12, "99999999999999999", nil),
      (13, "1", nil), (0, "1.5", nil), (0, "x", nil),
    ] as [(Int, String, Int32?)])
  func `multipliers are exact`(power: Int, value: String, expected: Int32?) throws {
    let file = try one("<powerOfTenMultiplier>\(power)</powerOfTenMultiplier>", value)
    #expect(file.days.first?.values.first == expected)
    #expect(file.malformed.isEmpty == (expected != nil))
  }

  @Test(arguments: [
    ("<uom>38</uom>", "unit of measure 38"), ("<flowDirection>4</flowDirection>", "(net)"),
    ("<flowDirection>2</flowDirection>", "flow direction 2"), ("<commodity>7</commodity>", "7"),
    ("<accumulationBehaviour>3</accumulationBehaviour>", "accumulation behaviour 3"),
  ])
  func `a reading type that cannot be billed is refused by name`(
    type: String, reason: String
  ) throws {
    let file = try one(type, "1")
    #expect(file.days.isEmpty)
    #expect(file.malformed.count == 1)
    #expect(file.malformed.first?.reason.contains(reason) == true)
  }

  @Test(arguments: [
    (7, ReadQuality.edited), (8, .estimated), (12, .estimated), (0, .actual), (17, .actual),
  ])
  func `quality codes are mapped`(code: Int, quality: ReadQuality) throws {
    let stated = "<ReadingQuality><quality>\(code)</quality></ReadingQuality>"
    #expect(try one("", "1", extra: stated).days.first?.quality == quality)
    let byDefault = "<defaultQuality>\(code)</defaultQuality>"
    #expect(try one(byDefault, "1").days.first?.quality == quality)
  }

  @Test func `intervals of another length are a group of their own`() throws {
    let readings = [
      GreenButtonTests.reading(0, "1"), GreenButtonTests.reading(8, "2", seconds: 900),
    ]
    let file = try content(
      GreenButtonTests.feed(GreenButtonTests.point(readings)), account: "A")
    #expect(file.days.map(\.minutes) == [60, 15])
    #expect(file.days.map(\.values.count) == [24, 96])
  }

  @Test func `a reading without its time is malformed, without its value a gap`() throws {
    let readings = [
      "<IntervalReading><value>1</value></IntervalReading>",
      "<IntervalReading><timePeriod><start>\(GreenButtonTests.start)</start></timePeriod>"
        + "</IntervalReading>",
    ]
    let type = "<intervalLength>3600</intervalLength>"
    let file = try content(
      GreenButtonTests.feed(GreenButtonTests.point(type: type, readings)), account: "A")
    #expect(file.malformed.count == 1)
    #expect(file.days.first?.values == Array(repeating: MeterRows.gap, count: 24))
  }

  @Test func `several usage points with electricity are listed, one beside gas is read`() throws {
    let reading = [GreenButtonTests.reading(0, "1")]
    let two =
      GreenButtonTests.point(named: "1", reading) + GreenButtonTests.point(named: "2", reading)
    #expect(throws: MeterFileError.severalUsagePoints(["/U/1", "/U/2"])) {
      try content(GreenButtonTests.feed(two), account: "A")
    }
    let gas = GreenButtonTests.point(named: "2", kind: 1, reading)
    let file = try content(
      GreenButtonTests.feed(GreenButtonTests.point(named: "1", reading) + gas), account: "A")
    #expect(file.days.count == 1)
    #expect(file.malformed.count == 1)
    let empty = GreenButtonTests.point(named: "1", reading) + GreenButtonTests.point(named: "2", [])
    #expect(try content(GreenButtonTests.feed(empty), account: "A").days.count == 1)
  }

  @Test func `blocks of bytes may end anywhere`() throws {
    let text = GreenButtonTests.feed(
      GreenButtonTests.point([GreenButtonTests.reading(0, "1&#x30;")]))
    let whole = try content(text, account: "A")
    #expect(whole.days.first?.values.first == 10)
    for blockSize in 1..<200 {
      #expect(try content(text, account: "A", blockSize: blockSize) == whole)
    }
  }

  @Test func `a document cut short anywhere is an error, never a part of the data`() {
    let text = Array(
      GreenButtonTests.feed(GreenButtonTests.point([GreenButtonTests.reading(0, "1")])).utf8)
    for count in 0..<text.count {
      #expect(throws: MeterFileError.self) {
        try content(bytes: Array(text[..<count]), .greenButton, account: "A")
      }
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `a long block is read in time proportional to its length`() throws {
    let readings = (0..<50_000).map { GreenButtonTests.reading($0, "1") }
    let file = try content(
      GreenButtonTests.feed(GreenButtonTests.point(readings)), account: "A", chunkRows: 10_000)
    #expect(file.total == 50_000)
  }

  @Test func `another document is not Green Button`() {
    #expect(throws: MeterFileError.unknownLayout(firstLine: "<html>")) {
      try content("<html></html>", account: "A")
    }
    #expect(throws: MeterFileError.accountNeeded(layout: "Green Button")) {
      try content("<feed/>")
    }
  }

  @Test func `a feed of links without end is refused before it fills the memory`() {
    let long =
      "<feed><entry><link href=\"/\(String(repeating: "l", count: 1024))\"/></entry></feed>"
    let many = "<feed>" + String(repeating: "<entry/>", count: 500_001) + "</feed>"
    for text in [long, many] {
      #expect {
        try content(text, .greenButton, account: "A", blockSize: 1 << 16)
      } throws: { error in
        guard case .malformedXML(_, let reason) = error as? MeterFileError else { return false }
        return reason.contains("more than 500000 entries and links")
      }
    }
  }
}
