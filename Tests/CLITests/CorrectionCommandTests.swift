import Foundation
import Testing

@testable import Billing

/// Bills taken back, billed again, and waiting for somebody, through the command alone.
@Suite struct CorrectionCommandTests {
  /// A home with January and February billed and the first one paid; limits of back-billing.
  private func books() throws -> Books {
    let books = try Books.empty()
    let at = "--at 2015-03-01T20:00:00Z"
    try books.done("tariff publish --builtin sce \(at)")
    let shown = try books.done("tariff show D --on 2015-02-01 --json").object()
    let text = try #require(shown["text"] as? String)
    let limited = try books.write(
      text.replacing(
        "due-days:",
        with: "back-billing: { overcharge-months: 36, undercharge-months: 3 }\ndue-days:"
      ).replacing("effective: 2014-07-07", with: "effective: 2014-12-01"), to: "limited.yaml")
    try books.done("tariff publish \(limited) \(at)")
    try books.done("enroll --account 1-7 --plan D --region 10 --on 2015-01-01 \(at)")
    let days = Books.month(1, 1...31) + Books.month(2, 1...28)
    try books.done("ingest \(try books.write(Books.intervals("1-7", days), to: "r.csv")) \(at)")
    try books.done("bill --through 2015-03-01 \(at)")
    let bill = try #require(try bills(books).first)
    try books.done(
      "pay --account 1-7 --amount \(bill["total"] as? String ?? "") --on 2015-03-02 "
        + "--at 2015-03-02T20:00:00Z")
    return books
  }

  private func bills(_ books: Books) throws -> [[String: Any]] {
    try #require(try books.done("account 1-7 --json").object()["bills"] as? [[String: Any]])
  }

  private func correct(_ books: Books, at: String) throws -> [String: Any] {
    let file = try books.write(Books.intervals("1-7", ["2015-01-20"], base: 900), to: "c.csv")
    let told = try books.done("ingest \(file) --at \(at) --json").object()
    return try #require(told["bills"] as? [String: Any])
  }

