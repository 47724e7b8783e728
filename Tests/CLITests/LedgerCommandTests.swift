import Foundation
import Quantities
import Testing

@testable import Billing
@testable import Journal

/// The books on the command line, and as hledger and beancount read them. Those parts are skipped
/// where the programs are not there; `WATTBOOK_PYTHON` names a Python that has beancount.
@Suite struct LedgerCommandTests {
  /// Every kind of event that moves money, in two currencies, with names that need care.
  private static let books = Result { try makeBooks() }

  private static func makeBooks() throws -> Books {
    let books = try Books.empty()
    let reads = try books.write(
      Books.intervals("1001", Books.month(1, 1...31) + Books.month(2, 1...28)), to: "r.csv")
    for line in [
      "tariff publish --builtin sce --at 2015-01-02T02:00:00Z",
      "tariff publish --builtin evn --at 2015-01-02T02:00:00Z",
      "enroll --account 1001 --plan D --region 10 --on 2015-01-01",
      "enroll --account a;b:(c)\\1 --plan D --region 10 --on 2015-01-01",
      "enroll --account A-b--c--1 --plan D --region 10 --on 2015-01-01",
      "enroll --account Đèn:1 --plan EVN-SH --on 2015-01-06 --read-day 6",
      "ingest \(reads)", "bill --through 2015-02-01 --account 1001",
      "pay --account 1001 --amount 20.50 --on 2015-02-02 --key \"K; a, b|c\"",
      "deposit --account 1001 --amount 150 --on 2015-02-03",
      "deposit --account 1001 --amount 50 --on 2015-02-04 --return",
      "deposit --account 1001 --amount 80 --on 2015-02-05 --return --apply",
      "refund --account 1001 --amount 1.25 --on 2015-02-06 --key F-1",
      "pay --account Đèn:1 --amount 500000 --on 2015-02-07",
    ] { try books.done(line) }
    try plant(in: books)
    try books.done("write-off --account A-b--c--1 --amount 2.50 --reason gone --on 2015-03-09")
    return books
  }

  /// What the commands do not make by themselves.
  private static func plant(in books: Books) throws {
    let engine = try Engine(
      path: books.path, origin: Origin(actor: "test", source: "test"), wait: 5)
    func record(_ fact: Event.OneOf_Fact, _ number: String = "1001") throws -> UInt64 {
      let account = engine.state.account(number) ?? 0
      let event = Event(fact, account: account, effective: 16_500)
      return try engine.commit([event], at: Instant(seconds: 1_425_600_000))[0]
    }
    func line(
      _ kind: BillLine.Kind, _ cents: Int64, _ authority: String = "", isDeferred: Bool = false
    ) -> BillLine {
      .with {
        ($0.kind, $0.amount, $0.authority) = (kind, cents * 10_000, authority)
        $0.deferred = isDeferred
      }
    }
    func bill(_ lines: [BillLine], _ currency: String = "USD") -> BillIssuedV2 {
      .with {
        ($0.bill, $0.currency, $0.lines, $0.due) = ("X-\(lines.count)", currency, lines, 16_520)
        $0.total = lines.reduce(0) { $1.deferred ? $0 : $0 + $1.amount }
      }
    }
    let lines = [
      line(.energy, 5000), line(.baselineCredit, -300), line(.monthly, 10), line(.minimum, 20),
      line(.discount, -700), line(.credit, -400), line(.reactive, 15),
      line(.tax, 250, "City of Pomona"), line(.tax, 7, "City-of Pomona"),
      line(.surcharge, 12, "STATE"), line(.backBilling, -100), line(.unknown, 3),
    ]
    let whole = try record(.billIssuedV2(bill(lines)))
    _ = try record(
      .billIssuedV2(bill([line(.energy, -900, isDeferred: true), line(.daily, 93)])))
    _ = try record(
      .billIssuedV2(
        bill([
          line(.energy, 100, isDeferred: true), line(.trueUp, 800, isDeferred: true),
          line(.trueUp, 0), line(.netSurplus, -33),
        ])))
    let dong = [line(.energy, 8_330_600), line(.tax, 833_100, "Thuế GTGT")]
    _ = try record(.billIssuedV2(bill(dong, "VND")), "Đèn:1")
    let lost = bill([line(.energy, 777)])
    for number in ["A-b--c--1", "a;b:(c)\\1"] { _ = try record(.billIssuedV2(lost), number) }
    // What is written off of a bill that is cancelled is no loss.
    let position = engine.state.position - 1
    _ = try record(
      .debtWrittenOff(.with { ($0.amount, $0.currency) = (1_500_000, "USD") }), "a;b:(c)\\1")
    _ = try record(
      .billCancelled(BillCancelled(lost, at: position, .other, note: "")), "a;b:(c)\\1")
    let issued = bill(lines)
    let cancellation = try record(
      .billCancelled(
        .with {
          ($0.position, $0.bill, $0.currency, $0.total) = (whole, issued.bill, "USD", -issued.total)
          $0.lines = lines.map { line in
            .with {
              ($0.kind, $0.amount, $0.authority) = (line.kind, -line.amount, line.authority)
            }
          }
        }))
    _ = try record(
      .billReinstated(
        .with {
          ($0.position, $0.cancellation, $0.lines) = (whole, cancellation, lines)
          ($0.bill, $0.currency, $0.total, $0.due) = (issued.bill, "USD", issued.total, 16_520)
        }))
    for kind in [ChargeAssessed.ChargeKind.lateCharge, .returnedPayment, .reconnection] {
      _ = try record(
        .chargeAssessed(
          .with { ($0.kind, $0.amount, $0.currency, $0.due) = (kind, 450_000, "USD", 16_530) }))
    }
  }

