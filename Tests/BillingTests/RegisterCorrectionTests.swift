import Quantities
import Testing

@testable import Billing

/// Indices that contradict those held, and those that take their place.
struct RegisterCorrectionTests {
  @Test func `another index of the day supersedes, one held before is a duplicate`() throws {
    let books = try Books.ofOneRegister()
    func now() throws -> Int64? {
      try books.view("V").state.usage.registers[0]?[.registerTotal]?.last?.index
    }
    try books.ingest([index("V", "2024-01-01", "0"), index("V", "2024-02-01", "50")])
    let report = try books.ingest([index("V", "2024-02-01", "60")])
    #expect(report.corrected == 1 && report.reads == 0)
    #expect(try now() == 60_000)
    let position = books.position
    let stale = try books.ingest([index("V", "2024-01-01", "0"), index("V", "2024-02-01", "50")])
    #expect(stale.duplicates == 2)
    #expect(books.position == position)
    let back = try books.ingest([index("V", "2024-02-01", "50")], isCorrection: true)
    #expect(back.corrected == 1)
    #expect(try now() == 50_000)
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `of two indices for a day in one file the later line supersedes the earlier`() throws {
    let books = try Books.ofOneRegister()
    let report = try books.ingest([
      index("V", "2024-01-01", "7"), index("V", "2024-01-01", "8"), index("V", "2024-01-01", "7"),
      index("V", "2024-02-01", "50"),
    ])
    #expect(report.reads == 2 && report.corrected == 1 && report.duplicates == 1)
    let reads = try books.events().filter { $0.event.kind == "RegisterRead" }
    let first = try #require(reads.first { $0.event.registerRead.index == 7000 })
    let second = try #require(reads.first { $0.event.registerRead.index == 8000 })
    #expect(first.event.registerRead.supersedesAfter == 0)
    #expect(second.event.registerRead.supersedesAfter == first.position + 1)
  }

  @Test func `an index between two that are held must fit both`() throws {
    let books = try Books.ofOneRegister()
    try books.ingest([index("V", "2024-01-01", "100"), index("V", "2024-03-01", "300")])
    #expect(try books.ingest([index("V", "2024-02-01", "301")]).rejected.count == 1)
    #expect(try books.ingest([index("V", "2024-02-01", "99")]).rejected.count == 1)
    #expect(try books.ingest([index("V", "2024-02-01", "300")]).reads == 1)
  }

  /// January's index is right, February's was misread.
  private func misread(_ kWh: String) throws -> Books {
    let books = try Books.ofOneRegister()
    try books.ingest([index("V", "2024-01-01", "100"), index("V", "2024-02-01", kWh)])
    return books
  }

  private func held(_ books: Books) throws -> [Int64] {
    try books.view("V").state.usage.registers[0]?[.registerTotal]?.map { $0.index / 1000 } ?? []
  }

  @Test func `a refused index is told which one held it contradicts, and what to do`() throws {
    let books = try misread("5000")
    let right = try index("V", "2024-03-01", "300")
    #expect(
      try books.ingest([right]).rejected.map(\.reason) == [
        "register ran backwards: from 5000 to 300 kWh, against the index held of 2024-02-01; where "
          + "that one is wrong, send the right one of its day and this line again, in one file"
      ])
    #expect(
      try books.ingest([index("V", "2024-02-20", "99000")]).rejected.map(\.reason) == [
        "absurd value: from 5000 to 99000 kWh in 19 days, against the index held of 2024-02-01; "
          + "where that one is wrong, send the right one of its day and this line again, in one file"
      ])
    let report = try books.ingest([right, index("V", "2024-02-01", "200")], name: "both.csv")
    #expect(report.rejected.isEmpty && report.corrected == 1 && report.reads == 1)
    #expect(try held(books) == [100, 200, 300])
  }

  @Test
  func `wrong indices that follow each other are corrected by one file, in any order of lines`()
    throws
  {
    let lines = [("02-01", "5000"), ("03-01", "5100"), ("04-01", "5200")]
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
      let books = try misread("200")
      try books.ingest([index("V", "2024-03-01", "300"), index("V", "2024-04-01", "400")])
      let report = try books.ingest(
        order.map { try index("V", "2024-\(lines[$0].0)", lines[$0].1) })
      #expect(report.rejected.isEmpty && report.corrected == 3)
      #expect(try held(books) == [100, 5000, 5100, 5200])
      #expect(try books.replayed().digest == books.state.digest)
    }
  }

  @Test func `of two lines for a day the later speaks for the days after it`() throws {
    let books = try Books.ofOneRegister()
    let report = try books.ingest([
      index("V", "2024-01-01", "100"), index("V", "2024-02-01", "5000"),
      index("V", "2024-02-01", "200"), index("V", "2024-03-01", "300"),
    ])
    #expect(report.rejected.isEmpty && report.reads == 3 && report.corrected == 1)
    #expect(try held(books) == [100, 200, 300])
  }

  @Test func `what no line of the file makes right is refused once`() throws {
    let books = try misread("5000")
    let report = try books.ingest([
      index("V", "2024-03-01", "300"), index("V", "2024-04-01", "5100"),
      index("V", "2024-05-01", "400"),
    ])
    #expect(report.rejected.map(\.line) == [2, 4] && report.reads == 1)
    #expect(try held(books) == [100, 5000, 5100])
  }
}
