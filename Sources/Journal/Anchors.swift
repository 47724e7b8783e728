/// What binds a journal's batches: the text that the chain starts from and the boundary that it
/// ends in. Each is told from the other, and from the first batch, where one of them is damaged.
struct Anchors {
  private(set) var identity: JournalIdentity?
  private(set) var boundary: Boundary?
  /// The chain value before the first batch.
  private(set) var start: Digest?
  private(set) var damages: [Damage] = []

  init(_ directory: JournalDirectory) throws(JournalError) {
    var text: [UInt8]?
    if directory.exists(JournalIdentity.fileName) {
      text = try directory.contents(JournalIdentity.fileName, limit: 4096)
      identity = text.flatMap { try? JournalIdentity(json: $0) }
    }
    if directory.exists(Boundary.fileName) {
      do throws(JournalError) { boundary = try Boundary.current(in: directory) } catch {
        guard case .damaged(let damage) = error else { throw error }
        damages.append(damage)
      }
    } else {
      damages.append(Damage(file: Boundary.fileName, offset: 0, reason: "the file is missing"))
    }
    let first = Self.claim(directory)
    if let identity, let held = boundary, held.journal != identity.chainStart {
      let isForeign = first == held.journal
      damages.append(
        Damage(
          file: isForeign ? JournalIdentity.fileName : Boundary.fileName, offset: 0,
          reason: "it is another journal's: "
            + "the \(isForeign ? "boundary" : "identity") and the first batch are of one journal"))
      if isForeign { self.identity = nil } else { boundary = nil }
      text = nil
    }
    start = identity?.chainStart ?? boundary?.journal ?? first
    guard identity == nil, damages.last?.file != JournalIdentity.fileName else { return }
    let mended = text.flatMap { text in start.flatMap { Self.mend(text, to: $0) } }
    identity = mended?.identity
    let reason =
      mended.map {
        "is not the text that was written: SHA-256 is right when the byte is "
          + "“\(Character(Unicode.Scalar($0.byte)))” again"
      } ?? (text == nil ? "the file is missing" : "is not the text that was written")
    damages.append(
      Damage(file: JournalIdentity.fileName, offset: mended?.offset ?? 0, reason: reason))
  }

  /// What the first batch says that the chain starts from.
  private static func claim(_ directory: JournalDirectory) -> Digest? {
    let name = SegmentName.file(firstPosition: 0)
    let limit = Frame.empty.count + 8 + BatchHeader.maximumBytes
    guard let bytes = try? directory.contents(name, limit: limit) else { return nil }
    let item = bytes.withUnsafeBytes { buffer -> SegmentItem? in
      guard SegmentScanner.startsWell(buffer), buffer.count > Frame.empty.count else { return nil }
      return SegmentScanner(segment: 0, bytes: buffer, base: 0, fileEnd: .max)
        .item(at: Frame.empty.count)
    }
    guard case .batch(let first) = item, first.header.firstPosition == 0 else { return nil }
    return first.header.previousChain
  }

  /// The text with one byte changed so that its SHA-256 is the one wanted: no guess but a proof.
  private static func mend(
    _ text: [UInt8], to wanted: Digest
  ) -> (identity: JournalIdentity, offset: Int, byte: UInt8)? {
    // The identity is below a hundred bytes: to try every byte takes milliseconds.
    guard text.count < 256 else { return nil }
    var tried = text
    for offset in text.indices {
      for byte in UInt8.min...UInt8.max {
        tried[offset] = byte
        guard Digest(of: tried) == wanted, let identity = try? JournalIdentity(json: tried) else {
          continue
        }
        return (identity, offset, byte)
      }
      tried[offset] = text[offset]
    }
    return nil
  }
}
