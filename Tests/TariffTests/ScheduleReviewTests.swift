import Quantities
import Testing

@testable import Tariff

/// A review of a document, joined to and warned by a book.
private func review(
  _ text: String, published: [RateSchedule] = []
) throws -> ScheduleReview {
  var book = RateBook()
  for schedule in published { try book.add(schedule) }
  let known = book
  var review = ScheduleReview(text, file: "new.yaml")
  review.join(&book)
  review.warn(in: book, published: known)
  return review
}

/// The document of these tests, whose holidays are told apart from weekdays.
private let quiet = testDocument.replacing("days: every day", with: "days: weekdays")

private func line(_ key: String, of text: String) throws -> Int {
  let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
  return try #require(lines.firstIndex { $0.hasPrefix(key) }) + 1
}

private func warnings(_ text: String, published: [RateSchedule] = []) throws -> [String] {
  try review(text, published: published).warnings.map { "\($0.line) \($0.reason)" }
}

@Test("a document in order has neither errors nor warnings")
func quietDocument() throws {
  let review = try review(quiet)
  #expect(review.errors.isEmpty && review.warnings.isEmpty)
  #expect(review.versions.map(\.schedule.versionID) == ["TEST 2015-03-02"])
  let second = ScheduleReview("# one\n---\n# two\n\n" + quiet, file: "two.yaml")
  #expect(second.versions.map(\.line) == [5])
}

@Test("good versions are read beside bad ones")
func mixedDocuments() throws {
  let bad = quiet.replacing("due-days: 19", with: "due-days: x")
  let review = ScheduleReview(bad + "---\n" + quiet, file: "mixed.yaml")
  #expect(review.errors.map(\.line) == [8] && review.versions.count == 1)
}

@Test("what the book refuses is an error of the version's line")
func bookErrors() throws {
  let known = try #require(try RateSchedule.parse(quiet, file: "known").first)
  let other = "# a comment\n" + quiet.replacing("0.53", with: "0.54")
  let reasons = try review(other, published: [known]).errors
  #expect(reasons.map(\.line) == [2])
  #expect(reasons[0].reason.contains("is known with another text"))
  let zone = quiet.replacing("America/Los_Angeles", with: "America/Denver")
    .replacing("2015-03-02", with: "2016-03-02")
  #expect(
    try review(zone, published: [known]).errors.map(\.reason)
      == ["TEST 2016-03-02 has another currency or zone than TEST 2015-03-02"])
  #expect(try review(quiet, published: [known]).errors.isEmpty)
}

@Test("a gap, an end without a successor and a published later version are told")
func dateWarnings() throws {
  let first = quiet.replacing("due-days", with: "last-day: 2015-06-30\ndue-days")
  let line = try line("last-day", of: first)
  #expect(
    try warnings(first) == ["\(line) after 2015-06-30 nobody on TEST can be billed"])
  let second = quiet.replacing("2015-03-02", with: "2015-07-11")
  let found = try review(first + "---\n" + second)
  #expect(
    found.warnings.map(\.reason) == [
      "TEST has no price on 2015-07-01 to 2015-07-10: TEST 2015-03-02 ends before"
    ])
  #expect(found.warnings[0].line == first.split(separator: "\n").count + 7)
  let overlap = quiet.replacing("2015-03-02", with: "2015-06-30")
  #expect(
    try review(first + "---\n" + overlap).warnings.map(\.reason) == [
      "TEST 2015-03-02 says it holds to 2015-06-30; from 2015-06-30 on this version holds instead"
    ])
  let later = try #require(try RateSchedule.parse(second, file: "later").first)
  #expect(
    try warnings(quiet, published: [later])
      == ["6 TEST 2015-07-11 is published for later: these prices hold to 2015-07-10"])
}

