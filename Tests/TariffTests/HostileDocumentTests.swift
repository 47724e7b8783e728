import Testing

@testable import Tariff

/// Rate schedules that nobody should have written: refused by their line, in bounded time.
@Suite("Hostile documents")
struct HostileDocumentTests {
  /// What parsing came to, and that it came to an end soon.
  private func outcome(_ text: String, _ what: String) -> String {
    let start = ContinuousClock.now
    defer { #expect(ContinuousClock.now - start < .seconds(20), "\(what) takes too long") }
    do {
      return "\(try RateSchedule.parse(text, file: "hostile.yaml").count) schedules"
    } catch { return error.errors.first?.description ?? "" }
  }

  @Test func `an alias of aliases is refused before it is looked at`() {
    var bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for (name, before) in zip("bcdefghi", "abcdefgh") {
      bomb +=
        "\(name): &\(name) [" + Array(repeating: "*\(before)", count: 9).joined(separator: ",")
      bomb += "]\n"
    }
    #expect(
      outcome(bomb, "an alias bomb")
        == "hostile.yaml:1: anchors (&name) and aliases (*name) are not accepted")
  }

  /// Nested to the depth given, in every way that YAML has.
  static let nestings: [(open: String, close: String)] = [
    ("[", ""), ("[", "]"), ("{a: ", ""), ("{a: ", "}"), ("- ", ""), ("? ", ""), ("[{a: ", "}]"),
  ]

  @Test func `deep nesting neither overflows the stack nor hangs`() {
    for (open, close) in Self.nestings {
      for depth in [50, 900, 1100, 20_000, 120_000] {
        let ends = String(repeating: close, count: depth)
        let text = String(repeating: open, count: depth) + "x" + ends
        let short = String(text.prefix(RateSchedule.maximumDocumentBytes))
        #expect(outcome(short, "\(depth) times \(open)").hasPrefix("hostile.yaml:"))
      }
    }
  }

  @Test func `a document of one huge scalar, key, comment or indent is judged by its size`() {
    let most = RateSchedule.maximumDocumentBytes
    let long = String(repeating: "x", count: most)
    #expect(
      outcome(long, "too much") == "hostile.yaml:1: the document must be a table of key: value")
    #expect(outcome(long + "x", "more") == "hostile.yaml:1: the document is larger than 256 KiB")
    func filled(_ unit: String) -> String {
      String(repeating: unit, count: most / unit.utf8.count)
    }
    let units = [
      " ", "\n", "\t", "'", "%", "\u{0}", "\u{FEFF}", "!", "a: b\n", ": ", "? a\n", "---\n",
      "...\n",
      "{},", "'' ", "| ", "\\x",
    ]
    let frames: [(String, String)] = [
      ("name: ", ""), ("", ": x"), ("name: |\n  ", ""), ("name: \"", "\""), ("#", ""),
      ("name: !", " x"), ("%TAG ! ", "\n"), ("taxes: [", "]"),
    ]
    var texts = units.map(filled)
    for (start, end) in frames {
      texts.append(start + long.dropLast(start.utf8.count + end.utf8.count) + end)
      texts.append(start + filled("{},").dropLast(start.utf8.count + end.utf8.count) + end)
    }
    texts.append((0..<20_000).map { "k\($0): v" }.joined(separator: "\n"))
    for text in texts {
      let short = String(text.prefix(most))
      #expect(outcome(short, "\(short.prefix(12))").hasPrefix("hostile.yaml:"))
    }
  }
}
