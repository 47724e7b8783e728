import Foundation
import Testing

/// `validate`, `settle` and `estimate`, and how bills and reports show what they leave.
@Suite struct ValidationCommandTests {
  /// Two months of one account without 10 February, and with an hour of 20 kWh on 15 February.
  private func books() throws -> Books {
    let books = try Books.empty()
    try books.done("tariff publish --builtin sce")
    try books.done("enroll --account 1001 --plan D --region 10 --on 2015-01-01")
    let days = Books.month(1, 1...31) + Books.month(2, 1...28)
    var lines = [
      "account,date,interval_minutes," + (1...24).map { "wh_\($0)" }.joined(separator: ",")
    ]
    for (number, day) in days.enumerated() where day != "2015-02-10" {
      let hours = (0..<24).map {
        "\(400 + ($0 * $0 * 7 + number * number * 5 + $0 * number * 3) % 97 * 2)"
      }
      lines.append("1001,\(day),60," + hours.joined(separator: ","))
    }
    let spike = try #require(lines.firstIndex { $0.hasPrefix("1001,2015-02-15") })
    var cells = lines[spike].split(separator: ",")
    cells[10] = "20000"
    lines[spike] = cells.joined(separator: ",")
    try books.done("ingest \(books.write(lines.joined(separator: "\n") + "\n", to: "reads.csv"))")
    return books
  }

  @Test func `a flagged read is listed, holds its bill, and is settled`() throws {
    let books = try books()
    let report = try books.done("validate --json", status: 1).object()
    #expect(keys(report) == ["reads", "seconds", "recorded", "flags"])
    #expect(report["reads"] as? Int == 58 && report["recorded"] as? Int == 1)
    let flag = try #require((report["flags"] as? [[String: Any]])?.first)
    #expect(
      keys(flag) == [
        "account", "flag", "rule", "channel", "from", "through", "found", "limit", "holds",
        "words", "new",
      ])
    #expect(flag["rule"] as? String == "spike" && flag["found"] as? Int == 20_000)
    let position = try #require(flag["flag"] as? Int)
    let text = try books.done("validate --account 1001", status: 1).output
    #expect(text.contains("held") && text.contains("20 kWh in an hour, more than 5 kWh"))
    #expect(text.contains("judged 58 reads: 0 flags recorded, 1 standing, of which 1 hold a bill"))
    try books.done("estimate --through 2015-03-01")
    let held = try books.done("bill --through 2015-03-01 --json", status: 1).objects()
    #expect(
      (held.last?["reason"] as? String)?.contains("wattbook settle --flag \(position)") == true)
    let account = try books.done("account 1001 --json").object()
    #expect((account["flags"] as? [[String: Any]])?.count == 1)
    try books.done("settle --flag \(position) --reason \"a welder\"")
    let count = try books.events()
    #expect(
      try books.done("settle --flag \(position) --reason \"a welder\" --json").object()["recorded"]
        as? Bool == false)
    #expect(try books.events() == count)
    try books.done("bill --through 2015-03-01")
    try books.done("validate")
    #expect(
      try books.done("settle --flag 3 --reason x --json", status: 1).errorCode() == "unknownFlag")
    #expect(
      try books.done("validate --account 9 --json", status: 2).errorCode() == "unknownAccount")
    try books.done("validate --from 2015-02-01 --through 2015-01-01", status: 2)
  }

  @Test func `what is estimated is marked wherever it is shown`() throws {
    let books = try books()
    let dry = try books.done("estimate --through 2015-03-01 --dry-run --json").object()
    #expect(
      keys(dry) == [
        "account", "channel", "date", "method", "reason", "kWh", "intervals", "index", "basis",
        "position",
      ])
    #expect(dry["date"] as? String == "2015-02-10" && dry["method"] as? String == "same-day-type")
    #expect(dry["position"] is NSNull)
    let made = try books.done("estimate --through 2015-03-01").output
    #expect(made.contains("the mean of the last 4 days of the same type"))
    #expect(made.contains("recorded 1 estimate\n"))
    let listed = try books.done("cat --kind ReadEstimated --json").object()
    #expect(keys(listed["fact"]).isSuperset(of: ["values", "method", "days"]))
    let bills = try books.done("bill --through 2015-03-01 --json").objects()
    #expect(bills.map { $0["estimated"] as? Bool } == [false, true])
    #expect(bills.last?["estimatedDays"] as? [String] == ["2015-02-10"])
    let audit = try books.done("audit --bill 1001-20150301 --json").object()
    #expect(audit["identical"] as? Bool == true && audit["estimated"] as? Bool == true)
    #expect(audit["estimatedDays"] as? [String] == ["2015-02-10"])
    #expect(
      try books.done("audit --bill 1001-20150301").output
        .contains("estimated reads on 1 day: 2015-02-10"))
    #expect(try books.done("account 1001").output.contains("estimated"))
    let project = try books.done("project --account 1001 --as-of 2015-02-20 --json").object()
    #expect(project["estimatedReads"] as? [String] == ["2015-02-10"])
    #expect(
      try books.done("project --account 1001 --as-of 2015-02-20").output
        .contains("estimated reads on 1 day of it: 2015-02-10"))
  }

  @Test func `what cannot be estimated is told with every method's reason`() throws {
    let books = try Books.empty()
    try books.done("tariff publish --builtin sce")
    try books.done("enroll --account 1001 --plan D --region 10 --on 2015-01-01")
    let result = try books.done("estimate --through 2015-02-01", status: 1)
    #expect(result.errors.contains("not estimated: account 1001, delivered of 2015-01-01 to"))
    #expect(result.errors.contains("year-ago: no measured day of the same weeks a year ago"))
    try books.done("estimate --through 2015-02-01 --method guess", status: 2)
  }
}
