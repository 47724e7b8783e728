import ArgumentParser
import Billing
import Foundation
import Interchange
import Journal
import Quantities
import Tariff

struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Make a journal, live a year in it, audit a bill: the tour.",
    discussion: """
      Example: wattbook demo tour

      Three homes: one on tiers, one that switches to time-of-use and meets the lock-out, one in \
      Vietnam with a register meter. Everything it prints comes from the journal that it leaves \
      behind, so go on with: wattbook account tour/journal 3012345678
      """)

  @Argument(
    help: "An empty or new directory; a temporary one unless given.", completion: .directory)
  var directory: String?

  func run() throws {
    let start = ContinuousClock.now
    let directory = try emptyDirectory()
    var tour = try DemoTour(directory: directory)
    try tour.run()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    Terminal.print(
      "\nThat was a year in \(String(format: "%.1f", seconds)) s. The journal is in "
        + "\(tour.journal); look around:")
    for command in ["account", "project", "cat"] {
      let account = command == "account" ? "3012345678" : "--account 3012345678"
      Terminal.print("  wattbook \(command) \(tour.journal) \(account)")
    }
    Terminal.print("  python3 Journal/read_journal.py \(tour.journal)")
  }

  private func emptyDirectory() throws -> String {
    let manager = FileManager.default
    let path =
      directory
      ?? manager.temporaryDirectory.appending(path: "wattbook-demo-\(UUID().uuidString.prefix(8))")
      .path()
    if let found = try? manager.contentsOfDirectory(atPath: path), !found.isEmpty {
      throw Failure(.usage, "notEmpty", "\(path) is not empty; give a new directory")
    }
    try manager.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }
}

/// The year that `wattbook demo` lives: 2015, told month by month.
private struct DemoTour {
  let journal: String
  private let directory: String
  private let engine: Engine
  private let homes: [(account: String, plan: String)] = [
    ("3012345678", "D"), ("3087654321", "D"), ("PC05II0730790", "EVN-SH"),
  ]

  init(directory: String) throws {
    self.directory = directory
    journal = directory + "/journal"
    let id = (0..<16).map { _ in UInt8.random(in: 0...255) }.hex
    try JournalWriter.create(path: journal, identity: JournalIdentity(id: id, partitions: 8))
    engine = try Engine(path: journal, origin: Origin(actor: "demo", source: "demo"))
  }

  private func date(_ month: Int, _ day: Int, _ year: Int = 2015) -> ServiceDate {
    ServiceDate(year: year, month: month, day: day)!
  }

  /// The demo is recorded as it would have been: on the evening of its day.
  private func evening(_ day: ServiceDate) -> Instant {
    Instant(seconds: Int64(day.day) * 86_400 + 72_000)
  }

  private func chapter(_ title: String, _ command: String) {
    Terminal.print("\n" + Terminal.styled(title, .bold))
    Terminal.print(Terminal.styled("  $ wattbook \(command)", .dim))
  }

  mutating func run() throws {
    try openBooks()
    try liveTheYear()
    try meetTheLockout()
    try showNextBill()
    try auditOneBill()
    try proveIt()
  }

  private func openBooks() throws {
    chapter("1. A journal, rate schedules and three homes", "init | tariff publish | enroll")
    for builtin in BuiltinSchedules.standard {
      let added = try engine.publish(
        builtin.schedules(), zone: ZoneDatabase.table, at: evening(date(1, 1)))
      Terminal.print(
        "  published \(added.count) dated schedules of \(builtin.rawValue.uppercased())")
    }
    var requests = homes.map { Enrollment(number: $0.account, plan: $0.plan, on: date(1, 1)) }
    requests[0].region = "10"
    requests[0].readDay = 17
    requests[1].region = "9"
    requests[2].readDay = 6
    requests[2].on = date(1, 6)
    let results = try engine.enroll(
      requests, zone: ZoneDatabase.find, at: evening(date(1, 1)))
    for (request, result) in zip(requests, results) {
      _ = try result.get()
      Terminal.print("  enrolled \(request.number) on \(request.plan) from \(request.on)")
    }
  }

  private func liveTheYear() throws {
    chapter(
      "2. A year: daily reads, monthly bills, a switch and a payment",
      "ingest JOURNAL reads.csv | bill JOURNAL --through DATE | switch | pay")
    var table = Table([
      ("  bill", .left), ("plan", .left), ("kWh", .point), ("total", .right), ("due", .left),
    ])
    var reads = DemoReads(
      simulation: MeterSimulation(
        meters: 3, intervalMinutes: 60, seed: 2015,
        zone: try ZoneDatabase.table("America/Los_Angeles")),
      accounts: homes.map(\.account))
    var taken = 0
    for month in 1...12 {
      let first = date(month, 1)
      let days = BillingPeriod(start: first, end: first.dayOfMonth(1, addingMonths: 1))
      for (name, text) in try reads.files(of: days) {
        taken += try take("\(directory)/\(name)", text, at: days.end)
      }
      if month == 6 {
        let request = PlanSwitchRequest(
          number: homes[1].account, to: "TOU-D-A", start: .on(date(6, 1)))
        _ = try engine.switchPlan(request, at: evening(days.end))
      }
      let report = try engine.bill(through: days.end, dated: days.end, at: evening(days.end))
      for bill in report.bills {
        let draft = bill.draft
        if bill.account == homes[0].account, month == 3 {
          _ = try engine.pay(
            Payment(
              number: bill.account, amount: draft.total, on: days.end.adding(days: 8),
              key: "demo-1"), at: evening(days.end.adding(days: 8)))
        }
        guard [2, 6, 9].contains(month) else { continue }
        table.add([
          "  " + draft.number, draft.segments.map(\.schedule.code).last ?? "",
          draft.segments.reduce(Energy.zero) { $0 + $1.netUsage }.kWh,
          moneyWords(draft.total, draft.priced.currency),
          "\(draft.due)",
        ])
      }
    }
    Terminal.print("  took \(taken) reads in, month by month")
    Terminal.print(table.text)
    Terminal.print("  … and the other months; a payment of 3012345678 came in April")
  }

