import Journal

@testable import Billing

extension Planted {
  static let agreements: [Planted] = [
    Planted("an enrolment again", enrolled(slot: 0, number: number)),
    Planted("a move-out before service", event(.accountMovedOut(.init()), on: start)),
    Planted("a switch from another plan", switched("X", "TOU-D-A", on: start + 50)),
    Planted("a switch before service", switched("D", "TOU-D-A", on: start - 1)),
    Planted("a changed read day 32", readDay(32, on: start + 10)),
    Planted("a changed read day 0", readDay(0, on: start + 10)),
    Planted("a read day that changes inside a cycle", readDay(5, on: start + 11)),
    Planted("a read day that changes with a billed cycle", readDay(5, on: start)),
    Planted("a plan of 65 bytes", switched("D", String(repeating: "x", count: 65), on: start + 50)),
    Planted("the enrolment's plan cancelled", cancelled("D", on: start)),
    Planted("a switch cancelled that was not accepted", cancelled("TOU-D-A", on: start + 50)),
    Planted("a move-out twice", event(.accountMovedOut(.init())), event(.accountMovedOut(.init()))),
    Planted(
      "a move-out cancelled that was none", event(.moveOutCancelled(.init()), on: start + 50)),
    Planted(
      "a move-out cancelled on another day", event(.accountMovedOut(.init()), on: start + 40),
      event(.moveOutCancelled(.init()), on: start + 50)),
    Planted(
      "two switches to one day", switched("D", "TOU-D-A", on: start + 50),
      switched("TOU-D-A", "D", on: start + 50)),
    Planted(
      "a switch cancelled twice", switched("D", "TOU-D-A", on: start + 50),
      cancelled("TOU-D-A", on: start + 50), cancelled("TOU-D-A", on: start + 50)),
  ]

  /// Of accounts beside the one that is looked at.
  static let others = [
    Planted("a place that is not the next", enrolled(slot: 500_000_000 / 8, number: neighbour)),
    Planted("the number of another account", enrolled(number: number)),
    Planted("no number", enrolled(number: "")),
    Planted("a number of 33 bytes", enrolled(number: String(repeating: "x", count: 33))),
    Planted("read day 0", enrolled(number: neighbour) { $0.readDay = 0 }),
    Planted("read day 300", enrolled(number: neighbour) { $0.readDay = 300 }),
    Planted("2 million households", enrolled(number: neighbour) { $0.households = 2_000_000 }),
    Planted("no multiplier", enrolled(number: neighbour) { $0.multiplier = 0 }),
    Planted("4 billion volts", enrolled(number: neighbour) { $0.voltage = .max }),
    Planted(
      "a region of 33 bytes",
      enrolled(number: neighbour) { $0.region = String(repeating: "r", count: 33) }),
    Planted(
      "an enrolment twice in a batch", enrolled(number: neighbour),
      enrolled(slot: 2, number: neighbour)),
  ].map { with($0) { $0.isSeen = false } }

  private static func switched(_ from: String, _ to: String, on day: Int32) -> Event {
    event(
      .planSwitched(
        with(PlanSwitched()) {
          $0.from = from
          $0.to = to
        }), on: day)
  }

  private static func readDay(_ readDay: UInt32, on day: Int32) -> Event {
    event(.termsChanged(with(TermsChanged()) { $0.readDay = readDay }), on: day)
  }

  private static func cancelled(_ plan: String, on day: Int32) -> Event {
    event(.planSwitchCancelled(with(PlanSwitchCancelled()) { $0.to = plan }), on: day)
  }

  private static func enrolled(
    slot: UInt32 = 1, number: String, _ change: (inout AccountEnrolled) -> Void = { _ in }
  ) -> Event {
    Event(
      .accountEnrolled(
        with(AccountEnrolled()) {
          ($0.number, $0.plan, $0.region) = (number, "D", "10")
          ($0.zone, $0.readDay) = ("America/Los_Angeles", 1)
          ($0.households, $0.multiplier) = (1, 1)
          change(&$0)
        }), account: AccountID(slot: slot, partition: home, of: partitions).raw, effective: start)
  }

  /// A number of the same partition that is not enrolled.
  private static let neighbour: String = {
    let found = (0...).lazy.map { "N\($0)" }
      .first { partition(ofAccount: $0, of: partitions) == home }
    return found ?? ""
  }()
}
