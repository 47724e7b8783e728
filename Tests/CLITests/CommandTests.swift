import Foundation
import Testing

/// What each command that asks prints and under which keys: what scripts rely on.
@Suite struct CommandTests {
  private func full() throws -> Books { try Books.full.get() }

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

  @Test func `a read day changes with a cycle, and account tells both`() throws {
    let books = try full().copy()
    let refused = try books.done("terms --account 1002 --on 2015-04-10 --read-day 20", status: 1)
    #expect(refused.errors.contains("the next possible day is 2015-05-01 (--on)"))
    try books.done("terms --account 1002 --on 2015-05-01 --read-day 32", status: 1)
    try books.done("terms --account 1002 --on 2015-05-01 --read-day 20")
    let position = try books.events()
    try books.done("terms --account 1002 --on 2015-05-01 --read-day 20")
    #expect(try books.events() == position)
    let account = try books.done("account 1002 --json --on 2015-04-15").object()
    #expect(account["readDay"] as? Int == 1)
    #expect(list(account["readDays"]).map { $0["readDay"] as? Int } == [1, 20])
    #expect(list(account["readDays"]).last?["from"] as? String == "2015-05-01")
    let then = try books.done("account 1002 --on 2015-04-15").output
    #expect(then.contains("read day 1, from 2015-05-01 20"))
    #expect(try books.done("account 1002 --on 2015-05-02").output.contains("read day 20\n"))
  }

  @Test func `account shows what a caller asks for`() throws {
    let account = try full().done("account 1001 --json").object()
    #expect(
      keys(account) == [
        "account", "plan", "person", "start", "end", "region", "terms", "zone", "readDay",
        "readDays", "lastRead", "currency", "balance", "credit", "dueDate", "pastDue",
        "nextStatement", "asOf",
        "plans", "lockout", "bills", "payments", "deposit", "charges", "adjustments", "notices",
        "lost", "flags",
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

  @Test func `lines of an audit that are not called deferred sum to the bill's total`() throws {
    let books = try Books.whole.get()
    var deferred = 0
    for event in try books.done("cat --kind BillIssued --json").objects() {
      let bill = try #require((event["fact"] as? [String: Any])?["bill"] as? String)
      let audit = try books.done("audit --bill \(bill) --json").object()
      let lines = list(audit["lines"])
      let due = lines.filter { $0["deferred"] as? Bool != true }
      deferred += lines.count - due.count
      let sum = due.reduce(Decimal.zero) {
        $0 + (Decimal(string: $1["amount"] as? String ?? "") ?? .nan)
      }
      #expect(sum == Decimal(string: audit["total"] as? String ?? ""), "\(bill)")
    }
    #expect(deferred > 0)
  }

  @Test func `replay has one digest on any number of threads and from the snapshot`() throws {
    let told: Set = [
      "events", "reads", "accounts", "persons", "erased", "stateDigest", "seconds", "lost",
      "touchedAccounts", "setAside",
    ]
    var digests: Set<String> = []
    for option in (1...4).map({ "--threads \($0)" }) + ["--from-snapshot", "--threads 100"] {
      let replay = try full().done("replay \(option) --json").object()
      #expect(keys(replay) == told)
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
}