  private func take(_ path: String, _ text: String, at day: ServiceDate) throws -> Int {
    guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8)) else {
      throw Failure(.usage, "cannotWrite", "cannot write \(path)")
    }
    var file = try MeterFile(path: path)
    let report = try engine.ingest(
      file: URL(filePath: path).lastPathComponent,
      identity: MeterFileIdentity(sha256: try IngestCommand.digest(of: path)), at: evening(day)
    ) { try file.nextChunk { engine.zone(ofAccount: $0) } }
    return report.reads
  }

  private func meetTheLockout() throws {
    chapter(
      "3. Leaving time-of-use locks the plan for twelve months",
      "switch JOURNAL --account \(homes[1].account) --to D --on 2016-01-10")
    let leave = PlanSwitchRequest(number: homes[1].account, to: "D", start: .on(date(1, 10, 2016)))
    _ = try engine.switchPlan(leave, at: evening(date(1, 8, 2016)))
    Terminal.print("  \(homes[1].account) leaves TOU-D-A for D on 2016-01-10: accepted")
    let back = PlanSwitchRequest(
      number: homes[1].account, to: "TOU-D-B", start: .on(date(2, 15, 2016)))
    do { _ = try engine.switchPlan(back, at: evening(date(1, 9, 2016))) } catch let refusal
      as PlanSwitchRefusal
    {
      Terminal.print(
        "  back to time-of-use on 2016-02-15: " + Terminal.styled("refused", .yellow)
          + ", \(refusal)")
    }
  }

  private func showNextBill() throws {
    chapter(
      "4. The next bill, before it is due",
      "project JOURNAL --account \(homes[0].account) --as-of 2015-12-29")
    guard let view = try AccountView(JournalReader(path: journal), number: homes[0].account) else {
      return
    }
    ProjectionReport(try NextBill(view, asOf: date(12, 29))).show()
  }

  private func auditOneBill() throws {
    let bill = "\(homes[1].account)-20150701"
    chapter("5. An audit: the same facts, the same bill", "audit JOURNAL --bill \(bill)")
    AuditReport(try BillAudit(JournalReader(path: journal), .number(bill))).show()
  }

  private func proveIt() throws {
    chapter("6. The proof", "replay JOURNAL | verify JOURNAL")
    let reader = try JournalReader(path: journal)
    let state = try Replay(reader, threads: 2).run()
    let isSame = state.digest == engine.state.digest
    Terminal.print(
      "  \(state.events) events replayed; state digest \(state.digest.description.prefix(16))… "
        + (isSame ? "is the one that the live engine has" : "DIFFERS from the live engine's"))
    let report = try reader.verify()
    Terminal.print(
      "  \(report.batches) batches in the hash chain: "
        + (report.isIntact ? Terminal.styled("intact", .green) : Terminal.styled("DAMAGED", .red)))
    guard isSame, report.isIntact else {
      throw Failure(.journal, "damaged", "the demo's own journal does not hold")
    }
  }
}

/// The demo's meter files: two interval meters and one register.
private struct DemoReads {
  var simulation: MeterSimulation
  let accounts: [String]
  /// What the register shows, in kWh.
  private var index = 48_211

  init(simulation: MeterSimulation, accounts: [String]) {
    self.simulation = simulation
    self.accounts = accounts
  }

  mutating func files(of days: BillingPeriod) throws -> [(name: String, text: String)] {
    var intervals = "account,date,interval_minutes,"
    intervals += (1...25).map { "wh_\($0)" }.joined(separator: ",") + "\n"
    var registers = "account,date,register,kwh\n"
    var values: [Int] = []
    for date in days.dates {
      simulation.startDay(date)
      for meter in 0..<2 {
        simulation.day(date, meter: meter, into: &values)
        intervals += "\(accounts[meter]),\(date),60,"
        intervals += values.map(String.init).joined(separator: ",") + "\n"
      }
      if date.yearMonthDay.day == 6 { registers += "\(accounts[2]),\(date),total,\(index)\n" }
      simulation.day(date, meter: 2, into: &values)
      index += values.reduce(0, +) / 3000
    }
    let month = days.start.description.prefix(7)
    return [("\(month)-intervals.csv", intervals), ("\(month)-registers.csv", registers)]
  }
}
