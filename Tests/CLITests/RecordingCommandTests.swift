import Foundation
import Testing

/// What each command that records prints and adds to the journal.
@Suite struct RecordingCommandTests {
  private func copy() throws -> Books { try Books.full.get().copy() }

  @Test func `a bill is a line of JSON, an exception too`() throws {
    let books = try copy()
    let result = try books.done("bill --through 2015-05-05 --dry-run --json", status: 1)
    let exceptions = try result.objects()
    #expect(!exceptions.isEmpty && result.errors.isEmpty)
    #expect(exceptions.allSatisfy { keys($0).isSuperset(of: ["account", "period", "missing"]) })
    let gap = exceptions.first { ($0["missing"] as? [String])?.contains("2015-02-10") == true }
    #expect(gap?["account"] as? String == "1002")
    let april = exceptions.first { ($0["missing"] as? [String])?.count == 30 }
    #expect((april?["reason"] as? String)?.contains("2015-04-01 to 2015-04-30 (30 days)") == true)

    let count = try books.events()
    let more = try books.write(
      Books.intervals("1001", Books.month(4, 1...30), base: 500), to: "april.csv")
    try books.done("ingest \(more)")
    let before = try books.events()
    let dry = try books.done("bill --through 2015-05-01 --account 1001 --dry-run --json").object()
    #expect(try books.events() == before && before > count)
    let bill = try books.done("bill --through 2015-05-01 --account 1001 --json").object()
    #expect(keys(bill).isSuperset(of: ["bill", "account", "period", "total", "currency"]))
    #expect(bill["bill"] as? String == "1001-20150501" && bill["currency"] as? String == "USD")
    #expect(dry["total"] as? String == bill["total"] as? String)
    let after = try books.events()
    #expect(after > before)
    #expect(try books.done("bill --through 2015-05-01 --account 1001 --json").output.isEmpty)
    #expect(try books.events() == after)
  }

  @Test func `ingest names each refused line and takes the rest`() throws {
    let books = try copy()
    let file = try books.write(
      Books.intervals("1001", ["2015-04-01", "2014-12-31", "2015-04-02"]), to: "some.csv")
    let report = try books.done("ingest \(file) --json", status: 1).object()
    #expect(keys(report).isSuperset(of: ["files", "reads", "duplicates", "rejected"]))
    #expect(report["files"] as? Int == 1 && report["reads"] as? Int == 2)
    let rejected = list(report["rejected"])
    #expect(rejected.count == 1 && keys(rejected[0]).isSuperset(of: ["file", "line", "reason"]))
    #expect(rejected[0]["file"] as? String == "some.csv" && rejected[0]["line"] as? Int == 3)
    let text = try books.done("ingest \(file)", status: 1)
    #expect(text.errors.contains("some.csv:3: account 1001: day before service: it starts on"))
  }

  @Test func `what is sent twice appends nothing and succeeds`() throws {
    let books = try copy()
    let good = try books.write(Books.intervals("1001", ["2015-04-01"]), to: "good.csv")
    let bad = try books.write(Books.intervals("nobody", ["2015-04-01"]), to: "bad.csv")
    let lines = [
      ("tariff publish --builtin evn", 0),
      ("tariff publish --builtin sce-extras --from 2016-01-01", 0),
      ("enroll --account 9 --plan EVN-SH --on 2015-06-06", 0),
      ("ingest \(good)", 0), ("ingest \(bad)", 1),
      ("pay --account 1002 --amount 5 --on 2015-05-06 --key K", 0),
      ("switch --account 1002 --to D --on 2015-06-01", 0),
      ("move-out --account 9 --on 2015-07-01", 0),
      ("bill --through 2015-04-01 --account 1001", 0),
    ]
    for (line, status) in lines {
      try books.done(line, status: Int32(status))
      let count = try books.events()
      try books.done(line, status: Int32(status))
      #expect(try books.events() == count, "\(line)")
    }
    let again = try books.done("ingest \(good) --json").object()
    #expect(again["duplicates"] as? Int == 1 && again["reads"] as? Int == 0)
    let paid = try books.done("pay --account 1002 --amount 5 --on 2015-05-06 --key K --json")
    #expect(try paid.object()["recorded"] as? Bool == false)
  }

