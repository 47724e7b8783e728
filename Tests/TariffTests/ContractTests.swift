import Foundation
import Testing

@testable import Tariff

@Test("the whole document in the description of rate schedules is a valid one")
func documentedExample() throws {
  let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Journal/RATE-SCHEDULES.md")
  let text = try String(contentsOf: file, encoding: .utf8)
  let example = try #require(text.components(separatedBy: "```yaml\n").dropFirst().first)
  let document = try #require(example.components(separatedBy: "```").first)
  let schedule = try #require(try RateSchedule.parse(document, file: "example").first)
  #expect(schedule.versionID == "TOU-D-T 2015-06-01" && schedule.lockoutMonths == 12)
}
