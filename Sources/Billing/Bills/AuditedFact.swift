import Quantities
import Tariff

/// A fact that an audit names by its place in the journal.
public struct AuditedFact: Sendable, Equatable {
  public let position: UInt64
  public let kind: String
  /// The day from which it counts.
  public let date: ServiceDate

  let bearing: Bearing

  /// Whether a bill made later should have known it.
  var isKnowledge: Bool { bearing != .outcome }

  /// Whether it can change the bill of a cycle.
  func concerns(_ bill: BillIssuedV2) -> Bool {
    bearing.concerns(bill.period, from: date)
  }
}

extension AccountView {
  /// Facts recorded from a position on that a bill may depend on: the account's own events, its
  /// reads of the bill's days, rate schedules and zone tables; ascending by position.
  func facts(
    from position: UInt64, for bill: BillIssuedV2, _ held: DayReads
  ) -> [AuditedFact] {
    let own = events.map {
      AuditedFact(
        position: $0.position, kind: $0.event.kind, date: ServiceDate(day: $0.event.effective),
        bearing: $0.event.bearing)
    }
    let reads = [Channel.delivered, .received].flatMap { channel in
      held.days(0, channel, in: bill.period).filter { $0.source == .recorded }.compactMap { read in
        read.position.map {
          AuditedFact(
            position: $0, kind: "MeterReadRecorded", date: read.date, bearing: .onItsDay)
        }
      }
    }
    // What the system partition says of other plans and zones was known, and changes no line.
    let (book, agreement) = (system.book, agreement)
    let schedules = book.codes.flatMap { book.versions(of: $0) }.compactMap { schedule in
      system.schedulePositions[schedule.versionID].map {
        let next = book.nextVersion(of: schedule.code, after: schedule.effective)
        let concerns = agreement?.isPriced(
          in: bill.period, by: schedule.code, from: schedule.effective, until: next)
        return AuditedFact(
          position: $0, kind: "RateSchedulePublished", date: schedule.effective,
          bearing: concerns ?? true ? .onward : .none)
      }
    }
    let zones = system.zonePositions.map { name, position in
      AuditedFact(
        position: position, kind: "ZoneTablePublished", date: bill.period.start,
        bearing: agreement.map { $0.zone == name } ?? true ? .onward : .none)
    }
    return (own + reads + schedules + zones).filter { $0.position >= position }
      .sorted { $0.position < $1.position }
  }
}
