import Foundation
import Interchange
import Journal
import Quantities
import Tariff
import Testing

@testable import Billing

/// A journal in a directory of its own with the engine that writes it; gone with the last
/// reference.
final class Books {
  static let origin = Origin(actor: "test", source: "memory")
  let path: String
  var engine: Engine {
    guard let opened else { preconditionFailure("the journal is open") }
    return opened
  }
  private var opened: Engine?
  /// When the next command is recorded.
  var clock = Instant(seconds: 1_388_534_400)

  private let zone: (String) throws -> ZoneTable
  /// Beside the journal, as the command line has it.
  let keys: KeyStore

  /// - Parameter rates: schedules that are published at once, with their zones.
  init(
    partitions: Int = 8, _ rates: [RateSchedule] = Books.builtin,
    zone: @escaping (String) throws -> ZoneTable = zoneTable
  ) throws {
    self.zone = zone
    path = Books.freshPath()
    keys = try KeyStore(path: path + ".keys", journal: path)
    try JournalWriter.create(
      path: path,
      identity: JournalIdentity(id: "00112233445566778899aabbccddeeff", partitions: partitions))
    // A process that another test is starting may hold a copy of the lock for a moment.
    opened = try Engine(path: path, origin: Books.origin, wait: 5)
    _ = try engine.publish(rates, zone: zone, at: clock)
  }

  /// Lets the journal go and opens it again.
  func reopen() throws {
    opened = nil
    opened = try Engine(path: path, origin: Books.origin, wait: 5)
  }

  /// Lets the journal go, for another writer of it.
  func close() { opened = nil }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
    try? FileManager.default.removeItem(atPath: keys.path)
  }

  /// In memory where there is a file system for that: syncs cost nothing there.
  static func freshPath() -> String {
    let memory = "/dev/shm"
    let base =
      FileManager.default.isWritableFile(atPath: memory) ? memory : NSTemporaryDirectory()
    return "\(base)/billing-test-\(UUID().uuidString)"
  }

  static let builtin: [RateSchedule] = {
    do { return try BuiltinSchedules.standard.flatMap { try $0.schedules() } } catch {
      Issue.record("\(error)")
      return []
    }
  }()

  var state: BillingState { engine.state }
  var position: UInt64 { engine.state.position }
  var reader: JournalReader { get throws { try JournalReader(path: path) } }

  func view(_ number: String, knownAt: KnownAt? = nil) throws -> AccountView {
    try #require(try AccountView(reader, number: number, knownAt: knownAt))
  }

  /// Every event of the system partition and of the accounts, reads not among them.
  func events() throws -> [RecordedEvent] {
    let reader = try reader
    var opener = BatchOpener(reader)
    return try reader.locations { $0.kind == .events }.flatMap { location in
      try opener.open(location) { try EventCodec.decode($0, header: location.header) }
    }
  }
}

extension Books {
  /// Enrolls one account; its region is 10 unless the plan is Vietnamese.
  @discardableResult
  func enroll(
    _ number: String, _ plan: String = "D", on: String = "2015-01-01", readDay: Int = 1,
    _ change: (inout Enrollment) -> Void = { _ in }
  ) throws -> Outcome {
    var request = Enrollment(number: number, plan: plan, on: try day(on))
    if !plan.hasPrefix("EVN") { request.region = "10" }
    request.readDay = readDay
    change(&request)
    let results = try engine.enroll([request], zone: { try? zone($0) }, at: clock)
    return try #require(results.first).get()
  }

  /// Takes rows in as a file of its own; the same rows are the same file.
  @discardableResult
  func ingest(
    _ rows: [Row], name: String = "memory.csv", isCorrection: Bool = false,
    rowsPerChunk: Int = .max, dyingAfter chunks: Int = .max
  ) throws -> IngestReport {
    var pending = Chunks(rows, rowsPerChunk: rowsPerChunk)
    var given = 0
    let sha = Digest(of: Array("\(rows)".utf8)).description
    return try engine.ingest(
      file: name, identity: MeterFileIdentity(sha256: sha), isCorrection: isCorrection, at: clock
    ) {
      given += 1
      guard given <= chunks else { throw Died() }
      return pending.next()
    }
  }

