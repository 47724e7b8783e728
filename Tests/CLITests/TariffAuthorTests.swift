import Foundation
import Testing

/// The commands of who writes rate schedules, and the comparison of plans.
@Suite struct TariffAuthorTests {
  private func full() throws -> Books { try Books.full.get() }

  /// The built-in version of D of 2 March 2015 under another date, with another fourth price.
  private func document(
    _ folder: Folder, _ effective: String = "2016-01-01", _ price: String = "0.31",
    named name: String = "new.yaml"
  ) throws -> String {
    let shown = try full().done("tariff show D --on 2015-03-02 --json").object()
    let text = try #require(shown["text"] as? String)
    return try folder.write(
      text.replacingOccurrences(of: "effective: 2015-03-02", with: "effective: \(effective)")
        .replacingOccurrences(of: "0.25, 0.31]", with: "0.25, \(price)]"), to: name)
  }

  @Test func `check tells errors by file, line and reason and ends with 1`() throws {
    let folder = try Folder()
    let good = try document(folder)
    let quiet = try Wattbook.run(["tariff", "check", good])
    #expect(quiet.status == 0 && quiet.output == "\(good): 1 version in order\n")
    let bad = try folder.write("schedule: X\ndue-days: soon\n", to: "bad.yaml")
    let found = try Wattbook.run(["tariff", "check", good, bad])
    #expect(found.status == 1)
    #expect(found.output.contains("error \(bad):2: due-days is soon, not a whole number"))
    let json = try Wattbook.run(["tariff", "check", good, bad, "--json"])
    let object = try json.object()
    #expect(json.status == 1 && object["ok"] as? Bool == false)
    let files = list(object["files"])
    #expect(keys(files[0]) == ["file", "versions", "errors", "warnings"])
    #expect(keys(list(files[0]["versions"]).first) == ["plan", "effective", "line"])
    #expect(list(files[1]["errors"]).contains { $0["line"] as? Int == 2 })
    #expect(try Wattbook.run(["tariff", "check", folder.path + "/none.yaml"]).status == 2)
  }