  /// Balances by currency and account, the names without regard to case.
  private typealias Balances = [String: Decimal]

  private func ours(_ options: String = "") throws -> Balances {
    let books = try Self.books.get()
    let object = try books.done("ledger --json \(options)").object()
    var balances: Balances = [:]
    for currency in object["currencies"] as? [[String: Any]] ?? [] {
      #expect(Decimal(string: currency["sum"] as? String ?? "") == 0)
      let code = try #require(currency["currency"] as? String)
      var taxes: Decimal = 0
      for row in currency["accounts"] as? [[String: Any]] ?? [] {
        let amount = try #require(Decimal(string: row["balance"] as? String ?? ""))
        // Names of authorities are the programs' own: compared by their sum.
        if row["authority"] is String {
          taxes += amount
        } else {
          balances["\(code) \(try #require(row["account"] as? String))"] = amount
        }
      }
      if taxes != 0 { balances["\(code) liabilities:tax"] = taxes }
    }
    return balances
  }

  /// Adds up what a program tells, with whatever stands below an account of ours.
  private func add(
    _ amount: Decimal, _ currency: String, _ name: String, to balances: inout Balances
  ) {
    let name = name.lowercased().split(separator: ":").prefix(2).joined(separator: ":")
    let sum = (balances["\(currency) \(name)"] ?? 0) + amount
    balances["\(currency) \(name)"] = sum == 0 ? nil : sum
  }

  private func journal(_ options: String) throws -> (folder: Folder, path: String) {
    let books = try Self.books.get()
    let folder = try Folder()
    let path = folder.path + "/books.txt"
    try books.done("ledger --out \(path) \(options)")
    return (folder, path)
  }

