import Billing
import Testing

@testable import Interchange

@Suite("SCE's download")
struct SCECSVTests {
  func file(_ kind: String, _ rows: [String]) -> String {
    """
    Energy Usage Information
    "For location: 1 EXAMPLE ST ANYTOWN CA 90000"

    "Data for period starting: 2020-11-01 00:00:00  for 24 hours"
    \(kind) time period,Usage(Real energy in kilowatt-hours),Reading quality
    \(rows.joined(separator: "\n"))

    """
  }

  @Test func `rows that go back in time are the second pass of a repeated hour`() throws {
    let times = [
      "00:45", "01:00", "01:15", "01:30", "01:45", "01:00", "01:15", "01:30", "01:45",
      "02:00",
    ]
    let rows = times.enumerated().map {
      "\"2020-11-01 \($1):00 to 2020-11-01 02:00:00\",\"0.00\($0)\",\"\""
    }
    let days = try content(file("Energy consumption", rows), account: "A").days
    #expect(days.map(\.values.count) == [100])
    #expect(days.first?.values[3...12] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  }

  @Test func `an hour that clocks skip is absent, and a row in it is malformed`() throws {
    let rows = ["01", "02", "03"].map {
      "\"2020-03-08 \($0):00:00 to 2020-03-08 04:00:00\",\"1\",\"\""
    }
    let file = try content(file("Energy consumption", rows), account: "A")
    #expect(file.days.map(\.values.count) == [23])
    #expect(file.days.first?.values.prefix(3) == [MeterRows.gap, 1000, 1000])
    #expect(file.lines == [7])
  }

  @Test func `sections tell delivered from received energy`() throws {
    let row = ["\"2020-05-01 00:00:00 to 2020-05-01 01:00:00\",\"1.5\",\"\""]
    let text = file("Energy Delivered", row) + file("Energy Received", row)
    let days = try content(text, account: "A").days
    #expect(days.map(\.channel) == [.delivered, .received])
  }

  @Test func `the quality cell is heeded`() throws {
    let cells = [("1", "Estimated"), ("2", "Missing"), ("", ""), ("4", "Actual"), ("5", "Odd")]
    let rows = cells.enumerated().map {
      "\"2020-05-01 0\($0):00:00 to 2020-05-01 0\($0 + 1):00:00\",\"\($1.0)\",\"\($1.1)\""
    }
    let file = try content(file("Energy consumption", rows), account: "A")
    #expect(file.days.first?.quality == .estimated)
    #expect(
      file.days.first?.values.prefix(5) == [
        1000, MeterRows.gap, MeterRows.gap, 4000,
        MeterRows.gap,
      ])
    #expect(file.lines == [10])
  }

  @Test(arguments: [
    "\"2020-05-01 00:00:00\",\"1\",\"\"",
    "\"2020-05-01 25:00:00 to 2020-05-01 01:00:00\",\"1\",\"\"",
    "\"2020-05-01 00:00:00 to 2020-05-01 01:00:00\",\"x\",\"\"",
    "\"2020-05-01 00:00:00 to 2020-05-01 01:00:00\"",
    "\"2020-05-01 00:00:00 to 2020-05-01 01:00:00,\"1\",\"\"",
  ])
  func `a damaged row is malformed`(row: String) throws {
    #expect(try content(file("Energy consumption", [row]), account: "A").lines == [6])
  }

  @Test func `an account is needed`() {
    #expect(throws: MeterFileError.accountNeeded(layout: "SCE's download")) {
      try content(file("Energy consumption", []))
    }
  }
}
