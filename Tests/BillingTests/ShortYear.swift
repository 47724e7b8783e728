import Quantities
import Tariff
import Testing

@testable import Billing

/// An account with a relevant period of three months.
enum ShortYear {
  static func domestic(_ effective: String, _ energy: String = "[0.15,") throws
    -> RateSchedule
  {
    let version = try #require(
      try BuiltinSchedules.sceExtras.schedules().last { $0.versionID == "D 2015-03-02" })
    let text = version.text.replacing("effective: 2015-03-02", with: "effective: \(effective)")
      .replacing("period-months: 12", with: "period-months: 3").replacing("[0.15,", with: energy)
    return try #require(try RateSchedule.parse(text, file: "three.yaml").first)
  }

  /// 16 kWh in and 4 out a day since 2 April 2015: April to June are settled, July and August open.
  static func books() throws -> Books {
    let books = try Books([domestic("2015-03-02")])
    try books.enroll("1", on: "2015-04-02", readDay: 2)
    _ = try books.engine.changeTerms(
      TermsRequest(number: "1", on: day("2015-04-02"), change: .startNetMetering), at: books.clock)
    for (channel, wattHours) in [(Channel.delivered, Int32(666)), (.received, 166)] {
      try books.ingest(
        days("1", from: "2015-04-02", 153, wattHours: wattHours, channel: channel))
    }
    try books.bill(through: "2015-07-02")
    try books.bill(through: "2015-08-02")
    try books.bill(through: "2015-09-02")
    #expect(try books.view("1").bills.count == 5)
    return books
  }
}