  @Test func `pay takes a file, names its bad lines and pays nothing twice`() throws {
    let books = try copy()
    let file = try books.write(
      """
      account,amount,on,key
      1001,10.00,2015-05-06,B-1
      1002,12.34,2015-05-06,B-2
      1002,12.34,2015-05-06,B-2
      1002,1.00,2015-05-06,B-2
      nobody,1.00,2015-05-06,B-3
      1001,1.005,2015-05-06,B-4
      1001,one,2015-05-06,B-5
      1001,5.00,2015-05-07,B-6

      """, to: "bank.csv")
    let count = try books.events()
    let first = try books.done("pay --file \(file) --json", status: 1).object()
    #expect(keys(first) == ["recorded", "repeated", "rejected"])
    #expect(first["recorded"] as? Int == 3 && first["repeated"] as? Int == 1)
    let rejected = list(first["rejected"])
    #expect(rejected.map { $0["line"] as? Int } == [5, 6, 7, 8])
    #expect(keys(rejected.first) == ["file", "line", "account", "reason"])
    // A payment and its notice each.
    #expect(try books.events() == count + 6)
    let again = try books.done("pay --file \(file)", status: 1)
    #expect(again.output == "recorded 0 payments, 4 recorded before, 4 refused\n")
    #expect(again.errors.contains("bank.csv:6: account nobody: there is no account nobody"))
    #expect(again.errors.contains("bank.csv:8: amount: 'one' is not a decimal amount"))
    #expect(try books.events() == count + 6)
    let wrong = try books.write("account,amount\n", to: "wrong.csv")
    #expect(try books.done("pay --file \(wrong) --json", status: 2).errorCode() == "header")
    #expect(
      try books.done("pay --file \(books.path)/none --json", status: 2).errorCode() == "paymentFile"
    )
    try books.done("pay --file \(file) --amount 3", status: 2)
  }

  @Test func `a move-out and a switch that has begun are taken back`() throws {
    let books = try copy()
    try books.done("switch --account 1002 --cancel 2015-04-01 --override mistaken")
    let taken = try books.done("cat --kind PlanSwitchCancelled --json").objects().last
    #expect((taken?["fact"] as? [String: Any])?["overrideReason"] as? String == "mistaken")
    #expect(
      try books.done("move-out --account 1001 --cancel").output.contains("service goes on"))
    try books.done("move-out --account 1001 --cancel --on 2015-05-05", status: 2)
    #expect(try books.done("account 1001 --json").object()["end"] is NSNull)
  }

  @Test func `a simulated file overwrites nothing`() throws {
    let folder = try Folder()
    func simulate(_ name: String) throws -> Wattbook.Result {
      try Wattbook.run(
        ["simulate", folder.path + "/" + name, "--meters", "1", "--days", "1", "--json"])
    }
    _ = try folder.write("mine", to: "mine.csv")
    let refused = try simulate("mine.csv")
    #expect(try refused.status == 1 && refused.errorCode() == "fileExists")
    #expect(try folder.text("mine.csv") == "mine")
    _ = try folder.write("mine", to: "other.csv.accounts.csv")
    #expect(try simulate("other.csv").status == 1)
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/other.csv"))
    #expect(try simulate("new.csv").status == 0)
  }

  @Test func `a value replaced before holds again with --correct alone`() throws {
    let books = try copy()
    let old = try books.write(
      Books.intervals("1001", ["2015-01-15"], base: 400 + 14 % 7 * 10), to: "old.csv")
    #expect(try books.done("ingest \(old) --json").object()["duplicates"] as? Int == 1)
    let again = try books.done("ingest \(old) --correct --json").object()
    #expect(again["corrected"] as? Int == 1)
  }

  @Test func `enroll takes a file and names its bad lines`() throws {
    let books = try copy()
    let file = try books.write(
      """
      \u{FEFF}account,plan,region,on,read_day,medical,all_electric,multi_family,households,voltage,multiplier,zone
      2001,D,10,2015-01-01,5,yes,,,,,,
      2002,D,99,2015-01-01,5,,,,,,,
      2003,D,10,soon,5,,,,,,,
      2004,D,10,2015-01-01
      "2005",EVN-KD,,2015-04-01,40,,,,,0.4,,
      2006,D,10,2015-01-01,5,maybe,,,,,,
      2007,EVN-KD,,2015-04-01,31,,,,2,0.4,30,Asia/Ho_Chi_Minh
      2008,D,10,2015-01-01,5,,yes,,,,,

      """, to: "accounts.csv")
    let result = try books.done("enroll --file \(file) --json", status: 1)
    let report = try result.object()
    #expect(keys(report) == ["enrolled", "repeated", "rejected"])
    #expect(report["enrolled"] as? Int == 2)
    let rejected = list(report["rejected"])
    #expect(rejected.compactMap { $0["line"] as? Int }.sorted() == [3, 4, 5, 6, 7, 9])
    #expect(rejected.allSatisfy { !($0["reason"] as? String ?? "").isEmpty })
    let text = try books.done("enroll --file \(file)", status: 1)
    #expect(text.output.contains("enrolled 0 accounts, 2 enrolled before, 6 refused"))
    #expect(text.errors.contains("accounts.csv:4: on is no date: soon"))
    #expect(text.errors.contains("all-electric"))
  }

  @Test func `a switch is asked for, taken back and overridden`() throws {
    let books = try copy()
    let at = "--at 2015-05-05T08:00:00Z"
    try books.done("enroll --account 3001 --plan TOU-D-A --region 10 --on 2015-04-01 \(at)")
    let asked = try books.done("switch --account 3001 --to D --asked 2015-05-01 --json \(at)")
      .object()
    #expect(keys(asked) == ["account", "to", "on", "recorded", "position"])
    #expect(asked["on"] as? String == "2015-06-01")
    let cancelled = try books.done("switch --account 3001 --cancel 2015-06-01 --json \(at)")
    #expect(try cancelled.object()["cancelled"] as? String == "2015-06-01")
    try books.done("switch --account 3001 --to D --on 2015-06-01")
    let refused = try books.done(
      "switch --account 3001 --to TOU-D-B --on 2016-05-31 --json", status: 1)
    #expect(try refused.errorCode() == "lockedOut")
    #expect(refused.errors.contains("allowed from 2016-06-01"))
    try books.done(
      "switch --account 3001 --to TOU-D-B --on 2016-05-31 --override \"moved by mistake\"")
    let facts = try books.done("cat --account 3001 --kind PlanSwitched --json").output
    #expect(facts.contains(#""overrideReason":"moved by mistake""#))
    let account = try books.done("account 3001 --json").object()
    #expect(keys(account["lockout"]) == ["left", "on", "until"] || account["lockout"] is NSNull)
    #expect(
      list(account["plans"]).compactMap { $0["plan"] as? String } == ["TOU-D-A", "D", "TOU-D-B"])
  }

  @Test func `who and when are recorded, and time never runs back`() throws {
    let books = try copy()
    try books.done(
      "pay --account 1002 --amount 1 --on 2015-05-06 --at 2015-05-07T08:00:00Z --actor Lan")
    try books.done("pay --account 1002 --amount 2 --on 2015-05-06 --at 2015-01-01T00:00:00Z")
    let paid = try books.done("cat --account 1002 --kind PaymentRecordedV2 --json").objects()
    #expect(
      paid.map { $0["recordedAt"] as? String } == ["2015-05-07T08:00:00Z", "2015-05-07T08:00:00Z"])
    #expect(paid.map { $0["actor"] as? String } == ["Lan", "tester"])
  }
}