  /// Takes a file in as the command line does.
  @discardableResult
  func ingest(file: String, account: String? = nil) throws -> IngestReport {
    guard let data = FileManager.default.contents(atPath: file) else {
      throw CocoaError(.fileNoSuchFile)
    }
    var meterFile = try MeterFile(path: file, account: account)
    let identity = MeterFileIdentity(
      sha256: Digest(of: [UInt8](data)).description,
      account: meterFile.namesNoAccount ? account : nil)
    if let known = engine.knowsFile(identity) { return known }
    return try engine.ingest(
      file: URL(filePath: file).lastPathComponent, identity: identity, at: clock
    ) {
      try meterFile.nextChunk { engine.zone(ofAccount: $0) }
    }
  }

  /// The same with a text for a file.
  @discardableResult
  func ingest(text: String, account: String? = nil) throws -> IngestReport {
    let file = "\(path)-\(Digest(of: Array(text.utf8)).description.prefix(8)).csv"
    defer { try? FileManager.default.removeItem(atPath: file) }
    try Data(text.utf8).write(to: URL(filePath: file))
    return try ingest(file: file, account: account)
  }

  @discardableResult
  func bill(
    through: String, on: String? = nil, account: String? = nil, isDryRun: Bool = false
  ) throws -> BillRunReport {
    try engine.bill(
      through: day(through), dated: day(on ?? through), account: account, isDryRun: isDryRun,
      at: clock)
  }

  @discardableResult
  func pay(
    _ number: String, _ amount: String, on: String, key: String? = nil,
    method: PaymentRecordedV2.Method = .notTold
  ) throws -> Outcome {
    let amount = try #require(Money(amount))
    return try engine.pay(
      Payment(number: number, amount: amount, on: day(on), key: key, method: method), at: clock)
  }

  /// - Returns: the first day on the new plan.
  @discardableResult
  func change(
    _ number: String, to plan: String, on: String? = nil, asked: String? = nil,
    override: String? = nil
  ) throws -> String {
    let start: PlanSwitchRequest.Start =
      try on.map { .on(try day($0)) } ?? .asked(day(try #require(asked)))
    let request = PlanSwitchRequest(
      number: number, to: plan, start: start, overrideReason: override)
    return try engine.switchPlan(request, at: clock).firstDay?.description ?? "repeated"
  }

  @discardableResult
  func moveOut(_ number: String, on: String) throws -> Outcome {
    try engine.moveOut(number, on: day(on), at: clock)
  }

  @discardableResult
  func cancelMoveOut(_ number: String) throws -> Outcome {
    try engine.cancelMoveOut(number, at: clock)
  }

  func audit(_ bill: String, knownAt: KnownAt? = nil) throws -> BillAudit {
    try BillAudit(reader, .number(bill), knownAt: knownAt)
  }

  /// Every bill on record, audited.
  func audits() throws -> [BillAudit] {
    let bills = try events().compactMap { recorded -> String? in
      guard case .billIssuedV2(let bill) = recorded.event.fact else { return nil }
      return bill.bill
    }
    try #require(!bills.isEmpty, "there is no bill to audit")
    return try bills.map { try audit($0) }
  }

  /// The state that the journal gives from its first event on.
  func replayed(_ knownAt: KnownAt? = nil, threads: Int = 1) throws -> BillingState {
    try Replay(reader, knownAt: knownAt, threads: threads).run()
  }

  func balance(_ number: String) throws -> AccountBalance { try view(number).balance }

  /// The books of one home: account 1, on schedule D from 2 March 2015.
  static func ofOneHome() throws -> Books {
    let books = try Books()
    try books.enroll("1", on: "2015-03-02")
    return books
  }

  /// The books of account V, whose meter is read by its index.
  static func ofOneRegister(
    _ plan: String = "EVN-SH", on: String = "2024-01-01",
    _ change: (inout Enrollment) -> Void = { _ in }
  ) throws -> Books {
    let books = try Books()
    try books.enroll("V", plan, on: on, change)
    return books
  }
}

/// What a meter file's ingestion ends with when its process dies.
struct Died: Error {}

func day(_ text: String) throws -> ServiceDate { try #require(ServiceDate(text)) }

func period(_ start: String, _ end: String) throws -> BillingPeriod {
  BillingPeriod(start: try day(start), end: try day(end))
}

/// A zone's table from the system's database.
func zoneTable(_ name: String) throws -> ZoneTable {
  let bytes = try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(name)"))
  return try ZoneTable(name: name, zoneFile: [UInt8](bytes))
}

/// A value with something changed in it.
func with<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
  var value = value
  change(&value)
  return value
}
