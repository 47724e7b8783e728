import Quantities

/// Day reads of one shape as a file gives them, in columns: row `i` holds
/// `values[i * count ..< (i + 1) * count]`, in watt-hours per interval, in elapsed order from
/// local midnight.
public struct MeterRows: Sendable {
  public let channel: Channel
  public let intervalMinutes: Int
  /// Values in a row.
  public let count: Int

  /// Index of the row's account in the chunk's account names.
  public var accounts: [UInt32] = []
  /// `ServiceDate.day` of each row.
  public var dates: [Int32] = []
  /// Line of the file on which each row starts, from 1.
  public var lines: [UInt32] = []
  /// `ReadQuality.rawValue` of each row.
  public var qualities: [UInt8] = []
  public var values: [Int32] = []

  /// An interval for which the file has no value.
  public static let gap = Int32.min

  public init(channel: Channel, intervalMinutes: Int, count: Int) {
    self.channel = channel
    self.intervalMinutes = intervalMinutes
    self.count = count
  }

  public var rows: Int { dates.count }
}

/// A register's index at the start of a day, before the account's multiplier.
public struct RegisterRow: Sendable, Equatable {
  public var account: UInt32
  public var date: ServiceDate
  public var channel: Channel
  public var index: Energy
  public var line: UInt32

  public init(account: UInt32, date: ServiceDate, channel: Channel, index: Energy, line: UInt32) {
    self.account = account
    self.date = date
    self.channel = channel
    self.index = index
    self.line = line
  }
}

/// A line that gives no read, and why.
public struct MalformedLine: Sendable, Equatable {
  public var line: UInt32
  /// What is wrong, in words, without the line number.
  public var reason: String

  public init(line: UInt32, reason: String) {
    self.line = line
    self.reason = reason
  }
}

/// A bounded part of a meter file, taken apart but not yet judged.
public struct MeterFileChunk: Sendable {
  /// Account numbers in order of first appearance; they only grow from chunk to chunk of a file.
  public var accountNames: [String] = []
  public var intervals: [MeterRows] = []
  public var registers: [RegisterRow] = []
  public var malformed: [MalformedLine] = []

  public init() {}

  public var rows: Int { intervals.reduce(0) { $0 + $1.rows } + registers.count }
}
