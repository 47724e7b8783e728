/// What one file with a segment's name holds, damaged or not: every header that is as it was
/// written, wherever it stands.
struct SurveyedSegment: Sendable {
  struct Found: Sendable {
    let location: BatchLocation
    /// What is wrong with the batch's data frame; nil when it has the SHA-256 of the header.
    let fault: String?
  }

  /// A place that is not as it was written.
  struct Fault: Sendable {
    let offset: Int
    let reason: String
    /// How many batches were found before it.
    let after: Int
  }

  /// The first position that the file's name tells.
  let first: UInt64
  var found: [Found] = []
  var faults: [Fault] = []
  var footer: Footer?

  var name: String { SegmentName.file(firstPosition: first) }

  /// - Parameters:
  ///   - bytes: the durable ones.
  ///   - isSealed: whether a footer must end them.
  ///   - identity: which partitions there are, where it is known.
  ///   - deep: decodes each frame as well.
  init(
    first: UInt64, _ bytes: UnsafeRawBufferPointer, isSealed: Bool, _ identity: JournalIdentity?,
    deep: FrameDecoder?
  ) {
    self.first = first
    let scanner = SegmentScanner(segment: first, bytes: bytes, base: 0, fileEnd: bytes.count)
    if !SegmentScanner.startsWell(bytes) {
      fault(0, "the file does not start with an empty LZ4 frame")
    }
    var footerOffset: Int?
    // Frames lie one behind the other: no more bytes than the file has can be hashed in vain, but
    // for headers that are made to claim the same ones.
    var inVain = 0
    var offset = min(Frame.empty.count, bytes.count)
    while offset < bytes.count {
      switch scanner.item(at: offset) {
      case .batch(let location):
        var reason = Self.fault(of: location, bytes, deep)
        if let identity, !identity.has(location.header.partition) {
          reason = "the journal has no partition \(location.header.partition)"
        }
        found.append(Found(location: location, fault: reason))
        inVain += reason == nil ? 0 : Int(location.header.storedBytes)
        guard inVain <= 2 * bytes.count else {
          fault(offset, "more data frames are claimed than the file has bytes for")
          offset = bytes.count
          continue
        }
        // Bytes may be missing inside a frame that is not whole: its end is where it says only
        // when something stands there.
        if reason != nil, location.end < bytes.count,
          case .damage(let reason) = scanner.item(at: location.end)
        {
          fault(location.end, reason)
          offset = scanner.next(from: location.frameOffset) ?? bytes.count
        } else {
          offset = location.end
        }
      case .footer(let footer, let end):
        self.footer = footer
        footerOffset = offset
        if end < bytes.count { fault(end, "the file does not end after its footer") }
        offset = scanner.next(from: end) ?? bytes.count
      case .damage(let reason):
        fault(offset, reason)
        offset = scanner.next(from: offset + 1) ?? bytes.count
      }
    }
    noteGaps()
    guard isSealed else { return }
    if let footerOffset, faults.isEmpty, footer != footerOfBatches {
      fault(footerOffset, Footer.faultReason)
      footer = nil
    } else if footer == nil, faults.last.map({ $0.after < found.count }) ?? true {
      fault(bytes.count, "the sealed segment has no footer")
    }
  }

  mutating func fault(_ offset: Int, _ reason: String) {
    faults.append(Fault(offset: offset, reason: reason, after: found.count))
  }

  /// Batches that were taken out cleanly leave a gap in the positions.
  private mutating func noteGaps() {
    for index in found.indices.dropFirst() {
      let location = found[index].location
      guard found[index - 1].location.header.lastPosition + 1 != location.header.firstPosition,
        faults.allSatisfy({ $0.after != index })
      else { continue }
      let reason = "the batch before it in the file is not the one before it in the journal"
      faults.append(Fault(offset: location.offset, reason: reason, after: index))
    }
  }

  private var footerOfBatches: Footer? {
    guard let last = found.last?.location, let chain = last.chain else { return nil }
    return Footer(
      entries: found.map { Footer.Entry($0.location) },
      nextPosition: last.header.lastPosition + 1, chain: chain)
  }

  private static func fault(
    of location: BatchLocation, _ bytes: UnsafeRawBufferPointer, _ deep: FrameDecoder?
  ) -> String? {
    let stored = UnsafeRawBufferPointer(rebasing: bytes[location.frameOffset..<location.end])
    guard Digest(of: stored) == location.header.storedSHA else {
      return "the data frame's SHA-256 differs"
    }
    guard let deep else { return nil }
    let content = try? location.content(of: stored, with: deep, hashing: false)
    return content == nil ? "the data frame does not decode" : nil
  }
}

extension SegmentScanner {
  /// Whether a batch or a footer stands at an offset.
  fileprivate func holds(at offset: Int) -> Bool {
    if case .damage = item(at: offset) { false } else { true }
  }

  /// Where the next batch or footer stands.
  fileprivate func next(from start: Int) -> Int? {
    var offset = start
    while let found = nextMagic(from: offset) {
      if holds(at: found) { return found }
      offset = found + 1
    }
    return nil
  }
}
