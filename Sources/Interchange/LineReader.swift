/// The lines of a file, one after the other in one buffer, without copying them.
///
/// A line ends at LF or CRLF or the end of the file; a byte order mark before the first is
/// skipped. Lines over 64 KiB are told, not kept.
struct LineReader {
  static let longest = 65_536

  enum Line: Equatable {
    /// Where the line is in `bytes`, until the next call.
    case at(Range<Int>)
    case tooLong
    case end
  }

  private(set) var bytes: [UInt8]
  /// The number of the line last given, from 1.
  private(set) var number: UInt32 = 0

  private let source: ByteSource
  private var start = 0
  private var scanned = 0
  private var filled = 0
  private var ended = false

  init(_ source: ByteSource) {
    self.source = source
    bytes = [UInt8](repeating: 0, count: source.blockSize * 2)
  }

  mutating func next() throws(MeterFileError) -> Line {
    var tooLong = false
    while true {
      let newline = bytes.span.index(of: 0x0A, in: scanned..<filled)
      if newline == nil, !ended {
        scanned = filled
        if filled - start > LineReader.longest + 1 {
          tooLong = true
          start = filled
        }
        try fill()
        continue
      }
      guard newline != nil || start < filled || tooLong else { return .end }
      var line = start..<(newline ?? filled)
      start = newline.map { $0 + 1 } ?? filled
      scanned = start
      number &+= 1
      if let last = line.last, bytes[last] == 0x0D { line = line.lowerBound..<last }
      if number == 1, line.count >= 3, bytes.span.range(line.prefix(3), equals: "\u{FEFF}") {
        line = line.dropFirst(3)
      }
      return tooLong || line.count > LineReader.longest ? .tooLong : .at(line)
    }
  }

  private mutating func fill() throws(MeterFileError) {
    if bytes.count - filled < source.blockSize {
      for index in start..<filled { bytes[index - start] = bytes[index] }
      filled -= start
      scanned -= start
      start = 0
    }
    if bytes.count - filled < source.blockSize {
      bytes.append(contentsOf: repeatElement(0, count: bytes.count))
    }
    let count = try source.read(into: &bytes, at: filled)
    filled += count
    ended = count == 0
  }
}