  @Test func `check refuses what publish would: a zone that is none, a list of nothing`() throws {
    let folder = try Folder()
    let good = try String(contentsOfFile: document(folder), encoding: .utf8)
    let zone = try folder.write(
      good.replacingOccurrences(of: "America/Los_Angeles", with: "Europe/Atlantis"), to: "zone.yaml"
    )
    let line = good.split(separator: "\n", omittingEmptySubsequences: false)
      .firstIndex { $0.hasPrefix("zone:") }.map { $0 + 1 }
    let found = try Wattbook.run(["tariff", "check", zone])
    #expect(found.status == 1)
    #expect(found.output.contains("error \(zone):\(line ?? 0): there is no zone “Europe/Atlantis”"))
    let empty = try folder.write(
      good + "\nnet-metering: { period-months: 12, surplus-price: [] }\n", to: "empty.yaml")
    #expect(
      try Wattbook.run(["tariff", "check", empty]).output
        .contains("rates of surplus-price are an empty list"))
  }

  @Test func `explain leaves out no rule`() throws {
    let folder = try Folder()
    let text = try String(contentsOfFile: document(folder), encoding: .utf8)
    let file = try folder.write(text + "\nrebill-tolerance: 0.50\n", to: "tolerant.yaml")
    let shown = try Wattbook.run(["tariff", "explain", file]).output
    #expect(shown.contains("what days divide is rounded to Wh"))
    #expect(shown.contains("corrections of no more than $0.50 are made without asking"))
    let json = try Wattbook.run(["tariff", "explain", file, "--json"]).object()
    #expect(json["rebillTolerance"] as? String == "0.50")
    #expect(
      try Wattbook.run("tariff explain --builtin sce-extras D").output
        .contains("to State of California"))
  }

  @Test func `check compares with what a journal has published`() throws {
    let folder = try Folder()
    let other = try document(folder, "2015-03-02", "0.32")
    let known = try Wattbook.run(["tariff", "check", other, "--journal", full().path])
    #expect(known.status == 1 && known.output.contains("is known with another text"))
    let published = try full().copy().done("tariff publish \"\(other)\"", status: 1)
    #expect(published.errors.contains("publish it for a later day (wattbook tariff publish --from"))
    let dear = try document(folder, "2016-01-01", "0.90", named: "dear.yaml")
    let warned = try Wattbook.run(["tariff", "check", dear, "--journal", full().path])
    #expect(warned.status == 0)
    #expect(warned.output.contains("against D 2015-03-02, by more than half: Tier 4"))
  }

  @Test func `explain prints a plan from the package, a file or a journal`() throws {
    let text = try Wattbook.run("tariff explain --builtin sce TOU-D-T").output
    for part in [
      "summer  On-Peak      0.34      0.47", "10      summer       15.5       604.5  and more",
      "Mon      ░░░░░░░░░░░░░░░░░░░░░░░░████████████░░░░░░░░░░░░",
      "2015-07-04 Sat  Independence Day, which moves nothing",
      "leaving the plan locks every further switch for 12 months",
      "█ summer: 2015-06-01 to 2015-09-30",
    ] { #expect(text.contains(part), "\(part)") }
    #expect(!text.contains("\u{1B}") && !text.contains("\u{FFFD}"))
    let half = try Wattbook.run("tariff explain --builtin evn EVN-SX").output
    #expect(half.contains("Mon      ░░░░░░░░▒▒▒▒▒▒▒▒▒▒▒████▒▒▒▒▒▒▒▒▒▒▒██████▒▒▒▒░░░░"))
    let folder = try Folder()
    let file = try document(folder)
    #expect(try Wattbook.run(["tariff", "explain", file]).output.contains("from 2016-01-01"))
    let old = try full().done("tariff explain D --on 2014-08-01 --json").object()
    #expect(old["effective"] as? String == "2014-07-07" && old["year"] as? Int == 2014)
    #expect(list(old["tiers"]).count == 18 && list(old["energy"]).count == 1)
    #expect(try Wattbook.run("tariff explain --builtin sce NONE").status == 2)
    let business = try Wattbook.run("tariff explain --builtin evn EVN-KD --json").object()
    let reactive = business["reactivePower"] as? [String: Any]
    #expect(reactive?["below"] as? String == "52.54")
    let percent = reactive?["percent"] as? [String: String] ?? [:]
    #expect(percent.count == 30 && percent["0.89"] == "1.12" && percent["0.60"] == "50")
    let home = try Wattbook.run("tariff explain --builtin evn EVN-SH --json").object()
    #expect(home["undeclaredTenantsTier"] as? String == "101-200 kWh")
    #expect(home["oddCycle"] as? String == "by days" && home["splitRounding"] as? String == "kWh")
    #expect(home["reactivePower"] is NSNull)
    let extras = try Wattbook.run("tariff explain --builtin sce-extras D --json").object()
    #expect(list(extras["taxes"]).first?["base"] as? String == "after credits")
    #expect(list(extras["discounts"]).map { $0["excludes"] as? [String] } == [["FERA"], ["CARE"]])
    #expect(try Wattbook.run("tariff explain --builtin evn --json").objects().count >= 3)
  }

  @Test func `compare and reprice say in one line what net metering leaves out`() throws {
    let books = try Books.whole.get()
    func line(_ command: String, _ start: String = "  net metering: ") throws -> String {
      let lines = try books.done(command).output.split(separator: "\n").filter {
        $0.hasPrefix(start)
      }
      #expect(lines.count == 1, "\(command)")
      return String(lines.first ?? "")
    }
    let compare = "compare --account 1003 --as-of 2016-"
    #expect(
      try line(compare + "03-01")
        == "  net metering: all that these cycles defer is settled in them")
    #expect(
      try line(compare + "03-01 --months 1")
        == "  net metering: the true-up counts what was deferred from 2016-01-01 on, before these "
        + "cycles as it was billed")
    #expect(
      try line(compare + "02-01")
        == "  net metering: what is deferred from 2016-01-01 on is not settled yet and in no total")
    #expect(
      try books.done(compare + "02-01").output.contains("deferred from 2016-01-01 on and not"))
    let json = try books.done(compare + "02-01 --json").object()
    #expect(json["openFrom"] as? String == "2016-01-01" && json["carriedFrom"] is NSNull)
    #expect(list(json["plans"]).first?["unsettled"] is String)
    let shown = try books.done("tariff show D --on 2016-01-01 --json").object()
    let text = try #require(shown["text"] as? String)
    let folder = try Folder()
    let file = try folder.write(
      text.replacingOccurrences(of: "effective: 2016-01-01", with: "effective: 2017-01-01"),
      to: "later.yaml")
    let reprice = "tariff reprice \"\(file)\" --account 1003"
    #expect(
      try line(reprice)
        == "  net metering: 1 account; what was deferred before these bills is as it was billed, and "
        + "what is not settled by them is in no total: $0.00 published, $0.00 new")
    #expect(try books.done(reprice + " --json").object()["netMetered"] as? Int == 1)
  }

  @Test func `reprice shows what a version would do and records nothing`() throws {
    let books = try full().copy()
    let before = try books.events()
    let folder = try Folder()
    let file = try document(folder, "2016-01-01", "0.41")
    let object = try books.done("tariff reprice \"\(file)\" --json").object()
    #expect(
      keys(object).isSuperset(of: [
        "versions", "asIfEffective", "currency", "accounts", "candidates", "bills", "before",
        "after", "difference", "up", "down", "same", "p10", "p50", "p90", "kinds",
        "mostAffected", "notRepriced", "changedSince",
      ]))
    #expect(object["asIfEffective"] as? String == "2015-01-01")
    let text = try books.done("tariff reprice \"\(file)\" --months 1 --account 1001").output
    #expect(text.contains("1 bill of 1 account") && text.contains("nothing was recorded"))
    #expect(try books.events() == before)
    let known = try document(folder, "2015-03-02", named: "known.yaml")
    #expect(try books.run("tariff reprice \"\(known)\" --json").errorCode() == "alreadyPublished")
    #expect(
      try books.run("tariff reprice \"\(file)\" --account 7 --json").errorCode() == "unknownAccount"
    )
  }

  @Test func `a record of the rate database becomes a document, or is refused by path`() throws {
    let folder = try Folder()
    let hours = "[" + Array(repeating: "0", count: 24).joined(separator: ",") + "]"
    let year = "[" + Array(repeating: hours, count: 12).joined(separator: ",") + "]"
    func record(_ more: String) throws -> String {
      try folder.write(
        """
        {"items":[{"label":"a1","eiaid":17609,"name":"Flat & plain","utility":"Example",
        "startdate":1433116800,"energyratestructure":[[{"rate":0.125,"unit":"kWh"}]],
        "energyweekdayschedule":\(year),"energyweekendschedule":\(year)\(more)}]}
        """, to: "record.json")
    }
    let file = try record("")
    let out = folder.path + "/plan.yaml"
    let made = try Wattbook.run(["tariff", "import-urdb", file, "--code", "FLAT", "--out", out])
    #expect(made.status == 0 && made.output.hasPrefix("\(out): FLAT 2015-06-01\n"))
    #expect(made.output.contains("assumed: items[0].eiaid: the zone is America/Los_Angeles"))
    #expect(try Wattbook.run(["tariff", "check", out]).status == 0)
    #expect(try Wattbook.run(["tariff", "explain", out]).output.contains("0.125"))
    #expect(try Wattbook.run(["tariff", "import-urdb", file, "--out", out]).status == 1)
    let plain = try Wattbook.run(["tariff", "import-urdb", file])
    #expect(plain.output.contains("\nschedule: Flat-plain\n") && plain.errors.contains("assumed: "))
    let json = try Wattbook.run(["tariff", "import-urdb", file, "--json"]).object()
    #expect(keys(json) == ["plan", "effective", "out", "document", "notes"])
    #expect(keys(list(json["notes"]).first) == ["kind", "path", "text"])
    let demand = try record(",\"flatdemandstructure\":[[{\"rate\":7.5}]]")
    let refused = try Wattbook.run(["tariff", "import-urdb", demand])
    #expect(refused.status == 1 && refused.output.isEmpty)
    #expect(
      refused.errors.contains(
        "record.json: items[0].flatdemandstructure[0][0]: a charge for demand in kW"))
  }

  @Test func `compare prices an account's own usage on every open plan, with stable keys`() throws {
    let object = try full().done("compare --account 1001 --json").object()
    #expect(
      keys(object) == [
        "account", "plan", "asOf", "currency", "monthsAsked", "atCurrentPrices", "netMetered",
        "carriedFrom", "openFrom", "kWh", "total",
        "months", "leftOut", "plans",
      ])
    let months = list(object["months"])
    #expect(months.count == 3)
    #expect(keys(months[0]) == ["period", "kWh", "total", "issued", "estimatedDays"])
    #expect(months.allSatisfy { $0["total"] as? String == $0["issued"] as? String })
    let plans = list(object["plans"])
    #expect(plans.map { $0["plan"] as? String }.first == "D")
    for plan in plans {
      #expect(
        keys(plan) == [
          "plan", "name", "own", "total", "saving", "unsettled", "reason", "months", "hours",
          "tiers", "differences", "switch",
        ])
      #expect(
        keys(plan["switch"]) == ["from", "lockedUntil", "refusal", "seats", "lockoutMonths"])
    }
    // TOU-D-A has no price before 2 March 2015.
    #expect(plans.contains { $0["total"] is NSNull && $0["reason"] is String })
    let now = try full().done("compare --account 1001 --at-current-prices --json").object()
    for plan in list(now["plans"]) where plan["total"] is String {
      let sum = list(plan["months"]).reduce(Decimal.zero) {
        $0 + (Decimal(string: $1["total"] as? String ?? "") ?? .nan)
      }
      #expect(sum == Decimal(string: plan["total"] as? String ?? ""))
    }
    let text = try full().done("compare --account 1001 --at-current-prices").output
    for part in [
      "by its own usage of 3 billing cycles", "fewer than the 12 asked for", "TOU-D-B",
      " % in On-Peak (", "against D: energy ", " % above Tier 1 (",
    ] { #expect(text.contains(part), "\(part)") }
    #expect(try full().run("compare --account 7 --json").errorCode() == "unknownAccount")
  }
}