  @Test func `the trial balance sums to zero, and every kind of money stands in it`() throws {
    let balances = try ours()
    #expect(balances.count == 25, "\(balances.keys.sorted())")
    #expect(balances["USD assets:deferred-net-metering"] == nil)
    #expect(balances["USD expenses:write-offs"] == Decimal(string: "2.5"))
    #expect(balances["VND assets:receivable"] == nil)
    #expect(balances["VND liabilities:credit-balances"] == -408_363)
    let text = try Self.books.get().done("ledger").output
    #expect(text.contains("liabilities:tax:City of Pomona"))
    let totals = text.split(separator: "\n").filter { $0.hasPrefix("total") }
      .map { $0.split(separator: " ") }
    #expect(totals.count == 2 && totals.allSatisfy { $0[1] == $0[$0.count / 2 + 1] })
    let account = try ours("--account 1001")
    #expect(
      account["VND assets:cash"] == nil && account["USD assets:cash"] == balances["USD assets:cash"]
    )
  }

  @Test func `only what counts by a day, and only what was known`() throws {
    let early = try ours("--through 2015-02-03")
    #expect(early["USD assets:cash"] == Decimal(string: "170.5"))
    #expect(early["USD liabilities:deposits"] == -150)
    let books = try Self.books.get()
    let position = try #require(
      try books.done("cat --kind DepositReceived --json").object()["position"] as? Int)
    #expect(try ours("--as-known-at \(position)") == early)
    #expect(
      try books.done("ledger --account nobody --json", status: 2).errorCode() == "unknownAccount")
    let (folder, path) = try journal("--format hledger --through 2015-02-03")
    #expect(try folder.text("books.txt").components(separatedBy: "\n\n").count == 4)
    #expect(try books.done("ledger --out \(path) --json", status: 1).errorCode() == "fileExists")
  }

  @Test(.enabled(if: hasHledger, "hledger is not installed"), arguments: ["", "--subaccounts"])
  func `hledger's balances are ours`(options: String) throws {
    let (folder, path) = try journal("--format hledger \(options)")
    _ = folder
    let check = try Self.program(["hledger", "-f", path, "check", "--strict"])
    #expect(check.status == 0, "\(check.errors)")
    let told = try Self.program(
      [
        "hledger", "-f", path, "balance", "--flat", "--no-total", "--output-format", "csv",
        "--layout",
        "bare",
      ])
    #expect(told.status == 0, "\(told.errors)")
    var balances: Balances = [:]
    for line in told.lines.dropFirst() {
      let cells = line.split(separator: ",").map { $0.filter { $0 != "\"" } }
      try #require(cells.count == 3, "\(line)")
      add(try #require(Decimal(string: cells[2])), cells[1], cells[0], to: &balances)
    }
    #expect(try balances == ours())
  }

  @Test(.enabled(if: hasBeancount, "no Python with beancount"), arguments: ["", "--subaccounts"])
  func `beancount's balances are ours`(options: String) throws {
    let (folder, path) = try journal("--format beancount \(options)")
    _ = folder
    let told = try Self.program([
      Self.python, "-c",
      """
      import collections, sys
      from beancount import loader
      from beancount.core import data
      entries, errors, _ = loader.load_file(sys.argv[1])
      for error in errors: print(error, file=sys.stderr)
      sums = collections.Counter()
      for entry in entries:
          if isinstance(entry, data.Transaction):
              for posting in entry.postings:
                  sums[posting.account, posting.units.currency] += posting.units.number
      for (account, currency), number in sorted(sums.items()):
          print(currency, number, account)
      sys.exit(1 if errors else 0)
      """, path,
    ])
    #expect(told.status == 0, "\(told.errors)")
    var balances: Balances = [:]
    for line in told.lines {
      let cells = line.split(separator: " ").map(String.init)
      add(try #require(Decimal(string: cells[1])), cells[0], cells[2], to: &balances)
    }
    #expect(try balances == ours())
  }

  private static let python = ProcessInfo.processInfo.environment["WATTBOOK_PYTHON"] ?? "python3"
  private static let hasHledger = (try? program(["hledger", "--version"]).status) == 0
  private static let hasBeancount = (try? program([python, "-c", "import beancount"]).status) == 0

  private static func program(_ arguments: [String]) throws -> Wattbook.Result {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return try Wattbook.run(
      URL(fileURLWithPath: "/usr/bin/env"), ["PATH=\(path)", "LANG=C.UTF-8"] + arguments)
  }
}
