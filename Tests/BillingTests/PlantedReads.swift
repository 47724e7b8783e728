@testable import Billing

extension Planted {
  static let reads: [Planted] = [
    Planted("intervals of 0 minutes", correction { $0.intervalMinutes = 0 }),
    Planted("intervals of 70,000 minutes", correction { $0.intervalMinutes = 70_000 }),
    Planted("a day of 27 hours", correction { $0.values = Array(repeating: 0, count: 27) }),
    Planted("a day without values", correction { $0.values = [] }),
    Planted("values beyond 32 bits", correction { $0.values = [.max, .max] }),
    Planted("values below a gap", correction { $0.values = [-2] }),
    Planted(
      "previous values beyond 32 bits",
      correction {
        $0.previousIntervalMinutes = 60
        $0.previousValues = [.min, .min]
      }
    ),
    Planted("a register's channel for a day", correction { $0.channel = 2 }),
    Planted("a position of 64 bits", correction { $0.supersedes = .max }),
    Planted("a quality that is none", correction { $0.quality = 4 }),
    Planted(
      "a negative index",
      event(
        .registerRead(
          with(RegisterRead()) { ($0.channel, $0.quality, $0.index) = (2, 3, -1) }))
    ),
    Planted(
      "an index beyond any dial",
      event(
        .registerRead(
          with(RegisterRead()) { ($0.channel, $0.quality, $0.index) = (2, 3, .max) }))
    ),
    Planted(
      "an index of an interval channel",
      event(.registerRead(with(RegisterRead()) { ($0.channel, $0.quality) = (0, 3) }))
    ),
  ]

  private static func correction(_ change: (inout ReadCorrected) -> Void) -> Event {
    event(
      .readCorrected(
        with(ReadCorrected()) {
          ($0.intervalMinutes, $0.quality) = (60, 3)
          $0.values = Array(repeating: 1, count: 24)
          change(&$0)
        }), on: start)
  }
}
