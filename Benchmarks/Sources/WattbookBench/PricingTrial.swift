import Billing
import Foundation
import Journal
import Quantities
import Tariff

/// A home's year of 2015 on two plans, priced by us and by PySAM.
struct PricingTrial {
  private let folder: TemporaryFolder
  private let zone: ZoneTable
  /// The year's rows as they come from the columns of a journal.
  private let reads: [DayRead]
  /// The latest version of each plan from 1 January on.
  private let book: RateBook
  private let cycles: [BillingPeriod]
  private static let plans = ["D", "TOU-D-A"]

  /// - Parameter shared: where a measured home may lie; without it one is simulated.
  init(folder: TemporaryFolder, shared: String?) throws {
    self.folder = folder
    zone = try Books.zone("America/Los_Angeles")
    let newYear = ServiceDate(year: 2015, month: 1, day: 1)!
    var schedules: [RateSchedule] = []
    for plan in Self.plans {
      let versions = try BuiltinSchedules.sce.schedules().filter { $0.code == plan }
      guard let latest = versions.last else { throw BenchFailure("there is no plan \(plan)") }
      let text = latest.text.replacing(
        "effective: \(latest.effective)", with: "effective: \(newYear)")
      schedules += try RateSchedule.parse(text, file: "\(plan) moved to \(newYear)")
    }
    var book = RateBook()
    for schedule in schedules { try book.add(schedule) }
    self.book = book
    let home = try Self.home(shared)
    let books = try Books(
      path: folder.file("year"), schedules: schedules,
      accounts: Self.plans.map { Enrollment(number: $0, plan: $0, on: newYear, region: "10") })
    let year = BillingPeriod(start: newYear, end: newYear.dayOfMonth(1, addingMonths: 12))
    let engine = try books.open()
    for plan in Self.plans {
      _ = try books.ingest(home.rows(as: plan, before: year.end), into: engine, as: plan)
    }
    cycles = (0..<12).map { month in
      BillingPeriod(
        start: newYear.dayOfMonth(1, addingMonths: month),
        end: newYear.dayOfMonth(1, addingMonths: month + 1))
    }
    guard let view = try AccountView(books.reader(), number: "D") else {
      throw BenchFailure("the account is not there")
    }
    reads = try view.reads(in: year)
    try require(
      reads.count == 365 && reads.reduce(0) { $0 + $1.values.count } == 8760
        && !reads.contains { $0.hasGap }, "a year has 8,760 hours")
    // What is timed is what the engine bills.
    let report = try engine.bill(
      through: year.end, dated: year.end, isDryRun: true, at: Instant(seconds: 1_451_635_200))
    for plan in Self.plans {
      let bills = report.bills.filter { $0.account == plan }
      var clock = PeriodClock()
      let ours =
        try bills.count == 12
        && price(parts(plan), &clock).map(\.total)
          == bills.map { $0.draft.priced.total }
      try require(ours, "the engine's bills on \(plan) are others")
    }
  }

  private static func home(_ shared: String?) throws -> Home {
    let zone = "America/Los_Angeles"
    let places = (shared.map { [$0] } ?? ["../shared", "../../shared"])
      .map { "\($0)/data/load_8760_inland_sf_2015.csv" }
    if let file = places.first(where: { FileManager.default.fileExists(atPath: $0) }) {
      return try Home(name: "inland-2015", path: file, zone: zone)
    }
    print("no shared data: a simulated home instead")
    return try Home(
      simulated: 2, days: 365, zone: zone, from: ServiceDate(year: 2015, month: 1, day: 1)!)
  }

  /// A part of a cycle under one version and season.
  private typealias Part = (schedule: RateSchedule, period: BillingPeriod)

  /// The cycles cut where the book says; a bill run does it once for all accounts of a plan.
  private func parts(_ plan: String) throws -> [[Part]] {
    try cycles.map { cycle in
      let parts = book.parts(of: plan, in: cycle)
      return try zip(parts, parts.dropFirst().map(\.from) + [cycle.end]).map { part, end in
        guard let schedule = part.schedule else {
          throw BenchFailure("\(plan) has no price on \(part.from)")
        }
        return (schedule, BillingPeriod(start: part.from, end: end))
      }
    }
  }

