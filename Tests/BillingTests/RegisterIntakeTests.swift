import Testing

@testable import Billing

/// What becomes of each index of a meter file.
struct RegisterIntakeTests {
  @Test func `each refused register line is named with its reason`() throws {
    let books = try Books.ofOneHome()
    try books.enroll("tou", "TOU-D-A", on: "2015-03-02")
    try books.enroll("gone", on: "2015-03-02")
    try books.moveOut("gone", on: "2015-03-05")
    try books.ingest(
      [index("1", "2015-03-02", "5000"), index("1", "2015-03-10", "5100")], name: "first.csv")
    func held(_ day: String) -> String {
      ", against the index held of \(day); where that one is wrong, send the right one of its day "
        + "and this line again, in one file"
    }
    let report = try books.ingest([
      index("nobody", "2015-03-02", "1"),
      index("1", "2015-03-01", "4990"),
      index("gone", "2015-03-06", "1"),
      index("tou", "2015-03-02", "1"),
      index("1", "2015-03-03", "-1"),
      index("1", "2015-03-20", "5099"),
      index("1", "2015-03-05", "5101"),
      index("1", "2015-03-11", "7501"),
      index("1", "2015-03-12", "9900"),
      index("gone", "2015-03-05", "1"),
    ])
    #expect(
      report.rejected.map { "\($0.line) \($0.account): \($0.reason)" } == [
        "2 nobody: unknown account nobody: enroll it first",
        "3 1: day before service: it starts on 2015-03-02",
        "4 gone: day after service: it ended on 2015-03-05",
        "5 tou: unfit meter: plan TOU-D-A needs intervals, this is an index",
        "6 1: negative index: -1000 Wh",
        "7 1: register ran backwards: from 9900 to 5099 kWh" + held("2015-03-12"),
        "8 1: register ran backwards: from 5101 to 5100 kWh" + held("2015-03-10"),
        "9 1: absurd value: from 5100 to 7501 kWh in 1 days" + held("2015-03-10"),
      ])
    // Indices are judged by date, whatever their lines. 5,100 to 9,900 in two days is 100 kW all
    // the time: the limit itself.
    #expect(report.reads == 2)
  }

  @Test func `a register that the plan is not billed from is refused`() throws {
    let books = try Books()
    try books.enroll("V", "EVN-SH", on: "2024-01-01")
    let report = try books.ingest([index("V", "2024-01-01", "10", .registerNormal)])
    #expect(report.rejected.count == 1 && report.reads == 0)
  }
}
