import Testing

@testable import Tariff

/// How long a name may be, of a document and of what a journal holds.
struct NameBoundTests {
  /// A document with long names, which are `past` bytes longer than what is accepted.
  private func document(past: Int) -> String {
    testDocument.replacing("VAT", with: "VAT".padding(to: 128 + past))
      .replacing("two", with: "two".padding(to: 128 + past))
      .replacing("night", with: "night".padding(to: 128 + past))
      .replacing("\"6\"", with: "six".padding(to: 32 + past))
      .replacing("Basic charge", with: "Basic charge".padding(to: 128 + past))
      .replacing(
        "energy:\n",
        with: """
          discounts:
            - { name: \("CARE".padding(to: 64 + past)), tier: three, billed-at: one }
          late-charge: { percent: \(past > 0 ? 150 : 100) }
          energy:

          """
      ).replacing("to-percent: 100", with: "to-percent: \(past > 0 ? 1_001 : 100)")
      .replacing("to-percent: 130", with: "to-percent: \(past > 0 ? 100_000 : 1_000)")
  }

  @Test func `a name may have all the bytes that its bound says`() throws {
    let text = document(past: 0)
    let schedule = try #require(try RateSchedule.parse(text, file: "long.yaml").first)
    #expect(schedule.taxes[0].name.utf8.count == 128)
    #expect(schedule.discounts[0].name.utf8.count == 64)
  }

  @Test func `a published version is read as it was, whatever the bounds are now`() throws {
    let text = document(past: 1)
    #expect(throws: RateScheduleErrors.self) { try RateSchedule.parse(text, file: "long.yaml") }
    let schedule = try #require(
      try RateSchedule.parse(text, file: "long.yaml", isPublished: true).first)
    #expect(schedule.taxes[0].name.utf8.count == 129)
    #expect(schedule.lateCharge?.rate == 1_500_000)
    let trial = schedule.asIfEffective(on: schedule.effective.adding(days: 1))
    #expect(trial.taxes[0].name == schedule.taxes[0].name && trial.tiers == schedule.tiers)
  }
}
