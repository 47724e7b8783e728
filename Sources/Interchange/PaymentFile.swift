import Billing
import Quantities

/// A bank's file of payments, plain or gzipped: a CSV whose header names `account`, `amount`, `on`
/// and `key`, in any order. The key is what makes a file that is sent again count once, so a line
/// without one is refused.
public struct PaymentFile: ~Copyable {
  /// Lines of the file, taken apart but not yet decided.
  public struct Chunk: Sendable {
    public fileprivate(set) var payments: [(line: UInt32, payment: Payment)] = []
    public fileprivate(set) var malformed: [MalformedLine] = []
  }

  /// The header does not name the columns.
  public struct HeaderError: Error, CustomStringConvertible {
    public let header: String

    public var description: String {
      "line 1: the header must name account, amount, on and key, each once, not '\(header)'"
    }
  }

  /// About this many lines make a chunk.
  public static let chunkLines = 8192
  private static let columns = ["account", "amount", "on", "key"]

  private let source: ByteSource
  private var lines: LineReader
  private var cells = CSVCells()
  /// Where each of `columns` is in a line.
  private let places: [Int]
  private var ended = false

  public init(path: String) throws {
    try self.init(try ByteSource(path: path, blockSize: 1 << 20))
  }

  init(_ source: ByteSource) throws {
    var lines = LineReader(source)
    let header = try lines.header()
    let places = Self.columns.compactMap { header.firstIndex(of: $0) }
    guard places.count == Self.columns.count, header.count == Self.columns.count else {
      throw HeaderError(header: String(header.joined(separator: ",").prefix(80)))
    }
    (self.source, self.lines, self.places) = (source, lines, places)
  }

  /// Bytes of the file on disk, and how many of them have been read.
  public var size: Int { source.size }
  public var bytesRead: Int { source.bytesRead }

  /// The next lines, or nil at the end of the file.
  public mutating func nextChunk() throws(MeterFileError) -> Chunk? {
    var chunk = Chunk()
    while !ended, chunk.payments.count + chunk.malformed.count < Self.chunkLines {
      switch try lines.next() {
      case .end: ended = true
      case .tooLong: chunk.reject(lines.number, "the line is longer than 64 KiB")
      case .at(let line):
        guard !line.isEmpty else { continue }
        if let reason = row(line, &chunk) { chunk.reject(lines.number, reason) }
      }
    }
    return chunk.payments.isEmpty && chunk.malformed.isEmpty ? nil : chunk
  }

  /// Adds a payment, or says why there is none.
  private mutating func row(_ line: Range<Int>, _ chunk: inout Chunk) -> String? {
    let block = lines.bytes
    let bytes = block.span
    guard cells.split(bytes, line), cells.count == places.count else {
      return "the line has not the \(places.count) cells of the header"
    }
    let (account, amount) = (cells.cell(places[0]), cells.cell(places[1]))
    let (day, key) = (cells.cell(places[2]), cells.cell(places[3]))
    guard (1...AccountTable.longest).contains(account.count), let number = bytes.text(in: account)
    else {
      return "account: '\(bytes.excerpt(account))' is not an account number of 1 to 32 bytes"
    }
    guard let millionths = bytes.decimal(in: amount, scale: 6) else {
      return "amount: '\(bytes.excerpt(amount))' is not a decimal amount such as 49.50"
    }
    guard let on = bytes.date(in: day) else {
      return "on: '\(bytes.excerpt(day))' is not a date YYYY-MM-DD"
    }
    guard (1...255).contains(key.count), let key = bytes.text(in: key) else {
      return "key: a payment's key has 1 to 255 bytes"
    }
    chunk.payments.append(
      (
        lines.number,
        Payment(number: number, amount: Money(millionths: millionths), on: on, key: key)
      ))
    return nil
  }
}

extension PaymentFile.Chunk {
  fileprivate mutating func reject(_ line: UInt32, _ reason: String) {
    malformed.append(MalformedLine(line: line, reason: reason))
  }
}
