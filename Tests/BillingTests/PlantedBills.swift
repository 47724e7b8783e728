@testable import Billing

extension Planted {
  static let bills: [Planted] = [
    Planted("a total of 64 bits", bill { $0.total = .min }),
    Planted("a tax of 64 bits", bill { $0.tax = .max }),
    Planted("a bill that ends before it starts", bill { $0.end = $0.start - 1 }),
    Planted("a bill that starts after year 9999", bill { $0.start = .max }),
    Planted("a bill dated before year 1", bill { $0.dated = .min }),
    Planted("a bill due after year 9999", bill { $0.due = .max }),
    Planted("a bill in no currency", bill { $0.currency = "" }),
    Planted("a bill that knew 64 bits", bill { $0.knownBefore = .max }),
    Planted(
      "300 registers",
      bill { $0.registers = Array(repeating: RegisterSpan(), count: 300) }
    ),
    Planted(
      "a register closed after year 9999",
      bill { $0.registers = [with(RegisterSpan()) { $0.closedOn = .max }] }
    ),
    Planted(
      "a register closed beyond any dial",
      bill { $0.registers = [with(RegisterSpan()) { $0.closingIndex = .max }] }
    ),
    Planted(
      "evidence that ends before it starts",
      bill { $0.evidence = [with(Evidence()) { $0.first = 2 }] }
    ),
    Planted("evidence of 64 bits", bill { $0.evidence = [with(Evidence()) { $0.last = .max }] }),
    Planted("a line of 64 bits", line { $0.amount = .min }),
    Planted(
      "lines whose sum overflows",
      bill {
        $0.lines = Array(
          repeating: with(BillLine()) { $0.amount = 4_000_000_000_000_000_000 }, count: 3)
      }
    ),
    Planted("decimals without end", line { $0.quantityDecimals = 4_000_000_000 }),
    Planted("a price of 64 bits", line { $0.price = .min }),
  ]

  /// - Parameter next: The position of the first event planted.
  static func cancellations(from next: UInt64) -> [Planted] {
    let issued = bill { $0.total = 10_000 }
    let cancelled = cancelling(-10_000, of: next)
    // Of no days: days are billed once.
    let costly = bill {
      $0.total = 4_000_000_000_000_000_000
      $0.end = $0.start
    }
    let replacing = bill {
      $0.end = $0.start
      $0.replacesAfter = next + 1
    }
    return [
      Planted("bills of more than 64 bits", costly, costly, costly),
      Planted("a day on two bills", issued, issued),
      Planted(
        "a bill in another currency",
        bill {
          ($0.currency, $0.total) = ("VND", 10_000)
          $0.end = $0.start
        }),
      Planted("a cancellation of nothing", cancelling(0, of: next)),
      Planted("a cancellation of another amount", issued, cancelling(-9_999, of: next)),
      Planted("a cancellation twice", issued, cancelled, cancelled),
      Planted("a bill that replaces one that stands", issued, replacing),
      Planted(
        "a reinstatement of what stands", issued, reinstating(10_000, of: next, cancelledAt: 0)),
      Planted(
        "a reinstatement of days that are billed again", issued, cancelled, issued,
        reinstating(10_000, of: next, cancelledAt: next + 1)),
      Planted(
        "a reinstatement of another amount", issued, cancelled,
        reinstating(10_001, of: next, cancelledAt: next + 1)),
      Planted(
        "a proposal for no bill",
        event(.rebillProposed(with(RebillProposed()) { $0.currency = "USD" }))),
      Planted("a proposal declined that was none", event(.rebillDeclined(.init()))),
    ]
  }

  static func bill(_ change: (inout BillIssuedV2) -> Void) -> Event {
    event(
      .billIssuedV2(
        with(BillIssuedV2()) {
          $0.bill = "S1-20150211"
          ($0.start, $0.end, $0.dated, $0.due) = (start + 10, start + 41, start + 41, start + 60)
          $0.currency = "USD"
          change(&$0)
        }))
  }

  private static func line(_ change: (inout BillLine) -> Void) -> Event {
    bill { $0.lines = [with(BillLine(), change)] }
  }

  private static func cancelling(_ total: Int64, of bill: UInt64) -> Event {
    event(
      .billCancelled(
        with(BillCancelled()) { ($0.position, $0.total, $0.currency) = (bill, total, "USD") }))
  }

  private static func reinstating(
    _ total: Int64, of bill: UInt64, cancelledAt position: UInt64
  ) -> Event {
    event(
      .billReinstated(
        with(BillReinstated()) {
          ($0.position, $0.cancellation, $0.total) = (bill, position, total)
          $0.currency = "USD"
        }))
  }
}
