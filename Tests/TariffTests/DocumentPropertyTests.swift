import Quantities
import TestSupport
import Testing

@testable import Tariff

@Test("random documents are read as they were written")
func randomDocuments() throws {
  var random = SeededRandom(10)
  for _ in 0..<300 {
    let text = RandomSchedule(&random).text
    let schedule = try #require(try RateSchedule.parse(text, file: "random").first)
    #expect(schedule.text == text)
    #expect(text.contains("periods:") == schedule.isTimeOfUse)
    #expect(text.contains("\ntiers:") == (schedule.tiers != nil))
    #expect(text.contains("\nbaseline:") == schedule.needsRegion)
  }
}

@Test("a damaged document is read or refused, never a trap")
func damagedDocuments() {
  var random = SeededRandom(7)
  let documents = [builtinBook, extrasBook].flatMap { book in
    book.codes.compactMap { book.versions(of: $0).last?.text }
  }
  let terms = ServiceTerms(
    region: "10", voltage: 400, undeclaredTenants: true, city: "Compton", discounts: ["CARE"],
    netMetering: true)
  for round in 0..<600 {
    var lines = documents[round % documents.count].split(separator: "\n").map(String.init)
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let (at, other) = (
        Int.random(in: 0..<lines.count, using: &random),
        Int.random(in: 0..<lines.count, using: &random)
      )
      switch Int.random(in: 0..<5, using: &random) {
      case 0: lines.remove(at: at)
      case 1: lines.swapAt(at, other)
      case 2: lines.insert(lines[other], at: at)
      case 3: lines[at] = lines[at].replacing(": ", with: ": [", maxReplacements: 1) + "]"
      default:
        var bytes = Array(lines[at].utf8)
        guard !bytes.isEmpty else { continue }
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
          in: 0x20...0x7E, using: &random)
        lines[at] = String(decoding: bytes, as: UTF8.self)
      }
    }
    do {
      for schedule in try RateSchedule.parse(lines.joined(separator: "\n"), file: "damaged") {
        let usage = schedule.periods.map { _ in Energy(wattHours: 700_000) }
        let cycle = BillingPeriod(
          start: schedule.effective, end: schedule.effective.adding(days: 30))
        _ = try? price([
          BillSegment(
            schedule: schedule, period: cycle, terms: terms, usage: usage, cycle: cycle,
            scheduledDays: 30, reactive: Energy(wattHours: 500_000))
        ])
      }
    } catch {
      #expect(!error.errors.isEmpty)
    }
  }
}
