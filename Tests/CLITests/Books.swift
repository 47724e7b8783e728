import Foundation
import Testing

@testable import Billing
@testable import Journal

/// A journal in a directory of its own, spoken to through the command alone.
final class Books: Sendable {
  let folder: Folder
  let path: String

  /// - Parameter path: where the journal is; in a folder of its own unless given.
  init(at path: String? = nil) throws {
    folder = try Folder()
    self.path = path ?? folder.path + "/books"
  }

  static func empty() throws -> Books {
    let books = try Books()
    try books.done("init")
    return books
  }

  /// `run("bill --through 2015-02-01")` is `wattbook bill JOURNAL --through 2015-02-01`.
  func run(_ line: String) throws -> Wattbook.Result {
    var words = Wattbook.words(line)
    words.insert(path, at: words[0] == "tariff" ? 2 : 1)
    return try Wattbook.run(words)
  }

  @discardableResult
  func done(
    _ line: String, status: Int32 = 0, _ location: SourceLocation = #_sourceLocation
  ) throws -> Wattbook.Result {
    let result = try run(line)
    #expect(
      result.status == status, "\(line): \(result.output)\(result.errors)",
      sourceLocation: location)
    return result
  }

  /// Positions in the journal.
  func events() throws -> Int {
    try #require(try done("verify --json").object()["events"] as? Int)
  }

  func copy() throws -> Books {
    let other = try Books()
    try FileManager.default.copyItem(atPath: path, toPath: other.path)
    if FileManager.default.fileExists(atPath: path + ".keys") {
      try FileManager.default.copyItem(atPath: path + ".keys", toPath: other.path + ".keys")
    }
    return other
  }

  func write(_ text: String, to name: String) throws -> String {
    try folder.write(text, to: name)
  }

  /// The interval CSV of one account over days, an hour like any other: `base` Wh, and the day's
  /// number on top.
  static func intervals(_ account: String, _ days: [String], base: Int = 400) -> String {
    var text = "account,date,interval_minutes," + (1...25).map { "wh_\($0)" }.joined(separator: ",")
    for (index, day) in days.enumerated() {
      let hours = day == "2015-03-08" ? 23 : day == "2015-11-01" ? 25 : 24
      let values = (0..<hours).map { "\(base + index % 7 * 10 + $0 * 5)" }
      text += "\n\(account),\(day),60," + values.joined(separator: ",")
    }
    return text + "\n"
  }

  /// Days of 2015 by month.
  static func month(_ month: Int, _ days: ClosedRange<Int>) -> [String] {
    days.map { "2015-" + (month < 10 ? "0" : "") + "\(month)-" + ($0 < 10 ? "0" : "") + "\($0)" }
  }

  /// Three accounts, their reads, corrections, rejections, registers, bills, payments, a switch, a
  /// cancelled one, a move-out and the notices.
  static let full = Result { try makeFull() }

  private static func makeFull() throws -> Books {
    let books = try Books.empty()
    let evening = "--at 2015-01-02T02:00:00Z --actor \"Nguyễn Văn A\""
    try books.done("tariff publish --builtin sce \(evening)")
    try books.done("tariff publish --builtin evn \(evening)")
    try books.done("enroll --account 1001 --plan D --region 10 --on 2015-01-01 \(evening)")
    try books.done(
      "enroll --account 1002 --plan D --region 9 --on 2015-01-01 --medical \(evening)")
    try books.done(
      "enroll --account PC05II0730790 --plan EVN-SH --on 2015-01-06 --read-day 6 \(evening)")
    let winter = month(1, 1...31) + month(2, 1...28) + month(3, 1...31)
    let first = try books.write(intervals("1001", winter), to: "first.csv")
    let second = try books.write(
      intervals("1002", winter.filter { $0 != "2015-02-10" }, base: 300), to: "second.csv")
    let at = "--at 2015-04-01T02:00:00Z"
    try books.done("ingest \(first) \(second) \(at)")
    let corrected = try books.write(intervals("1001", ["2015-01-15"], base: 900), to: "again.csv")
    try books.done("ingest \(corrected) \(at)")
    let wrong = try books.write(
      """
      account,date,interval_minutes,wh_1,wh_2
      1001,2015-02-30,720,1,2
      1001,2014-12-31,720,1,2
      nobody,2015-01-01,720,1,2
      1001,2015-04-01,720,1,-2

      """, to: "Sai số \"1\".csv")
    _ = try Wattbook.run(["ingest", books.path, wrong] + Wattbook.words(at))
    let registers = try books.write(
      """
      account,date,register,kwh
      PC05II0730790,2015-01-06,total,48211
      PC05II0730790,2015-02-06,total,48374.5
      PC05II0730790,2015-03-06,total,48511

      """, to: "registers.csv")
    try books.done("ingest \(registers) \(at)")
    try books.done("bill --through 2015-03-31 --on 2015-03-31 \(at)", status: 1)
    try books.done(
      "pay --account 1001 --amount 20.50 --on 2015-04-02 --key \"Chuyển khoản\u{8}\u{1F}\u{7F}\u{85}\u{2028} 1\" "
        + "--at 2015-04-03T02:00:00Z --method card")
    let asked = "--at 2015-04-03T03:00:00Z"
    try books.done("person --account 1001 --name \"Ada Quill\" --phone 909-555-0114 \(asked)")
    try books.done("person --account 1002 --name \"Ben Orchard\" \(asked)")
    try books.done("erase --account 1002 --reason request \(asked)")
    let later = "--at 2015-05-05T02:00:00Z"
    try books.done("switch --account 1002 --to TOU-D-A --on 2015-04-01 \(later)")
    try books.done("switch --account 1001 --to TOU-D-B --asked 2015-05-20 \(later)")
    try books.done("switch --account 1001 --cancel 2015-06-01 \(later)")
    try books.done("bill --through 2015-04-01 --on 2015-05-05 \(later)", status: 1)
    try books.done("move-out --account 1001 --on 2015-05-05 \(later)")
    return books
  }

  /// The same with every kind of event: a home with panels and CARE in January and February of
  /// 2016, whose bills are estimated, made again, taken back, let stand and paid late.
  static let whole = Result { try makeWhole() }

  private static func makeWhole() throws -> Books {
    let books = try full.get().copy()
    func done(_ date: String, status: Int32 = 0, _ lines: String...) throws {
      for line in lines { try books.done("\(line) --at \(date)T20:00:00Z", status: status) }
    }
    /// Hours of 0.5 to 0.97 kWh, and an eighth of a kilowatt-hour sent out in each.
    func hours(_ month: String, _ days: ClosedRange<Int>, spike: Int? = nil) throws -> String {
      func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
      var text = "account,start,kwh,channel\n"
      for day in days {
        for hour in 0..<24 {
          let start = "1003,2016-\(month)-\(two(day))T\(two(hour)):00:00-08:00"
          let isSpike = day == spike && hour == 12
          let used = isSpike ? "20.0" : "0.\(500 + (day * 31 + hour * 17) % 471)"
          text += "\(start),\(used),delivered\n\(start),0.125,received\n"
        }
      }
      return try books.write(text, to: "\(month)-\(days.lowerBound)-\(days.upperBound).csv")
    }
    try done(
      "2016-01-02", "tariff publish --builtin sce-extras --from 2016-01-01",
      "enroll --account 1003 --plan D --region 10 --on 2016-01-01",
      "deposit --account 1003 --amount 300 --on 2016-01-02 --key D-1",
      "terms --account 1003 --on 2016-01-01 --city Downey --multi-family",
      "discount --account 1003 --grant CARE --on 2016-01-01 --through 2017-12-31",
      "net-metering --account 1003 --on 2016-01-01")
    try done(
      "2016-02-02", "ingest \(hours("01", 1...19)) \(hours("01", 21...31))",
      "estimate --through 2016-02-01 --account 1003",
      "bill --through 2016-02-01 --account 1003 --on 2016-02-02")
    try done(
      "2016-02-05", "ingest \(hours("01", 20...20))", "rebill --bill 1003-20160201")
    try done("2016-03-02", "ingest \(hours("02", 1...29, spike: 10))")
    try done("2016-03-02", status: 1, "validate --account 1003")
    for flag in try books.done("cat --kind ReadFlagged --json").objects() {
      try done("2016-03-02", "settle --flag \(flag["position"] as? Int ?? 0) --reason kiln")
    }
    try done(
      "2016-03-02", "net-metering --account 1003 --on 2016-03-01 --end",
      "discount --account 1003 --end CARE --on 2016-03-01 --reason \"not recertified\"",
      "bill --through 2016-03-01 --account 1003 --on 2016-03-02")
    try done(
      "2016-03-03", "cancel --bill 1003-20160301 --reason meter-fault",
      "reinstate --bill 1003-20160301", "ingest \(hours("02", 10...10))")
    let waiting = try books.done("worklist --json").objects().first {
      $0["bill"] as? String == "1003-20160301"
    }
    try done(
      "2016-03-03",
      "decline --proposal \(waiting?["proposal"] as? Int ?? 0) --note \"agreed by phone\"")
    try done("2016-04-10", "late-charges --on 2016-04-10")
    let charged = try books.done("cat --kind NoticeRecorded --json").objects().compactMap {
      notice -> String? in
      let fact = notice["fact"] as? [String: Any]
      guard fact?["template"] as? String == "LATE_CHARGE" else { return nil }
      return (fact?["parameters"] as? [[String: String]])?.first { $0["name"] == "bill" }?["value"]
    }
    try done(
      "2016-04-10", "waive --bill \(charged.first ?? "none") --note \"mail strike\"",
      "terms --account 1003 --on 2016-04-01 --no-multi-family --read-day 20",
      "deposit --account 1003 --amount 300 --on 2016-04-10 --return --apply",
      "refund --account 1003 --amount 20 --on 2016-04-10",
      "write-off --account 1001 --amount 1.50 --on 2016-04-10 --reason \"moved away\"",
      "move-out --account 1003 --on 2016-05-01", "move-out --account 1003 --cancel")
    return books
  }

  /// The same commits in a journal whose segments are sealed after a few kilobytes.
  ///
  /// - Parameters:
  ///   - first: only so many commits.
  ///   - change: plants what should not be there.
  func inSmallSegments(
    first: UInt64 = .max, changing change: ((inout BillIssuedV2) -> Void)? = nil
  ) throws -> Books {
    let other = try Books()
    let reader = try JournalReader(path: path)
    try JournalWriter.create(path: other.path, identity: reader.identity)
    let writer = try JournalWriter(path: other.path, sealAfter: 4096)
    let decoder = BatchDecoder()
    var pending: [PendingBatch] = []
    try reader.forEachSegment { segment in
      for location in segment.batches {
        let header = location.header
        guard header.commit <= first else { return false }
        var content = Array(try decoder.content(of: location, in: segment))
        if let change, header.kind == .events {
          content = try content.withUnsafeBytes { try Self.changing($0, header, change) }
        }
        pending.append(
          PendingBatch(
            kind: header.kind, partition: header.partition, count: Int(header.count),
            accounts: header.lastAccount < header.firstAccount
              ? nil : header.firstAccount...header.lastAccount,
            dates: header.firstDate...header.lastDate, content: content))
        guard header.isLastOfCommit else { continue }
        try writer.append(
          pending, recordedAt: header.recordedAt,
          origin: Origin(actor: header.actor, source: header.source))
        pending = []
      }
      return true
    }
    return other
  }

  private static func changing(
    _ content: UnsafeRawBufferPointer, _ header: BatchHeader, _ change: (inout BillIssuedV2) -> Void
  ) throws -> [UInt8] {
    try EventCodec.encode(
      EventCodec.decode(content, header: header).map { recorded in
        var event = recorded.event
        if case .billIssuedV2(var bill) = event.fact {
          change(&bill)
          event.fact = .billIssuedV2(bill)
        }
        return event
      })
  }
}
