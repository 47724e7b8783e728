import Foundation
import Testing

@Suite struct SimulationTests {
  @Test func `a seed gives the same bytes, and its files go in whole over a change of clocks`()
    throws
  {
    let books = try Books.empty()
    let folder = books.folder
    for (name, seed) in [("a", 7), ("b", 7), ("c", 8)] {
      let made = try Wattbook.run(
        "simulate \(folder.path)/\(name).csv --meters 12 --days 12 --start 2015-03-03 "
          + "--seed \(seed) --json")
      #expect(made.status == 0)
      #expect(Set(try made.object().keys) == ["file", "accounts", "reads"])
    }
    #expect(try folder.bytes("a.csv") == folder.bytes("b.csv"))
    #expect(try folder.bytes("a.csv.accounts.csv") == folder.bytes("b.csv.accounts.csv"))
    #expect(try folder.bytes("a.csv") != folder.bytes("c.csv"))
    try books.done("tariff publish --builtin sce")
    let enrolled = try books.done("enroll --file \(folder.path)/a.csv.accounts.csv --json").object()
    #expect(enrolled["enrolled"] as? Int == 12 && (enrolled["rejected"] as? [Any])?.isEmpty == true)
    let taken = try books.done("ingest \(folder.path)/a.csv --json").object()
    #expect(taken["reads"] as? Int == 144 && (taken["rejected"] as? [Any])?.isEmpty == true)
    let day = try books.done("cat --kind MeterReadRecorded --json").objects()
      .first { $0["effective"] as? String == "2015-03-08" }
    let values = (day?["fact"] as? [String: Any])?["wattHours"] as? [Int]
    #expect(values?.count == 23)
  }

  @Test func `the demo is over in ten seconds, and its journal holds`() throws {
    let folder = try Folder()
    let directory = folder.path + "/tour"
    let start = Date()
    let demo = try Wattbook.run("demo \(directory)")
    #expect(demo.status == 0 && demo.errors.isEmpty)
    #expect(Date().timeIntervalSince(start) < 10)
    for part in ["lock-out", "Projected next bill", "you are here", "identical", "intact"] {
      #expect(demo.output.contains(part))
    }
    #expect(!demo.output.contains("\u{1B}"))
    #expect(demo.lines.allSatisfy { !$0.contains("NOT") && !$0.contains("DIFFERS") })
    let again = try Wattbook.run("demo \(directory)")
    #expect(again.status == 2 && again.errors.contains("is not empty; give a new directory"))
    let project = try Wattbook.run("project \(directory)/journal --account 3012345678 --json")
    #expect(try project.object()["asOf"] as? String == "2016-01-01")
  }
}
