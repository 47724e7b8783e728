import Billing
import Testing

@testable import Interchange

@Suite("Interval CSV")
struct IntervalCSVTests {
  let header = "account,date,interval_minutes,wh_1,wh_2,wh_3\n"

  @Test func `a line is a day of an account`() throws {
    let file = try content(header + "A1,2015-01-01,60,1,2,-3\nB2,2015-01-02,30,4,,6\n")
    #expect(
      file.days == [
        DayRow(account: "A1", date: "2015-01-01", values: [1, 2, -3], line: 2),
        DayRow(
          account: "B2", date: "2015-01-02", minutes: 30, values: [4, MeterRows.gap, 6], line: 3),
      ])
    #expect(file.accounts == ["A1", "B2"])
  }

  @Test func `empty cells at the end belong to longer days`() throws {
    let file = try content(
      header + "A,2015-01-01,60,1,2,\nA,2015-01-02,60,,2\nA,2015-01-03,60,,,\n")
    #expect(file.days.map(\.values) == [[1, 2], [MeterRows.gap, 2]])
    #expect(file.malformed == [MalformedLine(line: 4, reason: "the line has no values")])
  }

  @Test(arguments: [
    ("A,2015-01-01,60,1,12.5,3", "wh_2"), ("A,2015-01-01,60,2147483648", "wh_1"),
    ("A,2015-01-01,60,99999999999999999999", "wh_1"), ("A,2015-01-01,60,1,2,-", "wh_3"),
    ("A,2015-01-01,60,-2147483648", "wh_1"), ("A,2015-01-01,60,1, 2", "wh_2"),
    ("A,2015-02-30,60,1", "date"), ("A,2015-1-1,60,1", "date"),
    ("A,2015-01-01,0,1", "interval_minutes"), ("A,2015-01-01,60.5,1", "interval_minutes"),
    (",2015-01-01,60,1", "account"), ("A", "date"), ("A,2015-01-01,60", "values"),
    (String(repeating: "A", count: 33) + ",2015-01-01,60,1", "account"),
  ])
  func `a malformed line is named with its column`(line: String, column: String) throws {
    let file = try content(header + line + "\nB,2015-01-01,60,1\n")
    #expect(file.days.map(\.line) == [3])
    #expect(file.lines == [2])
    #expect(file.malformed.first?.reason.contains(column) == true)
  }

  @Test func `a day has at most the minutes of 25 hours`() throws {
    func line(_ count: Int) -> String { "A,2015-01-01,1" + String(repeating: ",1", count: count) }
    let file = try content(header + line(1500) + "\n" + line(1501))
    #expect(file.days.map(\.values.count) == [1500])
    #expect(file.lines == [3])
  }

  @Test func `the largest and smallest values fit`() throws {
    let file = try content(header + "A,2015-01-01,60,2147483647,-2147483647,0000000000\n")
    #expect(file.days.first?.values == [Int32.max, -Int32.max, 0])
  }

  @Test(arguments: ["\u{FEFF}", ""], ["\r\n", "\n"])
  func `byte order mark, CRLF, blank lines and no final newline are read`(
    mark: String, newline: String
  ) throws {
    let lines = ["", "account,date,interval_minutes,wh_1,...", "", "A,2015-01-01,60,1", "A,x"]
    let file = try content(mark + lines.joined(separator: newline))
    #expect(file.days.map(\.line) == [4])
    #expect(file.lines == [5])
  }

  @Test func `blocks may end anywhere in a line`() throws {
    var text = header
    for day in 10..<30 { text += "account-\(day % 3),2015-01-\(day),60,\(day),,-\(day * day)\r\n" }
    text += "A,2015-01-01,60,x\n\nA,2015-01-01,60,1,2,3"
    let whole = try content(text)
    #expect(whole.days.count == 21)
    for blockSize in 1...text.utf8.count {
      #expect(try content(text, blockSize: blockSize) == whole)
    }
  }

  @Test(arguments: [1, 1000, 65_536, 1 << 20])
  func `a line over 64 KiB is malformed, not memory`(blockSize: Int) throws {
    let long = String(repeating: "9", count: 200_000)
    let text = header + "A,2015-01-01,60,\(long)\nA,2015-01-02,60,7\nA,\(long)"
    let file = try content(text, blockSize: blockSize)
    #expect(file.lines == [2, 4])
    #expect(file.days.map(\.line) == [3])
  }

  @Test func `a line of 64 KiB is read`() throws {
    let start = "A,2015-01-01,60,1"
    let padding = String(repeating: ",", count: LineReader.longest - start.utf8.count)
    for blockSize in [1, 1 << 20] {
      #expect(try content(header + start + padding, blockSize: blockSize).days.count == 1)
      #expect(try content(header + start + padding + ",", blockSize: blockSize).lines == [2])
    }
  }

  @Test func `chunks are bounded and accounts only grow`() throws {
    var text = header
    for account in 0..<2500 { text += "\(account),2015-01-01,60,1\n\(account),bad\n" }
    let file = try content(text, chunkRows: 100)
    #expect(file.chunks == 50)
    #expect(file.days.map(\.account) == (0..<2500).map(String.init))
    #expect(file.days.map(\.line) == (0..<2500).map { $0 * 2 + 2 })
    #expect(file.malformed.count == 2500)
  }

  @Test func `another header is refused with the ones understood`() {
    for text in ["a,b\n1,2\n", "account,date,interval_minutes,wh_1,quality\n", ""] {
      #expect {
        try content(text)
      } throws: { error in
        "\(error)".contains("account,date,register,kwh")
      }
    }
  }
}
