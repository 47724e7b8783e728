import Quantities
import Testing

@testable import Tariff

private func nextPrices(
  _ code: String, _ usage: [String], on date: String = "2015-11-01"
) throws -> [String] {
  try nextKWhPrice(in: segment(builtin(code, on: date), from: date, days: 30, usage)).map(\.text)
}

@Test("tier bands are continuous, the last one open")
func bands() throws {
  let bands = try tierBands(
    of: segment(builtin("D", on: "2015-03-02"), from: "2015-03-02", days: 30, ["0"]))
  #expect(bands.map(\.name) == ["Tier 1", "Tier 2", "Tier 3", "Tier 4"])
  #expect(bands.map(\.from.kWh) == ["0", "330", "429", "660"])
  #expect(bands.map { $0.to?.kWh } == ["330", "429", "660", nil])
  #expect(bands.map { $0.prices.map(\.text) } == [["0.15"], ["0.19"], ["0.25"], ["0.31"]])
}

@Test("on TOU-D-T the bands are the levels on total energy; plans without tiers have none")
func levelBands() throws {
  let bands = try tierBands(
    of: segment(builtin("TOU-D-T", on: "2015-11-01"), from: "2015-11-01", days: 30, ["0", "0"]))
  #expect(bands.map { $0.to?.kWh } == ["429", nil])
  #expect(bands[1].prices.map(\.text) == ["0.35", "0.25"])
  #expect(
    try tierBands(
      of: segment(
        builtin("TOU-D-A", on: "2015-11-01"), from: "2015-11-01", days: 30, ["0", "0", "0"])
    ).isEmpty)
}

@Test("the next kilowatt-hour costs the tier it falls in, and a mix across a limit")
func nextTier() throws {
  #expect(try nextPrices("D", ["0"]) == ["0.15"])
  #expect(try nextPrices("D", ["329"]) == ["0.15"])
  #expect(try nextPrices("D", ["330"]) == ["0.19"])
  #expect(try nextPrices("D", ["329.5"]) == ["0.17"])
  #expect(try nextPrices("D", ["1000"]) == ["0.31"])
  #expect(try nextPrices("D", ["-5"]) == ["0.15"])
}

@Test("the next kilowatt-hour earns the baseline credit until its cap")
func nextWithCredit() throws {
  #expect(try nextPrices("TOU-D-A", ["0", "0", "0"]) == ["0.26", "0.16", "0.01"])
  #expect(try nextPrices("TOU-D-A", ["330", "0", "0"]) == ["0.36", "0.26", "0.11"])
  #expect(try nextPrices("TOU-D-A", ["-330", "0", "0"]) == ["0.26", "0.16", "0.01"])
  #expect(try nextPrices("TOU-D-A", ["-400", "0", "0"]) == ["0.36", "0.26", "0.11"])
  #expect(try nextPrices("TOU-D-B", ["400", "0", "0"]) == ["0.25", "0.14", "0.11"])
}

@Test("above level I the next kilowatt-hour costs level II and moves the shares")
func nextLevel() throws {
  #expect(try nextPrices("TOU-D-T", ["100", "100"]) == ["0.22", "0.13"])
  // All differences between the levels are alike but for a cent: what the shares move is small.
  let above = try nextPrices("TOU-D-T", ["200", "600"])
  let plain = [Price(millionthsPerUnit: 350_000), Price(millionthsPerUnit: 250_000)]
  for (price, plain) in zip(above.compactMap { Price($0) }, plain) {
    #expect(abs(price.millionthsPerUnit - plain.millionthsPerUnit) < 10_000)
  }
  // With one period in use nothing is shared.
  #expect(try nextPrices("TOU-D-T", ["0", "600"])[1] == "0.25")
}
