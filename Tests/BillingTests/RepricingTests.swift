import Quantities
import Tariff
import TestSupport
import Testing

@testable import Billing

/// What versions not yet published would do to bills that were issued.
@Suite struct RepricingTests {
  /// The built-in version of 2 March 2015 under another date, with parts replaced.
  private func changed(
    _ code: String = "D", effective: String, _ replacements: KeyValuePairs<String, String> = [:]
  ) throws -> RateSchedule {
    let version = try #require(
      try BuiltinSchedules.sce.schedules().last { $0.code == code })
    var text = version.text.replacing(
      "effective: \(version.effective)", with: "effective: \(effective)")
    for (old, new) in replacements {
      try #require(text.contains(old))
      text = text.replacing(old, with: new)
    }
    return try #require(try RateSchedule.parse(text, file: "changed.yaml").first)
  }

  /// Accounts of different use on D and one on TOU-D-B, billed for half a year.
  private func books(_ more: [RateSchedule] = []) throws -> Books {
    var random = SeededRandom(21)
    let books = try Books(try BuiltinSchedules.sce.schedules() + more)
    let zone = try zoneTable("America/Los_Angeles")
    for account in 1...7 {
      try books.enroll(
        "\(account)", account == 7 ? "TOU-D-B" : "D", on: "2015-04-0\(account)",
        readDay: account)
      try books.ingest(
        try period("2015-04-0\(account)", "2015-10-10").dates.map { date in
          Row(
            account: "\(account)", date: date,
            values: (0..<zone.day(date).minutes / 60).map { _ in
              Int32.random(in: 100...Int32(500 * account), using: &random)
            })
        })
    }
    try books.bill(through: "2015-10-10")
    return books
  }

  private func trial(
    _ books: Books, _ versions: [RateSchedule], months: Int = 12, sample: Int? = nil,
    account: String? = nil
  ) throws -> Repricing {
    try Repricing(
      versions, books.state, books.reader, months: months, account: account, sample: sample)
  }

  @Test func `the same prices under a new date change nothing, and nothing is recorded`() throws {
    let books = try books()
    let position = books.position
    let repricing = try trial(books, [changed(effective: "2016-01-01")])
    #expect(repricing.accounts.count == 6 && repricing.candidates == 6)
    #expect(repricing.billCount == 36 && repricing.changedSince == 0)
    #expect(repricing.accounts.allSatisfy { $0.difference == .zero && $0.bills == 6 })
    #expect(repricing.before == repricing.after)
    #expect(repricing.counts == (0, 0, 6))
    #expect(repricing.effective == (try day("2015-04-01")))
    #expect(books.position == position)
    let bills = try (1...6).flatMap { try books.view("\($0)").bills }
    #expect(repricing.before.total == bills.reduce(.zero) { $0 + $1.total })
  }

  @Test func `a trial gives the bills that the version would have made, had it been published`()
    throws
  {
    let prices = "[0.15, 0.19, 0.25, 0.31]"
    let new = try changed(effective: "2016-01-01", [prices: "[0.16, 0.18, 0.21, 0.40]"])
    let published = try changed(effective: "2015-04-01", [prices: "[0.16, 0.18, 0.21, 0.40]"])
    let (old, other) = (try books(), try books([published]))
    let repricing = try trial(old, [new])
    for account in repricing.accounts {
      #expect(
        account.after == (try other.view(account.number)).bills.reduce(.zero) { $0 + $1.total })
      #expect(
        account.before == (try old.view(account.number)).bills.reduce(.zero) { $0 + $1.total })
    }
    #expect(repricing.counts.up > 0 && repricing.counts.down > 0)
    #expect(repricing.before.amount(of: .daily) == repricing.after.amount(of: .daily))
    #expect(
      repricing.after.total - repricing.before.total
        == repricing.accounts.reduce(.zero) { $0 + $1.difference })
  }

  @Test func `a dearer day costs each account its days, and the last months are the last bills`()
    throws
  {
    let books = try books()
    let new = try changed(effective: "2016-01-01", ["single-family: 0.031": "single-family: 1.031"])
    let repricing = try trial(books, [new], months: 2)
    #expect(repricing.billCount == 12)
    for account in repricing.accounts {
      let days = try books.view(account.number).bills.suffix(2).reduce(0) { $0 + $1.period.days }
      #expect(account.difference == Money(millionths: Int64(days) * 1_000_000))
    }
    #expect(repricing.after.amount(of: .energy) == repricing.before.amount(of: .energy))
    let most = repricing.mostAffected(3)
    #expect(most.count == 3 && most[0].difference >= most[2].difference)
    #expect(repricing.percentile(50).map { $0 > .zero } == true)
  }

  @Test func `from a day inside a cycle the trial cuts the cycle there`() throws {
    let books = try books()
    let new = try changed(effective: "2016-01-01", ["single-family: 0.031": "single-family: 1.031"])
    let repricing = try Repricing(
      [new], books.state, books.reader, effective: try day("2015-10-01"), account: "3")
    // The last bill of account 3 ends before 3 October.
    #expect(repricing.accounts.map(\.difference) == [Money(millionths: 2_000_000)])
  }

  @Test func `a sample is spread evenly, and one account is one account`() throws {
    let books = try books()
    let new = try changed(effective: "2016-01-01")
    let sample = try trial(books, [new], sample: 3)
    #expect(sample.accounts.count == 3 && sample.candidates == 6)
    #expect(Set(sample.accounts.map(\.number)).count == 3)
    #expect(try trial(books, [new], account: "2").accounts.map(\.number) == ["2"])
    #expect(try trial(books, [new], account: "7").accounts.isEmpty)
    #expect(try trial(books, [new], account: "7").effective == nil)
  }

  @Test func `accounts that lie far apart are repriced as all are`() throws {
    let books = try Books(partitions: 1, try BuiltinSchedules.sce.schedules())
    for account in 10...21 {
      try books.enroll("\(account)", on: "2015-04-01")
      try books.ingest(
        try days("\(account)", from: "2015-04-01", 30, wattHours: Int32(100 * account)))
    }
    try books.bill(through: "2015-05-01")
    let new = try changed(effective: "2016-01-01", ["0.25, 0.31]": "0.35, 0.41]"])
    let (all, some) = (try trial(books, [new]), try trial(books, [new], sample: 2))
    #expect(all.accounts.count == 12 && some.accounts.map(\.number) == ["10", "16"])
    for account in some.accounts {
      let same = try #require(all.accounts.first { $0.number == account.number })
      #expect(same.before == account.before && same.after == account.after)
      #expect(same.difference > .zero)
    }
  }

  @Test func `a bill that the new version cannot price is told with its reason`() throws {
    let books = try books()
    let lines = try changed(effective: "2016-01-01").text.split(separator: "\n")
    let text = lines.filter { !$0.contains("\"10\":") }.joined(separator: "\n")
    let new = try #require(try RateSchedule.parse(text, file: "regions").first)
    let repricing = try trial(books, [new], account: "2")
    #expect(repricing.accounts.isEmpty && repricing.failures.count == 6)
    #expect("\(try #require(repricing.failures.first).reason)".contains("no baseline region 10"))
  }

  @Test func `both sides are priced from what is known now`() throws {
    let books = try books()
    let correction = try #require(ServiceDate("2015-05-15"))
    try books.ingest(
      [Row(account: "2", date: correction, values: Array(repeating: 9000, count: 24))],
      isCorrection: true)
    let repricing = try trial(books, [changed(effective: "2016-01-01")])
    #expect(repricing.changedSince == 1)
    #expect(repricing.accounts.allSatisfy { $0.difference == .zero })
  }
}
