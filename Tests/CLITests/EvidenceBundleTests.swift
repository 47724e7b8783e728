import Foundation
import Testing

@testable import Billing

/// A bill's evidence bundle, checked by `Journal/check_bundle.py` without the journal. Skipped where
/// there is no Python with its `lz4` package.
@Suite(.enabled(if: Python.isThere)) struct EvidenceBundleTests {
  /// Bundles of every bill of some books, by the bill's number, and the verifier key.
  private static func bundles(of books: Books) throws -> Bundles {
    let key = "\(books.folder.path)/utility.key"
    #expect(try Wattbook.run(["key", key]).status == 0)
    let bills = try books.done("cat --kind BillIssued --json").objects().compactMap {
      ($0["fact"] as? [String: Any])?["bill"] as? String
    }
    try #require(!bills.isEmpty)
    let files = try bills.map { bill in
      let file = "\(books.folder.path)/\(bill).json"
      let audit = try books.done("audit --bill \(bill) --bundle \(file) --key \(key) --json")
      let told = try #require(try audit.object()["bundle"] as? [String: Any])
      #expect(Set(told.keys) == ["file", "batches", "evidence", "otherEvents"])
      return (bill, file)
    }
    return Bundles(books: books, key: key + ".pub", files: files)
  }

  private struct Bundles: Sendable {
    /// Their folder goes with them.
    let books: Books
    let key: String
    let files: [(bill: String, file: String)]
  }

  /// Of every kind of event; in small segments, so that batches are told apart by their files.
  private static let full = Result { try bundles(of: Books.whole.get().inSmallSegments()) }

  private func check(_ file: String, _ key: String) throws -> Wattbook.Result {
    try Python.run([Python.script("check_bundle.py"), file, key])
  }

  @Test func `the script proves bills of every kind of line, first ones and second ones`() throws {
    let full = try Self.full.get()
    let bills = Set(full.files.map(\.bill))
    // With a discount and deferred lines, the same made again, and their true-up.
    try #require(bills.isSuperset(of: ["1003-20160201", "1003-20160201-2", "1003-20160301"]))
    try #require(bills.count >= 9)
    var printed = ""
    for (bill, file) in full.files {
      let verdict = try check(file, full.key)
      #expect(verdict.status == 0 && verdict.errors.isEmpty, "\(bill): \(verdict.errors)")
      #expect(verdict.output.hasPrefix("Bill \(bill) of account "))
      #expect(verdict.output.contains("proven: ") && verdict.output.contains(" utility signed"))
      printed += verdict.output
    }
    for part in [
      " USD at -0.3 = ", " deferred\n", "True-up of the relevant period: ", "surcharge: ",
      "Downey: ",
    ] { #expect(printed.contains(part)) }
  }

  @Test func `the script proves surcharges, reactive energy and a third currency`() throws {
    let books = try Books.empty()
    for builtin in ["sce-extras", "evn"] { try books.done("tariff publish --builtin \(builtin)") }
    let ergon = Python.script("examples/ergon.yaml")
    try books.done("tariff publish \(ergon)")
    try books.done("enroll --account 1001 --plan D --region 10 --on 2015-01-01")
    try books.done("enroll --account 2002 --plan EVN-KD --on 2026-02-01 --voltage 0.4")
    try books.done("enroll --account 3003 --plan ERGON-11 --on 2018-08-01")
    let reads = try books.write(
      Books.intervals("1001", Books.month(1, 1...31)), to: "reads.csv")
    var rows = "account,date,register,kwh\n3003,2018-08-01,total,5\n3003,2018-09-01,total,305\n"
    for (register, kWh) in [("normal", 300), ("peak", 100), ("offpeak", 50), ("reactive", 279)] {
      rows += "2002,2026-02-01,\(register),7\n2002,2026-03-01,\(register),\(7 + kWh)\n"
    }
    let registers = try books.write(rows, to: "registers.csv")
    try books.done("ingest \(reads) \(registers)")
    for (account, day) in [
      ("1001", "2015-02-01"), ("3003", "2018-09-01"), ("2002", "2026-03-01"),
    ] {
      try books.done("bill --through \(day) --account \(account)")
    }
    let made = try Self.bundles(of: books)
    #expect(made.files.count == 3)
    for (bill, file) in made.files {
      let verdict = try check(file, made.key)
      #expect(verdict.status == 0 && verdict.errors.isEmpty, "\(bill): \(verdict.errors)")
    }
  }

  @Test func `the script proves bills of estimates`() throws {
    let books = try Books.empty()
    for builtin in ["sce", "evn"] { try books.done("tariff publish --builtin \(builtin)") }
    try books.done("enroll --account 1001 --plan D --region 10 --on 2015-01-01")
    try books.done("enroll --account 2002 --plan EVN-SH --on 2015-04-01")
    let days = Books.month(1, 1...31).filter { !["2015-01-20", "2015-01-21"].contains($0) }
    let reads = try books.write(Books.intervals("1001", days), to: "reads.csv")
    let registers = try books.write(
      """
      account,date,register,kwh
      2002,2015-04-01,total,1000
      2002,2015-05-01,total,1100
      2002,2015-06-01,total,1200
      2002,2015-07-01,total,1300

      """, to: "registers.csv")
    try books.done("ingest \(reads) \(registers)")
    try books.done("estimate --through 2015-02-01 --account 1001")
    try books.done("estimate --through 2015-08-01 --account 2002")
    try books.done("bill --through 2015-02-01 --account 1001")
    try books.done("bill --through 2015-08-01 --account 2002")
    let made = try Self.bundles(of: books)
    #expect(made.files.count == 5)
    for (bill, file) in made.files {
      let verdict = try check(file, made.key)
      #expect(verdict.status == 0 && verdict.errors.isEmpty, "\(bill): \(verdict.errors)")
    }
  }

  @Test func `the script proves bills of time of use, of export, of tax and of rounding`() throws {
    let books = try Books.empty()
    let at = "--at 2015-10-10T00:00:00Z"
    for builtin in ["sce", "evn"] { try books.done("tariff publish --builtin \(builtin) \(at)") }
    let plans = [
      "TOU-D-A --region 10", "TOU-D-B --region 6", "TOU-D-T --region 16", "D --region 9 --medical",
      "EVN-SH --households 2", "EVN-KD --voltage 0.4", "EVN-SX --voltage 22",
    ]
    var text = "account,start,kwh,channel\n"
    for (index, plan) in plans.enumerated() {
      try books.done("enroll --account \(index)7 --plan \(plan) --on 2015-06-01 \(at)")
      let zone = plan.hasPrefix("EVN") ? "+07:00" : "-07:00"
      for day in Books.month(6, 1...30) {
        for half in 0..<48 {
          let time = (half < 20 ? "0" : "") + "\(half / 2):" + (half % 2 == 0 ? "00" : "30")
          let used = "0.\(100 + (half * 37 + index * 11) % 600)"
          text += "\(index)7,\(day)T\(time):00\(zone),\(used),delivered\n"
          guard index < 2 else { continue }
          // The first sends out more than it takes, the second less.
          let sent = index == 0 ? "0.9\(half + 10)" : "0.2\(half + 10)"
          text += "\(index)7,\(day)T\(time):00\(zone),\(sent),received\n"
        }
      }
    }
    try books.done("ingest \(try books.write(text, to: "long.csv")) \(at)")
    try books.done("bill --through 2015-07-01 --on 2015-07-02 \(at)")
    let made = try Self.bundles(of: books)
    #expect(made.files.count == plans.count)
    var printed = ""
    for (bill, file) in made.files {
      let verdict = try check(file, made.key)
      #expect(verdict.status == 0, "\(bill): \(verdict.errors)\(verdict.output)")
      printed += verdict.output
    }
    // Credit, energy sent out, and tax.
    for part in [" kWh at -0.1", ": -", "VAT: "] { #expect(printed.contains(part)) }
    withExtendedLifetime(books) {}
  }

  @Test func `whichever byte of a bundle is another, the script refuses it`() throws {
    let full = try Self.full.get()
    let program = """
      import json, random, sys
      sys.path.insert(0, sys.argv[1])
      import check_bundle
      data = open(sys.argv[2], "rb").read()
      key = open(sys.argv[3]).read().strip()
      check_bundle.check(data, key)
      seed = 20150201
      print("seed", seed)
      rng = random.Random(seed)
      # What is not base 64 of a frame is tried more often.
      edges = [at for at in range(len(data)) if data[at:at + 1] in b'{}[]",:' or at < 800]
      for at in sorted(rng.sample(range(len(data)), 250) + rng.sample(edges, 250)):
          changed = bytearray(data)
          changed[at] ^= rng.randrange(1, 256)
          try:
              check_bundle.check(bytes(changed), key)
              print("accepted", at, data[max(0, at - 20):at + 20])
          except check_bundle.Refused:
              pass
      edits = (
          lambda bundle: bundle["batches"].reverse(), lambda bundle: bundle["batches"].pop(),
          lambda bundle: bundle["batches"].append(bundle["batches"][-1]),
          lambda bundle: bundle["batches"][0].update(index=float(bundle["batches"][0]["index"])),
          lambda bundle: bundle["batches"][0]["path"].pop(),
          lambda bundle: bundle.update(position=bundle["position"] - 1),
          lambda bundle: bundle["bill"].update(total="0.00"), lambda bundle: bundle.update(more=1))
      edited = [json.loads(data) for _ in edits]
      for edit, bundle in zip(edits, edited):
          edit(bundle)
      assert check_bundle.dumps(json.loads(data)) == data
      edited = [check_bundle.dumps(bundle) for bundle in edited]
      for other in (*edited, data[:-1], data + b"\\n", b" " + data, data[1:], b"", b"{}", b"7"):
          try:
              check_bundle.check(other, key)
              print("accepted", other[:20])
          except check_bundle.Refused:
              pass
      """
    let folder = URL(fileURLWithPath: Python.script("")).path
    let verdict = try Python.run(["-B", "-c", program, folder, full.files[0].file, full.key])
    #expect(verdict.status == 0, "\(verdict.errors)")
    #expect(verdict.lines == ["seed 20150201"], "\(verdict.output)")
  }

  @Test func `a forged bill is refused for what is wrong with it`() throws {
    let forgeries: [(reason: String, change: @Sendable (inout BillIssuedV2) -> Void)] = [
      ("is not quantity times price", { $0.lines[0].amount += 10_000 }),
      ("the lines do not sum to the total", { $0.total += 10_000 }),
      ("is a RateSchedulePublished, not a MeterReadRecorded", { $0.evidence[0].first = 0 }),
      (
        "does not stand in its rate schedule",
        {
          $0.lines[0].price = 123_457
          $0.lines[0].amount =
            ($0.lines[0].quantity * 123_457 / 1000 + 5000) / 10_000 * 10_000
        }
      ),
      ("the reads are ", { $0.lines.removeFirst() }),
      ("names no evidence", { $0.lines[0].evidence = [] }),
    ]
    for (reason, change) in forgeries {
      let books = try Books.full.get().inSmallSegments { bill in
        guard bill.bill == "1001-20150201" else { return }
        change(&bill)
        if reason.hasPrefix("the reads") || reason.hasPrefix("does not") {
          bill.total = bill.lines.reduce(0) { $0 + $1.amount }
        }
      }
      let key = "\(books.folder.path)/k"
      #expect(try Wattbook.run(["key", key]).status == 0)
      let file = "\(books.folder.path)/b.json"
      try books.done("audit --bill 1001-20150201 --bundle \(file) --key \(key)", status: 1)
      let verdict = try check(file, key + ".pub")
      #expect(verdict.status == 1 && verdict.errors.contains(reason), "\(verdict.errors)")
    }
  }

  @Test func `a checkpoint that was published before proves a bill, unless it is older`() throws {
    let books = try Books.full.get().inSmallSegments()
    let key = "\(books.folder.path)/k"
    #expect(try Wattbook.run(["key", key]).status == 0)
    let (old, note) = ("\(books.folder.path)/old.note", "\(books.folder.path)/a.note")
    try Books.full.get().inSmallSegments(first: 5).done("checkpoint --key \(key) --out \(old)")
    try books.done("checkpoint --key \(key) --out \(note)")
    try books.done("pay --account 1002 --amount 7 --on 2015-05-06 --at 2015-05-06T00:00:00Z")
    let file = "\(books.folder.path)/b.json"
    let audit = "audit --bill 1001-20150201 --bundle \(file)"
    let older = try books.done(audit + " --checkpoint \(old) --json", status: 1)
    #expect(try older.errorCode() == "checkpoint" && older.errors.contains("give a later one"))
    let told = try books.done(audit + " --checkpoint \(note)").output
    #expect(told.contains("the batch is the unit of proof: "))
    #expect(try check(file, key + ".pub").status == 0)
    #expect(
      try books.done(audit + " --checkpoint \(note) --json", status: 1).errorCode() == "fileExists")
    let rewritten = try Books.full.get().inSmallSegments { $0.total += 10_000 }
    let refused = try rewritten.done(
      "audit --bill 1001-20150201 --bundle \(file)2 --checkpoint \(note) --json", status: 1)
    #expect(try refused.errorCode() == "checkpoint")
    #expect(!FileManager.default.fileExists(atPath: file + "2"))
  }

  @Test func `a key that did not sign is refused, and so is a file that is no bundle`() throws {
    let full = try Self.full.get()
    let (key, file) = (full.key, full.files[0].file)
    let folder = full.books.folder.path
    #expect(try Wattbook.run(["key", folder + "/other"]).status == 0)
    let other = try check(file, folder + "/other.pub")
    #expect(other.status == 1 && other.errors.contains("no signature by other"))
    #expect(try check(file, "nonsense").status == 1)
    #expect(try check(key, key).status == 1)
    #expect(try check(folder + "/none", key).status == 2)
  }
}
