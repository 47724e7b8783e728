import Journal
import Quantities

@testable import Billing

/// What a golden journal must give for ever, whatever the projections' versions.
struct GoldenBills: Codable, Equatable {
  struct Line: Codable, Equatable {
    var description: String
    var quantity: String
    var unit: String
    var price: String
    var amount: String
    var schedule: String
    var evidence: String
  }
  struct Bill: Codable, Equatable {
    var bill: String
    var start: String
    var end: String
    var dated: String
    var due: String
    var currency: String
    var total: String
    var tax: String
    /// With what has become known since.
    var totalNow: String
    var lines: [Line]
  }
  var events: UInt64
  var reads: UInt64
  /// SHA-256 of every event as it is listed: position, time, origin, kind, account, day and fact.
  var listing: String
  var bills: [Bill]

  init(_ path: String) throws {
    let reader = try JournalReader(path: path)
    let state = try Replay(reader).run()
    events = state.events
    reads = state.reads
    listing = try GoldenBills.listing(reader)
    bills = try GoldenBills.audits(reader).map(Bill.init)
  }

  private static func listing(_ reader: JournalReader) throws -> String {
    var hash = RunningDigest()
    var listing = EventListing(reader)
    try listing.run(positions: 0...UInt64.max) { event in
      let line =
        "\(event.position) \(event.header.commit) \(event.header.recordedAt) "
        + "\(event.header.actor) \(event.header.source) \(event.kind) \(event.account ?? "-") "
        + "\(event.effective) \(event.factJSON)\n"
      Array(line.utf8).withUnsafeBytes { hash.update($0) }
    }
    return "\(hash.finish())"
  }

  static func audits(_ reader: JournalReader) throws -> [BillAudit] {
    var opener = BatchOpener(reader)
    var numbers: [String] = []
    for location in try reader.locations(where: { $0.kind == .events }) {
      let events = try opener.open(location) {
        try EventCodec.decode($0, header: location.header)
      }
      for case .billIssuedV2(let bill) in events.map(\.event.fact) { numbers.append(bill.bill) }
    }
    return try numbers.map { try BillAudit(reader, .number($0)) }
  }
}

extension GoldenBills.Bill {
  init(_ audit: BillAudit) {
    let fact = audit.bill
    func money(_ millionths: Int64) -> String {
      Money(millionths: millionths).text(in: audit.currency)
    }
    bill = fact.bill
    (start, end) = ("\(ServiceDate(day: fact.start))", "\(ServiceDate(day: fact.end))")
    (dated, due) = ("\(ServiceDate(day: fact.dated))", "\(ServiceDate(day: fact.due))")
    currency = fact.currency
    (total, tax) = (money(fact.total), money(fact.tax))
    totalNow = audit.totalNow.map { $0.text(in: audit.currency) } ?? ""
    lines = fact.lines.map { line in
      GoldenBills.Line(
        description: line.text, quantity: line.quantityText, unit: line.unit,
        price: line.priceText, amount: money(line.amount), schedule: line.schedule,
        evidence: fact.evidenceText(of: line))
    }
  }
}
