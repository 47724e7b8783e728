import Foundation
import Testing

/// Two times: what was known at a position or at an instant.
@Suite struct KnownAtTests {
  private func full() throws -> Books { try Books.full.get() }

  /// The position of the last event before the payment.
  private func beforePayment() throws -> Int {
    let paid = try full().done("cat --kind PaymentRecordedV2 --json").objects()
    return try #require(paid.first?["position"] as? Int) - 1
  }

  @Test func `account knows no payment before it was recorded`() throws {
    for known in ["\(try beforePayment())", "2015-04-02T12:00:00Z", "2015-04-02T19:00:00+07:00"] {
      let then = try full().done("account 1001 --as-known-at \(known) --json").object()
      #expect((then["payments"] as? [Any])?.isEmpty == true)
    }
    for known in ["\(try beforePayment() + 1)", "2015-04-03T02:00:00Z", "9999999"] {
      let then = try full().done("account 1001 --as-known-at \(known) --json").object()
      #expect((then["payments"] as? [Any])?.count == 1)
    }
    let none = try full().done("account 1001 --as-known-at 3 --json", status: 2)
    #expect(try none.errorCode() == "unknownAccount")
  }

  @Test func `project uses the reads of then`() throws {
    let reads = try full().done("cat --account 1001 --kind MeterReadRecorded --json").objects()
    let last = try #require(
      reads.first { $0["effective"] as? String == "2015-02-20" }?["position"] as? Int)
    let then = try full().done("project --account 1001 --as-known-at \(last) --json").object()
    #expect(then["asOf"] as? String == "2015-02-21")
    let early = "--as-known-at 2015-01-03T00:00:00Z"
    let start = try full().done("project --account 1001 \(early) --json").object()
    #expect(start["asOf"] as? String == "2015-01-01" && start["total"] is NSNull)
  }

  @Test func `audit lists what has become known since, up to then`() throws {
    let books = try full().copy()
    let changed = try books.write(Books.intervals("1001", ["2015-01-20"], base: 800), to: "n.csv")
    let last = try books.events() - 1
    try books.done("ingest \(changed)")
    let now = try books.done("audit --bill 1001-20150201 --json").object()
    #expect(now["identical"] as? Bool == true)
    let since = now["since"] as? [[String: Any]]
    #expect(since?.contains { $0["kind"] as? String == "ReadCorrected" } == true)
    #expect(now["totalNow"] as? String != now["total"] as? String)
    let then = try books.done("audit --bill 1001-20150201 --as-known-at \(last) --json").object()
    #expect(then["identical"] as? Bool == true)
    #expect(then["totalNow"] as? String == then["total"] as? String)
    let early = "--as-known-at 2015-01-02T02:00:00Z"
    try books.done("audit --bill 1001-20150201 \(early)", status: 2)
  }

  @Test func `replay and cat end where they are told, inclusive`() throws {
    let last = try beforePayment()
    for option in ["--until \(last)", "--as-known-at \(last)", "--until 2015-04-01T02:00:00Z"] {
      let replay = try full().done("replay \(option) --json").object()
      #expect(replay["events"] as? Int == last + 1, "\(option)")
    }
    for option in ["--to \(last)", "--as-known-at \(last)", "--as-known-at 2015-04-01T02:00:00Z"] {
      let events = try full().done("cat \(option) --json").objects()
      #expect(events.last?["position"] as? Int == last, "\(option)")
    }
    let digests = try (1...4).map {
      try full().done("replay --until 57 --threads \($0) --json").object()["stateDigest"] as? String
    }
    #expect(Set(digests).count == 1)
  }
}
