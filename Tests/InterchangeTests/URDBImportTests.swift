import Quantities
import Tariff
import TestSupport
import Testing

@testable import Interchange

/// A record of the U.S. Utility Rate Database becomes a document that is understood, or is refused
/// by its path.
@Suite struct URDBImportTests {
  private func imported(
    _ text: String, _ change: (inout URDBImport.Wishes) -> Void = { _ in }
  ) throws -> (URDBImport, RateSchedule) {
    var wishes = URDBImport.Wishes()
    change(&wishes)
    let made = try URDBImport(Array(text.utf8), file: "record.json", wishes)
    let schedules = try RateSchedule.parse(made.document, file: "made.yaml")
    return (made, try #require(schedules.first))
  }

  private func refusals(_ text: String) -> [String] {
    do {
      _ = try URDBImport(Array(text.utf8), file: "record.json")
      return []
    } catch { return error.notes.map(\.description) }
  }

  private func bill(
    _ schedule: RateSchedule, from start: String, days: Int, _ usage: [String]
  ) throws -> PricedBill {
    let start = try #require(ServiceDate(start))
    let period = BillingPeriod(start: start, end: start.adding(days: days))
    return try price([
      BillSegment(
        schedule: schedule, period: period, terms: ServiceTerms(region: "10"),
        usage: try usage.map { try #require(Energy(kWh: $0)) }, cycle: period, scheduledDays: days)
    ])
  }

  @Test func `period numbers of two seasons become two periods with seasonal prices`() throws {
    let (made, schedule) = try imported(URDBRecords.timeOfUse)
    #expect(made.code == "Test-TOU-Option-A-more" && "\(made.effective)" == "2015-06-01")
    #expect(schedule.name == "Test TOU: Option \"A\" and more")
    #expect(schedule.zone == "America/Los_Angeles" && schedule.currency == .usd)
    #expect(schedule.seasons.map(\.name) == ["summer", "winter"])
    #expect(schedule.periods.map(\.name) == ["Off-Peak", "On-Peak"])
    func price(_ date: String, _ hour: Int) throws -> String {
      let date = try #require(ServiceDate(date))
      return schedule.energyPrices.price(
        season: schedule.season(on: date), period: schedule.period(on: date, minute: hour * 60)
      ).text
    }
    #expect(try price("2015-07-06", 11) == "0.14" && price("2015-07-06", 12) == "0.34")
    #expect(try price("2015-07-06", 17) == "0.34" && price("2015-07-06", 18) == "0.14")
    #expect(try price("2015-07-05", 12) == "0.14" && price("2015-12-25", 12) == "0.22")
    #expect(try price("2016-02-29", 3) == "0.13")
    #expect(schedule.dailyCharges.map(\.singleFamily.text) == ["0.031"])
    let told = made.notes.map { "\($0.kind.rawValue) \($0)" }
    #expect(
      told.contains {
        $0.hasPrefix("assumed items[0].energyweekendschedule: a record has no holidays")
      })
    #expect(!made.notes.contains { $0.kind == .leftOut })
    #expect(made.notes.allSatisfy { made.document.contains("# \($0.kind.rawValue): ") })
  }

  @Test func `every hour of the year has the price of the record`() throws {
    let (_, schedule) = try imported(URDBRecords.timeOfUse)
    for day in 0..<366 {
      let date = try #require(ServiceDate("2016-01-01")).adding(days: day)
      let isSummer = URDBRecords.isSummer(date.yearMonthDay.month - 1)
      for hour in 0..<24 {
        let isPeak = date.weekday < 6 && (12..<18).contains(hour)
        let wanted = isSummer ? (isPeak ? "0.34" : "0.14") : (isPeak ? "0.22" : "0.13")
        let period = schedule.period(on: date, minute: hour * 60 + 59)
        let price = schedule.energyPrices.price(season: schedule.season(on: date), period: period)
        #expect(price.text == wanted, "\(date) \(hour)")
      }
    }
  }

  @Test func `blocks of one season are no blocks to the other, and limits count from zero`() throws
  {
    let (made, schedule) = try imported(URDBRecords.blocks) {
      $0.zone = "America/New_York"
      $0.code = "R-31"
    }
    #expect(schedule.versionID == "R-31 2024-01-01" && "\(schedule.lastDay!)" == "2024-12-31")
    // 650 at 0.148101, 350 at 0.216379, 200 at 0.222371.
    let summer = try bill(schedule, from: "2024-07-01", days: 31, ["1200"])
    #expect(
      summer.lines.prefix(3).map(\.amount.millionths) == [96_270_000, 75_730_000, 44_470_000])
    #expect(summer.lines.contains { $0.description == "Fixed charge" && $0.price.text == "16.48" })
    let winter = try bill(schedule, from: "2024-01-01", days: 31, ["1200"])
    let energy = winter.lines.filter { $0.unit == "kWh" }
    #expect(energy.allSatisfy { $0.price.text == "0.142062" })
    #expect(energy.map(\.quantity.text) == ["650", "350", "200"])
    #expect(schedule.dailyMinimum?.singleFamily.text == "0.328767")
    #expect(made.notes.contains { $0.path == "mincharge" && $0.kind == .assumed })
  }

  @Test func `tiers a day are percentages of the region's baseline, to the kWh`() throws {
    let (made, schedule) = try imported(URDBRecords.daily) { $0.code = "D-R10" }
    let builtin = try #require(
      try BuiltinSchedules.sce.schedules().last { $0.code == "D" })
    for (start, days, usage) in [("2015-07-01", 31, "1300"), ("2015-11-03", 30, "711.5")] {
      let (one, other) = (
        try bill(schedule, from: start, days: days, [usage]),
        try bill(builtin, from: start, days: days, [usage])
      )
      #expect(one.total == other.total)
      #expect(one.lines.map(\.quantity.text) == other.lines.map(\.quantity.text))
    }
    #expect(schedule.knows(region: "10") && schedule.acceptsRegisters)
    #expect(made.notes.contains { $0.text.contains("region 10") })
    let (_, other) = try imported(URDBRecords.daily) { $0.region = "5" }
    #expect(other.knows(region: "5") && !other.knows(region: "10"))
  }

