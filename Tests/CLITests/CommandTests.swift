import Foundation
import Testing

/// What each command prints and under which keys: what scripts rely on.
@Suite struct CommandTests {
  private func full() throws -> Books { try Books.full.get() }

  private func keys(_ object: Any?) -> Set<String> {
    Set((object as? [String: Any] ?? [:]).keys)
  }

  private func list(_ object: Any?) -> [[String: Any]] { object as? [[String: Any]] ?? [] }

  @Test func `init makes a journal once`() throws {
    let books = try Books()
    let made = try books.done("init --partitions 3 --json").object()
    #expect(keys(made) == ["journal", "id", "partitions", "new"])
    #expect(made["new"] as? Bool == true && made["partitions"] as? Int == 3)
    #expect(try books.done("init --partitions 3 --json").object()["new"] as? Bool == false)
    #expect(try books.done("init --json", status: 1).errorCode() == "alreadyAJournal")
    #expect(try books.events() == 0)
  }

  @Test func `schedules are published once and shown as they were written`() throws {
    let books = try Books.empty()
    let published = try books.done("tariff publish --builtin sce --json").object()
    #expect(keys(published) == ["published", "known"])
    #expect((published["published"] as? [String])?.count == 6)
    let count = try books.events()
    let again = try books.done("tariff publish --builtin sce --json").object()
    #expect((again["published"] as? [String])?.isEmpty == true && again["known"] as? Int == 6)
    #expect(try books.events() == count)
    let listed = try books.done("tariff list --json").objects()
    #expect(listed.count == 6)
    #expect(
      keys(listed[0]) == ["plan", "effective", "utility", "name", "currency", "zone", "cap"])
    let shown = try books.done("tariff show D --on 2015-03-02 --json").object()
    #expect(keys(shown) == ["plan", "effective", "text"])
    let text = try #require(shown["text"] as? String)
    let file = try books.write(text, to: "d.yaml")
    #expect(try books.done("tariff publish \(file) --json").object()["known"] as? Int == 1)
    #expect(try books.events() == count)
  }

  @Test func `account shows what a caller asks for`() throws {
    let account = try full().done("account 1001 --json").object()
    #expect(
      keys(account) == [
        "account", "plan", "person", "start", "end", "region", "terms", "zone", "readDay",
        "lastRead",
        "currency",
        "balance", "credit", "dueDate", "pastDue", "nextStatement", "asOf", "plans", "lockout",
        "bills", "payments", "deposit", "charges", "adjustments", "notices", "lost", "flags",
      ])
    #expect(account["lastRead"] as? String == "2015-03-31")
    #expect(account["dueDate"] as? String == "2015-04-19")
    #expect(account["nextStatement"] as? String == "2015-05-01")
    #expect(account["end"] as? String == "2015-05-05")
    let bills = list(account["bills"])
    #expect(bills.count == 3)
    #expect(
      keys(bills.first) == [
        "bill", "period", "total", "dated", "due", "open", "position", "estimated", "cancelled",
      ])
    let payments = list(account["payments"])
    #expect(keys(payments.first) == ["on", "amount", "key", "method", "position"])
    #expect(payments.first?["method"] as? String == "card")
    #expect(payments.first?["amount"] as? String == "20.50")
    let notices = list(try full().done("account 1001 --language vi --json").object()["notices"])
    #expect(keys(notices.first) == ["on", "template", "text"])
    #expect(notices.contains { ($0["text"] as? String ?? "").contains("Xin cảm ơn quý khách") })
    let text = try full().done("account 1001 --on 2015-05-06").output
    #expect(text.contains("due             2015-04-19, past due: $"))
    #expect(
      text.contains("next statement  2015-05-01") && text.contains("2015-01-01 to 2015-05-04"))
  }

  @Test func `project prints every key, without --as-of for the day after the last read`() throws {
    let bill = try full().done("project --account 1001 --json").object()
    #expect(
      keys(bill).isSuperset(of: [
        "account", "plan", "asOf", "cycle", "usageToDate", "usageProjected", "total", "low",
        "high", "tier", "tiers", "nextKWhPrice",
      ]))
    #expect(bill["asOf"] as? String == "2015-04-01")
    #expect(keys(bill["cycle"]) == ["start", "end", "day", "days"])
    #expect(keys(bill["tier"]) == ["current", "price", "used", "limit"])
    #expect(
      keys(list(bill["tiers"]).first) == ["name", "from", "to", "price", "used", "projected"])
    #expect(bill["nextKWhPrice"] is String && bill["total"] is String)
    let tou = try full().done("project --account 1002 --as-of 2015-04-10 --json").object()
    #expect(tou["tier"] is NSNull && (tou["nextKWhPrice"] as? [String: String])?.count == 3)
    let start = try full().done("project --account 1001 --as-of 2015-01-01 --json").object()
    #expect(start["total"] is NSNull)
    #expect((start["reason"] as? String ?? "").contains("no read before 2015-01-01"))
    let vietnam = try full().done("project --account PC05II0730790").output
    #expect(vietnam.contains("as of 2015-03-06") && vietnam.contains(" đ before tax"))
  }

  @Test func `audit explains a bill line by line`() throws {
    let audit = try full().done("audit --bill 1001-20150201 --json").object()
    #expect(
      keys(audit).isSuperset(of: [
        "bill", "account", "period", "total", "recomputed", "identical", "lines", "evidence",
      ]))
    #expect(keys(audit["period"]) == ["start", "end"])
    let lines = list(audit["lines"])
    #expect(
      keys(lines.first).isSuperset(of: ["description", "quantity", "unit", "price", "amount"]))
    #expect(keys(list(audit["evidence"]).first).isSuperset(of: ["position", "kind"]))
    #expect(audit["identical"] as? Bool == true)
    #expect(audit["total"] as? String == audit["recomputed"] as? String)
    let sum = lines.reduce(Decimal.zero) {
      $0 + (Decimal(string: $1["amount"] as? String ?? "") ?? .nan)
    }
    #expect(sum == Decimal(string: audit["total"] as? String ?? ""))
    let same = try full().done("audit --account 1001 --period 2015-01-01 --json")
    #expect(try same.object()["bill"] as? String == "1001-20150201")
    let text = try full().done("audit --account PC05II0730790 --period 2015-01-06").output
    #expect(text.contains("identical: the same facts give the same bill"))
    #expect(text.contains("evidence: RegisterRead"))
  }

  @Test func `replay has one digest on any number of threads and from the snapshot`() throws {
    let keys: Set = [
      "events", "reads", "accounts", "persons", "erased", "stateDigest", "seconds", "lost",
      "touchedAccounts", "setAside",
    ]
    var digests: Set<String> = []
    for option in (1...4).map({ "--threads \($0)" }) + ["--from-snapshot", "--threads 100"] {
      let replay = try full().done("replay \(option) --json").object()
      #expect(self.keys(replay) == keys)
      #expect(replay["accounts"] as? Int == 3 && replay["reads"] as? Int == 179)
      digests.insert(try #require(replay["stateDigest"] as? String))
    }
    #expect(digests.count == 1)
    #expect(try full().inSmallSegments().done("replay --json").object()["accounts"] as? Int == 3)
  }

  @Test func `verify counts and gives the head of the chain`() throws {
    for option in ["", "--deep"] {
      let verify = try full().done("verify --json \(option)").object()
      #expect(keys(verify).isSuperset(of: ["segments", "batches", "events", "head", "intact"]))
      #expect(verify["intact"] as? Bool == true)
      #expect(verify["events"] as? Int == (try full().done("cat --json").lines.count))
    }
  }

  @Test func `cat lists every kind, and an account's events alone`() throws {
    let books = try Books.whole.get()
    let all = try books.done("cat --json").objects()
    #expect(
      keys(all[0]) == [
        "position", "commit", "recordedAt", "actor", "source", "kind", "account", "effective",
        "fact",
      ])
    #expect(all.enumerated().allSatisfy { $1["position"] as? Int == $0 })
    let found = Set(all.compactMap { $0["kind"] as? String })
    let known = try books.done("cat --kind Nothing", status: 2).errors
      .split(separator: "\n")[0].split(separator: "known: ")[1].split(separator: ", ")
    // What is superseded is read, and not written any more; only a salvaged journal says of
    // positions that they are lost.
    #expect(
      found
        == Set(known.map(String.init))
        .subtracting(["PaymentRecorded", "BillIssued", "PositionsLost"]))
    let own = try books.done("cat --account 1002 --json").objects()
    #expect(own.count == all.filter { $0["account"] as? String == "1002" }.count)
    let some = try books.done("cat --from 5 --to 7 --json").objects()
    #expect(some.compactMap { $0["position"] as? Int } == [5, 6, 7])
    let issued = try books.done("cat --kind BillIssued --account 1001").lines
    #expect(issued.count == 3 && issued.allSatisfy { $0.count < 300 })
  }

  @Test func `a bill is a line of JSON, an exception too`() throws {
    let books = try full().copy()
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
    let books = try full().copy()
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
    let books = try full().copy()
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
    let books = try full().copy()
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
      try books.done("pay --file \(books.path)/none --json", status: 2).errorCode() == "meterFile")
    try books.done("pay --file \(file) --amount 3", status: 2)
  }

  @Test func `a value replaced before holds again with --correct alone`() throws {
    let books = try full().copy()
    let old = try books.write(
      Books.intervals("1001", ["2015-01-15"], base: 400 + 14 % 7 * 10), to: "old.csv")
    #expect(try books.done("ingest \(old) --json").object()["duplicates"] as? Int == 1)
    let again = try books.done("ingest \(old) --correct --json").object()
    #expect(again["corrected"] as? Int == 1)
  }

  @Test func `enroll takes a file and names its bad lines`() throws {
    let books = try full().copy()
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
    let books = try full().copy()
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

  @Test func `people read tables that line up, grouped money and days in runs`() throws {
    let books = try full().copy()
    let bills = try books.done("bill --through 2015-05-01 --dry-run", status: 1)
    #expect(bills.output.hasPrefix("would issue 0 bills; "))
    #expect(bills.errors.contains("2015-04-01 to 2015-04-30 (30 days)"))
    let plans = try full().done("tariff list").lines
    let names = plans.dropFirst().map { line in
      line.range(of: "Vietnam") ?? line.range(of: "Southern")
    }
    let columns = zip(plans.dropFirst(), names).map { line, name in
      name.map { line.distance(from: line.startIndex, to: $0.lowerBound) }
    }
    #expect(plans.count == 33 && Set(columns).count == 1)
    let account = try full().done("account PC05II0730790 --language vi").output
    let amounts = account.split(separator: "\n").filter { $0.hasPrefix("PC05II0730790-") }
    #expect(amounts.count == 2 && Set(amounts.map(\.count)).count == 1)
    #expect(amounts.allSatisfy { $0.hasSuffix(" đ") && $0.contains(",") })
    #expect(account.contains("Hóa đơn PC05II0730790-20150206"))
    // The key has control characters; none of them reaches a terminal.
    let payment = try full().done("account 1001").output
    #expect(payment.contains("Chuyển khoản\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"))
    let tiers = try full().done("project --account 1001 --as-of 2015-03-20").lines
      .filter { $0.contains("Tier ") && $0.contains("$") }
    #expect(tiers.count == 4)
  }

  @Test func `who and when are recorded, and time never runs back`() throws {
    let books = try full().copy()
    try books.done(
      "pay --account 1002 --amount 1 --on 2015-05-06 --at 2015-05-07T08:00:00Z --actor Lan")
    try books.done("pay --account 1002 --amount 2 --on 2015-05-06 --at 2015-01-01T00:00:00Z")
    let paid = try books.done("cat --account 1002 --kind PaymentRecordedV2 --json").objects()
    #expect(
      paid.map { $0["recordedAt"] as? String } == ["2015-05-07T08:00:00Z", "2015-05-07T08:00:00Z"])
    #expect(paid.map { $0["actor"] as? String } == ["Lan", "tester"])
  }
}