@Test("a price that rises or falls by more than half is told, one by half is not")
func priceWarnings() throws {
  let known = try #require(try RateSchedule.parse(quiet, file: "known").first)
  let next = quiet.replacing("2015-03-02", with: "2016-03-02")
  func reasons(_ old: String, _ new: String) throws -> [String] {
    try review(next.replacing(old, with: new), published: [known]).warnings.map(\.reason)
  }
  #expect(try reasons("0.53", "0.795").isEmpty && reasons("0.53", "0.265").isEmpty)
  #expect(
    try reasons("0.53", "0.8") == [
      "against TEST 2015-03-02, by more than half: charge Basic charge rises from 0.53 to 0.8"
    ])
  #expect(
    try reasons("[0.1, 0.2, 0.4]", "[0.04, 0.2, 0.7]") == [
      "against TEST 2015-03-02, by more than half: one, day, winter falls from 0.1 to 0.04; "
        + "so do 1 more"
    ])
  #expect(
    try reasons("      \"6\": { summer: 9.4, winter: 9.8 }\n".replacing("      ", with: "    "), "")
      == [
        "regions of TEST 2015-03-02 that are no more, whose accounts cannot be billed: 6"
      ])
}

@Test("holidays that move nothing or change no hour, cents with tenths, falling tiers")
func contentWarnings() throws {
  func reasons(_ changes: KeyValuePairs<String, String>) throws -> [String] {
    var text = quiet
    for (old, new) in changes { text = text.replacing(old, with: new) }
    return try review(text).warnings.map(\.reason)
  }
  #expect(try reasons([:]).isEmpty)
  #expect(
    try reasons(["Day: 01-01": "Day: 07-04"]) == [
      "in the first year no day off work moves for New Year's Day (Saturday 2015-07-04)"
    ])
  #expect(try reasons(["Day: 01-01": "Day: 07-05"]).isEmpty)
  #expect(
    try reasons(["Day: 01-01": "Day: 07-05", "sunday: monday": "sunday: stays"]) == [
      "in the first year no day off work moves for New Year's Day (Sunday 2015-07-05)"
    ])
  #expect(
    try review(testDocument).warnings.map(\.reason)
      == ["no hour of a holiday is unlike other days'"])
  #expect(
    try reasons(["source: none": "source: none\nprecision: cents", "0.53": "0.535"]).isEmpty)
  #expect(
    try reasons([
      "source: none": "source: none\nprecision: cents", "[0.1, 0.2, 0.3]": "[0.115, 0.2, 0.3]",
    ])
      == ["precision is cents, but one, day, summer costs 0.115"])
  #expect(
    try reasons(["[0.1, 0.2, 0.3]": "[0.1, 0.09, 0.3]"])
      == ["two, day, summer at 0.09 is cheaper than one, day, summer at 0.1"])
}

@Test("the built-in schedules have no errors, and the gaps that their sources have")
func builtinReviews() throws {
  for set in BuiltinSchedules.allCases {
    let review = try review(set.text)
    #expect(review.errors.isEmpty)
    guard BuiltinSchedules.standard.contains(set) else { continue }
    #expect(
      review.warnings.allSatisfy {
        $0.reason.contains("no price on") || $0.reason.contains("Independence Day")
      })
  }
}

@Test("a trial holds from its day on, with rates that begin later")
func asIfEffective() throws {
  let schedule = try builtin("EVN-SH", on: "2025-06-01")
  let early = try day("2019-01-01")
  let trial = schedule.asIfEffective(on: early)
  #expect(trial.effective == early && trial.lastDay == nil)
  #expect(trial.versionID == "EVN-SH 2019-01-01")
  #expect(
    trial.taxes.map { $0.rate(on: early) } == schedule.taxes.map { $0.rate(on: schedule.effective) }
  )
  let later = try day("2027-02-01")
  #expect(trial.taxes.map { $0.rate(on: later) } == schedule.taxes.map { $0.rate(on: later) })
  #expect(schedule.taxes[0].rate(on: early) == 0)
  let book = builtinBook.superseded(by: schedule, from: early)
  #expect(book.versions(of: "EVN-SH").allSatisfy { $0.effective <= early })
  #expect(book.version(of: "EVN-SH", on: try day("2030-01-01"))?.effective == early)
  #expect(book.versions(of: "D").count == 3)
}

@Test("a discount that excludes one that the document does not have is probably not meant")
func unknownExclusion() throws {
  let text = quiet.replacing(
    "energy:\n",
    with: "discounts:\n  - { name: A, rates: [{ from: 2013-01-01, percent: 1 }], excludes: [B] }\n"
      + "energy:\n")
  #expect(
    try warnings(text) == [
      "\(line("discounts", of: text)) discount A excludes B, not a discount of this document"
    ])
}