  @Test func `what cannot be billed right is refused by its path, all of it at once`() {
    let refused: [(String, [String])] = [
      (
        URDBRecords.flat(
          "\"demandratestructure\":[[{\"rate\":0}],[{\"rate\":0},{\"rate\":9.5}]],"
            + "\"flatdemandstructure\":[[{\"adj\":1}]],\"annualmincharge\":100"),
        [
          "demandratestructure[1][1]: a charge for demand in kW is not billed here",
          "flatdemandstructure[0][0]: a charge for demand in kW is not billed here",
          "annualmincharge: a minimum over a year is not billed here",
        ]
      ),
      (
        URDBRecords.flat("\"coincidentratestructure\":[[{\"rate\":3}]]"),
        ["coincidentratestructure[0][0]: a charge for demand in kW is not billed here"]
      ),
      (
        URDBRecords.flat(
          "", prices: "[[{\"rate\":0.1,\"unit\":\"kWh/kW\",\"max\":2},{\"rate\":0.2}]]"),
        ["energyratestructure: tiers in kWh/kW depend on demand, which is not billed here"]
      ),
      (
        URDBRecords.flat(
          "", prices: "[[{\"rate\":0.1,\"max\":300},{\"rate\":0.2,\"max\":300},{\"rate\":1}]]"),
        ["energyratestructure[0][1].max: the tiers' limits do not ascend"]
      ),
      (
        URDBRecords.flat("", prices: "[[{\"rate\":0.1,\"adj\":-0.2}]]"),
        ["energyratestructure[0]: a price below zero in month 1 cannot be written"]
      ),
      (
        URDBRecords.flat("", prices: "[[{\"rate\":0.1}],[{\"rate\":0.2}]]"),
        [
          "energyweekdayschedule: the record does not say which hours its periods have",
          "energyweekendschedule: the record does not say which hours its periods have",
        ]
      ),
      (
        URDBRecords.flat("\"fixedchargefirstmeter\":3,\"fixedchargeunits\":\"$/kW\""),
        ["fixedchargeunits: a charge in $/kW cannot be written"]
      ),
      (
        URDBRecords.flat("", prices: "[[{\"unit\":\"kWh\"}]]"),
        ["energyratestructure[0][0].rate: the tier has no price"]
      ),
      ("{\"items\":[]}", ["items: there is no such record; labels: "]),
      ("{\"name\":\"x\", }", ["line 1: this is no JSON: a name is missing"]),
      (
        "{\"eiaid\":1,\"energyratestructure\":[[{\"rate\":0.1}]]}",
        [
          "eiaid: a record names no time zone: give --zone, as America/Denver",
          "startdate: the first day is missing: give --effective",
        ]
      ),
    ]
    for (text, reasons) in refused { #expect(refusals(text) == reasons) }
  }

  @Test func `ladders that differ by hour in the same months are refused`() {
    let both =
      "\"energyweekdayschedule\":\(URDBRecords.schedule { _, hour in hour < 12 ? 0 : 1 }),"
      + "\"energyweekendschedule\":\(URDBRecords.schedule { _, _ in 0 })"
    let prices =
      "[[{\"rate\":0.1,\"max\":100},{\"rate\":0.2}],[{\"rate\":0.3,\"max\":200},{\"rate\":0.4}]]"
    #expect(refusals(URDBRecords.flat(both, prices: prices)).count == 1)
    #expect(
      refusals(URDBRecords.flat(both, prices: prices))[0].hasPrefix("energyratestructure[1]: "))
    #expect(
      refusals(URDBRecords.flat(both, prices: prices.replacing("200", with: "100"))).isEmpty)
  }

  @Test func `what has no place in a document is told with its path`() throws {
    let (made, _) = try imported(
      URDBRecords.flat(
        "\"dgrules\":\"Net Billing Hourly\",\"fixedchargeeaaddl\":2,\"peakkwcapacitymax\":20,"
          + "\"energyattrs\":[{\"Note\":\"$1\"}],\"servicetype\":\"Delivery\"",
        prices: "[[{\"rate\":0.1,\"sell\":0.03}]]"))
    #expect(
      made.notes.filter { $0.kind == .leftOut }.map(\.path) == [
        "energyratestructure[0][0].sell", "dgrules", "fixedchargeeaaddl", "energyattrs",
        "peakkwcapacitymax", "servicetype",
      ])
  }

  @Test func `what a record says beside its prices is told, whatever it is`() throws {
    let (made, _) = try imported(
      URDBRecords.flat(
        "\"sector\":\"Industrial\",\"country\":\"CAN\",\"energycomments\":\"10% more in May\","
          + "\"description\":\"for barns\",\"newkey\":1,\"usenetmetering\":false,\"uri\":\"x\","
          + "\"fixedchargefirstmeter\":3,\"mincharge\":10,\"minmonthlycharge\":12",
        prices: "[[{\"rate\":0.1,\"max\":100,\"newtier\":2},{\"rate\":0.2}]]"))
    #expect(
      made.notes.filter { $0.kind == .leftOut }.map(\.path) == [
        "minmonthlycharge", "usenetmetering", "sector", "description", "energycomments", "newkey",
        "energyratestructure[0][0].newtier",
      ])
    let assumed = made.notes.filter { $0.kind == .assumed }
    for path in ["fixedchargeunits", "minchargeunits", "country"] {
      #expect(assumed.contains { $0.path == path }, "\(path)")
    }
    #expect(assumed.contains { $0.text.contains("odd-cycle: by days") })
    #expect(made.notes.allSatisfy { made.document.contains("# \($0.kind.rawValue): ") })
    let (plain, _) = try imported(URDBRecords.flat(""))
    #expect(plain.notes.contains { $0.path == "dgrules" && $0.kind == .assumed })
    #expect(
      refusals(URDBRecords.flat("\"currency\":\"CAD\"")) == [
        "currency: prices in CAD cannot be told as US dollars"
      ])
  }

  @Test func `the minimum a month of older records is billed`() throws {
    let (made, schedule) = try imported(URDBRecords.flat("\"minmonthlycharge\":10"))
    #expect(schedule.dailyMinimum?.singleFamily.text == "0.328767")
    #expect(made.notes.contains { $0.path == "minmonthlycharge" && $0.kind == .assumed })
  }

  @Test func `fuel adjustments by month make seasons, and prices finer than a millionth are told`()
    throws
  {
    let months = (0..<12).map { $0 < 3 ? "0.01" : "0" }.joined(separator: ",")
    let (made, schedule) = try imported(
      URDBRecords.flat(
        "\"fueladjustmentsmonthly\":[\(months)]",
        prices: "[[{\"rate\":0.10000000000000001,\"adj\":0.0000004}]]"))
    #expect(
      schedule.seasons.map(\.name).sorted() == ["Apr-Dec", "Jan-Mar"]
        || schedule.seasons.map(\.name).sorted() == ["summer", "winter"])
    let january = try #require(ServiceDate("2016-01-05"))
    #expect(
      schedule.energyPrices.price(season: schedule.season(on: january), period: 0).text == "0.11")
    #expect(
      made.notes.contains { $0.path == "energyratestructure[0][0].adj" && $0.kind == .assumed })
    #expect(!made.notes.contains { $0.path == "energyratestructure[0][0].rate" })
  }

  @Test func `the last tier is open, whatever its limit says`() throws {
    let (made, schedule) = try imported(
      URDBRecords.flat("", prices: "[[{\"rate\":0.1,\"max\":100},{\"rate\":0.2,\"max\":1e+38}]]"))
    #expect(schedule.tiers?.count == 2)
    #expect(made.notes.contains { $0.path == "energyratestructure[0][1].max" })
  }

  @Test func `one record of several is chosen by its label`() throws {
    let two = "[\(URDBRecords.flat("")),\(URDBRecords.daily)]"
    #expect(refusals(two).count == 1)
    let (_, schedule) = try imported(two) { $0.label = "5500000000000000000000d4" }
    #expect(schedule.name == "Flat")
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func `bytes changed at random are refused or make a document that is understood`(
    seed: UInt64
  ) throws {
    var random = SeededRandom(seed)
    for record in [URDBRecords.timeOfUse, URDBRecords.blocks, URDBRecords.daily] {
      for _ in 0..<150 {
        var bytes = Array(record.utf8)
        for _ in 0..<Int.random(in: 0..<3, using: &random) + 1 {
          let place = Int.random(in: 0..<bytes.count, using: &random)
          switch Int.random(in: 0..<3, using: &random) {
          case 0: bytes[place] = UInt8(Int.random(in: 0..<256, using: &random))
          case 1: bytes.remove(at: place)
          default: bytes.insert(UInt8(0x30 + Int.random(in: 0..<16, using: &random)), at: place)
          }
        }
        var wishes = URDBImport.Wishes()
        wishes.zone = "America/Chicago"
        guard let made = try? URDBImport(bytes, file: "hostile.json", wishes) else { continue }
        #expect(throws: Never.self, "\(made.document)") {
          try RateSchedule.parse(made.document, file: "hostile.yaml")
        }
      }
    }
  }

  @Test func `numbers keep the digits of the file`() {
    #expect(scaled("0.142062", 6)?.value == 142_062)
    #expect(scaled("1.5e-3", 6)?.value == 1500)
    #expect(scaled("12E2", 0)?.value == 1200)
    #expect(scaled("-0.0000005", 6)?.value == -1)
    #expect(scaled("0.0000004", 6)?.value == 0 && scaled("0.0000004", 6)?.isExact == false)
    #expect(scaled("1e40", 6) == nil && scaled("1-2", 6) == nil && scaled("", 6) == nil)
    #expect(scaled(String(repeating: "9", count: 40), 0) == nil && scaled("1e30", 6) == nil)
  }

  @Test func `JSON that is none is refused with its line, however deep or cut`() {
    for text in [
      "", "{", "[1,", "{\"a\"}", "{\"a\":1,}", "\"", "\"\\u12\"", "\"\\x\"", "tru", "1 2",
      String(repeating: "[", count: 100_000), "\"\\ud800\"", "{\"a\":}",
    ] {
      #expect(throws: JSONFault.self) { try JSONValue(parsing: Array(text.utf8)) }
    }
    #expect(
      try! JSONValue(parsing: Array("\"\\u00e9\\ud83d\\ude00\\n\"".utf8)) == .string("é😀\n"))
  }
}
