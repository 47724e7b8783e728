import Billing
import Foundation
import Quantities
import TestSupport

@testable import Interchange

/// A row as a test wants to see it.
struct DayRow: Equatable {
  var account: String
  var date: String
  var channel = Channel.delivered
  var minutes = 60
  var values: [Int32]
  var quality = ReadQuality.actual
  var line: UInt32

  /// Without its line, for files whose lines are in another order.
  var content: String { "\(account) \(date) \(channel) \(minutes) \(values) \(quality)" }

  var total: Int { values.reduce(0) { $0 + ($1 == MeterRows.gap ? 0 : Int($1)) } }
}

/// Everything a file gives.
struct FileContent: Equatable {
  var days: [DayRow] = []
  var registers: [RegisterRow] = []
  var malformed: [MalformedLine] = []
  var accounts: [String] = []
  var chunks = 0

  var lines: [UInt32] { malformed.map(\.line) }
  var total: Int { days.reduce(0) { $0 + $1.total } }
  func day(_ date: String) -> DayRow? { days.first { $0.date == date } }

  mutating func add(_ chunk: MeterFileChunk) {
    for group in chunk.intervals {
      for row in 0..<group.rows {
        days.append(
          DayRow(
            account: chunk.accountNames[Int(group.accounts[row])],
            date: ServiceDate(day: group.dates[row]).description, channel: group.channel,
            minutes: group.intervalMinutes,
            values: Array(group.values[row * group.count..<(row + 1) * group.count]),
            quality: ReadQuality(rawValue: group.qualities[row]) ?? .actual,
            line: group.lines[row]))
      }
    }
    registers += chunk.registers
    malformed += chunk.malformed
    accounts = chunk.accountNames
    chunks += 1
  }
}

let losAngeles = zone("America/Los_Angeles")

/// The system's zone file; Universal Time where there is none.
func zone(_ name: String) -> ZoneTable {
  let path = "/usr/share/zoneinfo/\(name)"
  guard let bytes = FileManager.default.contents(atPath: path),
    let table = try? ZoneTable(name: name, zoneFile: [UInt8](bytes))
  else { return ZoneTable(name: "UTC", initialOffset: 0, transitions: []) }
  return table
}

/// Reads a text as if it were a file.
func content(
  _ text: String, _ format: MeterFileFormat = .auto, account: String? = nil,
  zone: ZoneTable? = losAngeles, blockSize: Int = 1 << 16, chunkRows: Int = 1000
) throws(MeterFileError) -> FileContent {
  try content(
    bytes: Array(text.utf8), format, account: account, zone: zone, blockSize: blockSize,
    chunkRows: chunkRows)
}

func content(
  bytes: [UInt8], _ format: MeterFileFormat = .auto, account: String? = nil,
  zone: ZoneTable? = losAngeles, blockSize: Int = 1 << 16, chunkRows: Int = 1000
) throws(MeterFileError) -> FileContent {
  var file = try MeterFile(
    ByteSource(bytes, blockSize: blockSize), format: format, account: account,
    chunkRows: chunkRows)
  var content = FileContent()
  while let chunk = try file.nextChunk(zone: { _ in zone }) { content.add(chunk) }
  content.days.sort { $0.line < $1.line }
  return content
}

func content(
  path: String, account: String? = nil, zone: ZoneTable? = losAngeles
) throws -> FileContent {
  var file = try MeterFile(path: path, account: account)
  var content = FileContent()
  while let chunk = try file.nextChunk(zone: { _ in zone }) { content.add(chunk) }
  content.days.sort { $0.line < $1.line }
  return content
}

func shared(_ name: String) -> String { "\(sharedData)/\(name)" }