  /// The year's 12 bills: usage is summed by period and the segments are priced, by the functions
  /// that bills are made with.
  private func price(_ parts: [[Part]], _ clock: inout PeriodClock) throws -> [PricedBill] {
    let terms = ServiceTerms(region: "10")
    var bills: [PricedBill] = []
    bills.reserveCapacity(parts.count)
    for (place, parts) in parts.enumerated() {
      let cycle = cycles[place]
      var segments: [BillSegment] = []
      segments.reserveCapacity(parts.count)
      for (schedule, period) in parts {
        segments.append(
          BillSegment(
            schedule: schedule, period: period, terms: terms,
            usage: try clock.usage(schedule, delivered: reads, in: period, zone: zone),
            cycle: cycle, scheduledDays: cycle.days))
      }
      bills.append(try Tariff.price(segments))
    }
    return bills
  }

  /// Seconds of one year, the first one of a clock not counted: a bill run learns the dates once.
  private func seconds(_ plan: String, years: Int) throws -> Double {
    var clock = PeriodClock()
    let parts = try parts(plan)
    var total = try price(parts, &clock).reduce(Money.zero) { $0 + $1.total }
    let start = ContinuousClock.now
    for _ in 0..<years {
      for bill in try price(parts, &clock) { total += bill.total }
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    try require(total > .zero, "a year costs something")
    return seconds / Double(years)
  }

  /// Seconds of the part that sums up usage by period, in the same way.
  private func summingSeconds(_ plan: String, years: Int) throws -> Double {
    var clock = PeriodClock()
    var total = Energy.zero
    let schedule = book.versions(of: plan)[0]
    let start = ContinuousClock.now
    for _ in 0..<years {
      for cycle in cycles {
        total += try clock.usage(schedule, delivered: reads, in: cycle, zone: zone)[0]
      }
    }
    try require(total > .zero, "a year uses something")
    return (ContinuousClock.now - start) / .seconds(1) / Double(years)
  }

  func run(rounds: Int, years: Int, executes: Int) throws {
    let peer = try PySAM(folder, hours: reads.flatMap(\.values))
    var table = Table([
      "a year of 8,760 values, 12 bills", "us", "of it usage by period", "PySAM's execute, us",
      "PySAM over ours", "bar",
    ])
    for plan in Self.plans {
      var ours: [Double] = []
      var summing: [Double] = []
      var theirs: [Double] = []
      for _ in 0..<rounds {
        ours.append(try seconds(plan, years: years))
        summing.append(try summingSeconds(plan, years: years))
        if let peer { theirs.append(try peer.seconds(plan, executes: executes)) }
      }
      let ratio = zip(theirs, ours).map { $0 / $1 }.quantile(0.5)
      table.add([
        plan, (ours.quantile(0.5) * 1e6).text(decimals: 1),
        (summing.quantile(0.5) * 1e6).text(decimals: 1),
        (theirs.quantile(0.5) * 1e6).text(decimals: 0), ratio.ratio,
        peer == nil ? "-" : ratio >= Bar.pricing ? "met" : "**NOT MET**",
      ])
    }
    print(table.markdown)
    if peer == nil { print("\nPySAM is not installed for WATTBOOK_PYTHON or python3: ours alone") }
  }
}

/// PySAM's Utilityrate5, by the program that the tests compare bills with.
private struct PySAM {
  private let folder: TemporaryFolder
  private static let program = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../Tests/Peers/pysam_year.py").standardized.path

  /// Nil where it is not installed.
  init?(_ folder: TemporaryFolder, hours: [Int32]) throws {
    self.folder = folder
    guard try Self.python(["-c", "import PySAM.Utilityrate5"], output: "/dev/null") else {
      return nil
    }
    try hours.map { "\($0)\n" }.joined()
      .write(toFile: folder.file("hours"), atomically: false, encoding: .utf8)
  }

  private static func python(_ arguments: [String], output: String) throws -> Bool {
    let python = ProcessInfo.processInfo.environment["WATTBOOK_PYTHON"] ?? "python3"
    return try ChildProcess.run(["/usr/bin/env", python] + arguments, output: output).status == 0
  }

  /// The median of several executions in a process of its own.
  func seconds(_ plan: String, executes: Int) throws -> Double {
    struct Year: Decodable { let seconds: [Double] }
    let output = folder.file("pysam.json")
    try require(
      try Self.python(
        [Self.program, plan, folder.file("hours"), "\(executes)"], output: output),
      "PySAM fails: \((try? String(contentsOfFile: output, encoding: .utf8)) ?? "")")
    let year = try JSONDecoder().decode(
      Year.self, from: Data(contentsOf: URL(filePath: output)))
    return year.seconds.quantile(0.5)
  }
}