  @Test func `a correction waits in the worklist until it is billed again`() throws {
    let books = try books()
    #expect(try books.done("worklist").output.contains("no bill waits"))
    let told = try correct(books, at: "2015-03-03T20:00:00Z")
    #expect(
      told as? [String: Int] == ["proposed": 1, "unpriced": 0, "rebilled": 0, "unchanged": 0])
    let entry = try books.done("worklist --json").object()
    #expect(
      Set(entry.keys) == [
        "bill", "account", "state", "reason", "difference", "currency", "cause", "proposal",
        "since", "obstacle",
      ])
    #expect(entry["bill"] as? String == "1-7-20150201" && entry["state"] as? String == "proposed")
    #expect(entry["since"] as? String == "2015-03-03")
    #expect((entry["cause"] as? [String: Any])?["kind"] as? String == "ReadCorrected")
    let text = try books.done("worklist").output
    #expect(text.contains("corrected-read") && text.contains("1 bill waits: wattbook rebill"))

    let count = try books.events()
    let at = "--at 2015-03-04T20:00:00Z"
    let dry = try books.done("rebill --bill 1-7-20150201 --dry-run --json \(at)").object()
    #expect(try books.events() == count)
    let shown = try books.done("rebill --all \(at)").output
    #expect(
      shown.contains("1-7-20150201-2 takes its place") && shown.contains("billed again 1 bill"))
    #expect(dry["difference"] as? String == entry["difference"] as? String)
    #expect(dry["due"] as? String == "2015-03-23" && dry["reason"] as? String == "corrected-read")
    let amounts = (dry["cancelled"] as? [[String: Any]])?.compactMap { $0["amount"] as? String }
    #expect(amounts?.allSatisfy { $0.hasPrefix("-") } == true)
    #expect(try books.done("worklist --json").lines.isEmpty)

    #expect(try bills(books).map { $0["cancelled"] as? Bool } == [true, false, false])
    #expect(try books.done("account 1-7").output.contains("cancelled"))
    let old = try books.done("audit --bill 1-7-20150201 --json").object()
    #expect(old["identical"] as? Bool == true)
    #expect(old["replacedBy"] as? String == "1-7-20150201-2")
    let corrections = try #require(old["corrections"] as? [[String: Any]])
    #expect(corrections.map { $0["reason"] as? String } == ["corrected-read"])
    let new = try books.done("audit --bill 1-7-20150201-2 --json").object()
    #expect(new["identical"] as? Bool == true && new["replaces"] as? String == "1-7-20150201")
    #expect(
      try books.done("audit --bill 1-7-20150201").output.contains("cancelled (corrected-read)"))
    let then = try books.done("audit --bill 1-7-20150201 --as-known-at \(count - 1) --json")
      .object()
    #expect(then["identical"] as? Bool == true && then["replacedBy"] is NSNull)
    try books.done("verify --deep")
  }

  @Test func `a bill is cancelled, let stand again, and refused with its reason`() throws {
    let books = try books()
    let at = "--at 2015-03-05T20:00:00Z"
    let before = try books.done("account 1-7 --json").object()
    try books.done("cancel --bill 1-7-20150301 --reason meter-fault --note stuck \(at)")
    #expect(
      try books.done("cancel --bill 1-7-20150301 --reason other --json", status: 1).errorCode()
        == "alreadyCancelled")
    try books.done("reinstate --bill 1-7-20150301 \(at)")
    let after = try books.done("account 1-7 --json").object()
    for key in ["balance", "credit", "dueDate", "nextStatement"] {
      #expect(after[key] as? String == before[key] as? String, "\(key)")
    }
    #expect(
      try books.done("reinstate --bill 1-7-20150301 --json", status: 1).errorCode()
        == "notCancelled")
    #expect(
      try books.done("rebill --bill 1-7-20150302 --json", status: 1).errorCode() == "unknownBill")
    try books.done("cancel --bill 1-7-20150301 --reason other \(at)")
    let again = try books.done("bill --through 2015-03-01 --json \(at)").object()
    #expect(again["bill"] as? String == "1-7-20150301-2")
    #expect(
      try books.done("reinstate --bill 1-7-20150301 --json", status: 1).errorCode()
        == "billedAgain")
  }

  @Test func `what was recorded of a cancelled bill's days is looked at when it stands again`()
    throws
  {
    let books = try books()
    try books.done("cancel --bill 1-7-20150201 --reason meter-fault --at 2015-03-05T20:00:00Z")
    _ = try correct(books, at: "2015-03-06T20:00:00Z")
    #expect(try books.done("worklist --json").output.isEmpty)
    #expect(
      try books.done("reinstate --bill 1-7-20150201 --at 2015-03-07T20:00:00Z").output
        .contains("1 bill issued before would change"))
    #expect(try books.done("worklist --json").object()["state"] as? String == "proposed")
  }

  @Test func `who cancels a bill is told of its late charge, and how to take it back`() throws {
    let books = try books()
    try books.done("tariff publish --builtin sce-extras --from 2016-01-01")
    let charged = try books.done("late-charges --on 2016-01-02 --json").objects()
    let bill = try #require(charged.first?["bill"] as? String)
    let amount = try #require(charged.first?["amount"] as? String)
    let cancelled = try books.done("cancel --bill \(bill) --reason other")
    #expect(cancelled.output.contains("its late charge of $\(amount) stands: wattbook waive"))
    let waived = try books.done("waive --bill \(bill) --note error --json").object()
    #expect(waived["lateCharge"] as? String == amount)
    #expect(
      try books.done("waive --bill \(bill) --note error --json", status: 1).errorCode()
        == "noLateCharge")
    #expect(try books.done("account 1-7").output.contains("waived"))
  }

  @Test func `a proposal is declined by its position`() throws {
    let books = try books()
    _ = try correct(books, at: "2015-03-03T20:00:00Z")
    let entry = try books.done("worklist --json").object()
    let proposal = try #require(entry["proposal"] as? Int)
    #expect(
      try books.done("decline --proposal \(proposal - 1) --note no --json", status: 1).errorCode()
        == "notProposed")
    try books.done("decline --proposal \(proposal) --note agreed")
    #expect(try books.done("worklist --json").lines.isEmpty)
  }

  @Test(.enabled(if: Python.isThere))
  func `a bundle proves a bill that was billed again, with what is too old`() throws {
    let books = try books()
    _ = try correct(books, at: "2015-03-03T20:00:00Z")
    let at = "--at 2015-04-21T20:00:00Z"
    let rebilled = try books.done("rebill --bill 1-7-20150201 --on 2015-04-21 --json \(at)")
      .object()
    let lines = try #require(rebilled["lines"] as? [[String: Any]])
    #expect(
      (lines.last?["description"] as? String)?
        .hasPrefix("Back-billing limit, 20 of 31 days before 2015-01-21") == true)
    let key = "\(books.folder.path)/k"
    #expect(try Wattbook.run(["key", key]).status == 0)
    for bill in ["1-7-20150201", "1-7-20150201-2"] {
      let file = "\(books.folder.path)/\(bill).json"
      try books.done("audit --bill \(bill) --bundle \(file) --key \(key)")
      let verdict = try Python.run([Python.script("check_bundle.py"), file, key + ".pub"])
      #expect(verdict.status == 0, "\(bill): \(verdict.errors)")
    }
  }
}
