import Quantities
import Testing

@testable import Tariff

private func errors(_ text: String, file: String = "test.yaml") -> [RateScheduleError] {
  do {
    _ = try RateSchedule.parse(text, file: file)
    return []
  } catch {
    return error.errors
  }
}

@Test("each mistake is named with its line and reason", arguments: mistakes)
func mistake(_ mistake: Mistake) throws {
  try #require(testDocument.contains(mistake.old))
  let text = testDocument.replacing(mistake.old, with: mistake.new)
  // The document stands second in its file.
  let file = "# a comment\n---\n" + testDocument + "---\n" + text
  let lines = file.split(separator: "\n", omittingEmptySubsequences: false)
  let line = try #require(lines.lastIndex { $0.contains(mistake.place) }) + 1
  let found = errors(file)
  #expect(
    found.contains(RateScheduleError(file: "test.yaml", line: line, reason: mistake.reason)),
    "found instead: \(found)")
}

@Test("the document of these tests is right")
func rightDocument() { #expect(errors(testDocument) == []) }

@Test("all mistakes of a document, and of every document of a file, are reported at once")
func allMistakes() {
  let bad = testDocument.replacing("due-days: 19", with: "due-days: x").replacing(
    "[0.1,", with: "[x,"
  )
  .replacing("days: every day", with: "days: never")
  let found = errors(bad + "---\n" + bad)
  let lines = [8, 23, 35, 36]
  #expect(found.map(\.line) == lines + lines.map { $0 + 43 })
  #expect(
    RateScheduleErrors(errors: found).description.hasPrefix("test.yaml:8: due-days is x, not"))
}

@Test("fixed widths are wider than zero and say what an odd cycle does")
func fixedWidthMistakes() throws {
  let good = try builtin("EVN-SH", on: "2025-05-10").text
  func reasons(_ old: String, _ new: String) -> [String] {
    errors(good.replacing(old, with: new)).map(\.reason)
  }
  #expect(reasons("width-kWh: 50", "width-kWh: 0").contains("a tier is wider than 0 kWh"))
  #expect(
    reasons("odd-cycle: by days", "") == ["fixed tier widths need odd-cycle: by days or full"])
  #expect(
    reasons("201-300 kWh, width-kWh: 100", "201-300 kWh, to-percent: 100")
      == ["tiers have either to-percent or width-kWh, not both"])
}

@Test("tiers in percent and a credit need a baseline, and a baseline needs one of them")
func baselineMistakes() throws {
  let plain = try builtin("TOU-D-B", on: "2015-03-02").text
  #expect(
    errors(plain + "\nbaseline-credit: { price: 0.1, cap-percent: 100 }\n").map(\.reason)
      == ["baseline-credit needs a baseline"])
  #expect(
    errors(plain + "\nbaseline: { regions: { a: { summer: 1, winter: 1 } } }\n").map(\.reason)
      == ["neither tiers nor a baseline-credit use the baseline"])
}

@Test("registers: every period of a plan that accepts register meters has one, none twice")
func registerMistakes() throws {
  let good = try builtin("EVN-KD", on: "2025-05-10").text
  #expect(
    errors(good.replacing("    registers: [peak]\n", with: "")).map(\.reason)
      == ["register-meters are accepted and period peak lacks registers"])
  #expect(
    errors(good.replacing("[offpeak]", with: "[peak]")).map(\.reason)
      == ["register peak is named twice"])
}

@Test("a document is no larger than 256 KiB, and a file holds at least one")
func sizes() {
  let long = "#" + String(repeating: "x", count: RateSchedule.maximumDocumentBytes)
  #expect(errors(long).map(\.reason) == ["the document is larger than 256 KiB"])
  for empty in ["", "\n", "# only a comment\n---\n# and another\n"] {
    #expect(errors(empty).map(\.reason) == ["there is no rate schedule here"])
  }
  #expect(errors("just a text").map(\.reason) == ["the document must be a table of key: value"])
}

@Test("nesting, long lists and wide tables end in an error, soon")
func hostileDocuments() {
  let size = 100_000
  let window = "{ days: every day, from: \"00:00\", to: \"24:00\" }"
  let hostile = [
    "schedule: " + String(repeating: "[", count: size),
    "schedule: " + String(repeating: "{a: ", count: size / 4),
    String(repeating: "- ", count: size / 2),
    "? " + String(repeating: "? ", count: size / 2),
    "seasons:\n"
      + (0..<5000).map { "  s\($0): { from: 01-01, to: 12-31 }\n" }.joined(),
    "periods:\n" + (0..<2000).map { "  p\($0): { windows: [\(window)] }\n" }.joined(),
    "energy: [" + String(repeating: "1,", count: size) + "1]",
    "a: &a [x, x]\nb: &b [*a, *a]\n? *b\n: 1",
    "\u{0}", "a: \u{FFFE}", "%YAML 9.9", "--- a\n--- b", "...\n...",
  ]
  let clock = ContinuousClock()
  for text in hostile {
    var found: [RateScheduleError] = []
    let time = clock.measure { found = errors(text) }
    #expect(!found.isEmpty)
    #expect(time < .seconds(10), "\(text.prefix(30))")
  }
}

@Test("a document of few words for very many prices is refused")
func manyPrices() {
  let tiers = (1...400).map { "  - { name: t\($0), to-percent: \($0) }\n" }.joined()
  let classes = (0..<50).map { "c\($0): \(50 - $0)" }.joined(separator: ", ")
  let text = testDocument.replacing(
    "tiers:\n", with: "voltage-classes: { \(classes) }\ntiers:\n\(tiers)")
  #expect(errors(text).map(\.reason).contains("energy has 80600 prices, more than 20000"))
}

@Test("line ends of Windows change no value")
func windowsLineEnds() throws {
  let schedule = try #require(
    try RateSchedule.parse(testDocument.replacing("\n", with: "\r\n"), file: "crlf").first)
  #expect(schedule.versionID == "TEST 2015-03-02" && schedule.source == "none")
}
