import Journal

/// The folded state as of a position, so that opening a journal folds only what came after.
///
/// A snapshot is a cache: it can be deleted at any time, it is never trusted over the journal
/// (another journal's, one from another history, a damaged one or one of another version of any
/// projector is ignored), and `verify`, `audit` and plain `replay` never look at it.
public struct Snapshot {
  static let fileName = "snapshot"
  private static let magic: [UInt8] = Array("WBS1".utf8)

  let position: UInt64
  private let chain: Digest
  private let bytes: [UInt8]
  private let bodyStart: Int

  /// The state's canonical form, for writing beside the journal.
  static func encode(_ state: BillingState, chain: Digest) -> [UInt8] {
    var writer = ByteWriter(capacity: 1 << 20)
    writer.put(magic)
    writer.put(state.identity.chainStart.bytes)
    writer.put(state.position)
    writer.put(chain.bytes)
    writer.put(state.events)
    writer.put(state.reads)
    state.forEachForm { head, form in
      writer.put(head)
      writer.put(UInt64(form.count))
      writer.put(form)
    }
    writer.put(Digest(of: writer.bytes).bytes)
    return writer.bytes
  }

  /// Nil where there is no snapshot that belongs to this journal's history.
  init?(_ reader: JournalReader) {
    guard let bytes = try? reader.companion(Self.fileName), bytes.count > 124 else { return nil }
    let header = bytes.withUnsafeBytes { buffer -> (UInt64, Digest)? in
      let body = UnsafeRawBufferPointer(rebasing: buffer[..<(buffer.count - 32)])
      let end = UnsafeRawBufferPointer(rebasing: buffer[(buffer.count - 32)...])
      guard Digest(of: body) == Digest(bytes: end) else { return nil }
      var fields = ByteReader(body)
      guard let magic = try? fields.get(bytes: 4), magic.elementsEqual(Self.magic),
        let journal = try? fields.get(bytes: 32),
        Digest(bytes: journal) == reader.identity.chainStart,
        let position = try? fields.get(UInt64.self),
        let chain = try? fields.get(bytes: 32), let chain = Digest(bytes: chain)
      else { return nil }
      return (position, chain)
    }
    guard let (position, chain) = header, position <= reader.nextPosition,
      (try? reader.chain(before: position)) == chain
    else { return nil }
    self.position = position
    self.chain = chain
    self.bytes = bytes
    bodyStart = 4 + 32 + 8 + 32
  }

  /// Whether there is a snapshot that cannot stand for the journal's first part: another journal's,
  /// one from a future that this journal does not have, a damaged one, one of another version.
  public static func isIgnored(by reader: JournalReader) -> Bool {
    guard (try? reader.companion(fileName)) ?? nil != nil else { return false }
    return Snapshot(reader)?.state(identity: reader.identity) == nil
  }

  /// The state it holds; nil when a projector is of another version.
  func state(identity: JournalIdentity) -> BillingState? {
    bytes.withUnsafeBytes { buffer in
      let body = UnsafeRawBufferPointer(rebasing: buffer[bodyStart..<(buffer.count - 32)])
      var fields = ByteReader(body)
      return try? restore(&fields, identity)
    }
  }

  private func restore(
    _ fields: inout ByteReader, _ identity: JournalIdentity
  ) throws -> BillingState {
    var state = BillingState(identity: identity)
    state.events = try fields.get()
    state.reads = try fields.get()
    state.position = position
    while fields.remaining > 0 {
      let name = try fields.getText()
      let version: UInt16 = try fields.get()
      let partition: UInt16 = try fields.get()
      let size = Int(clamping: try fields.get(UInt64.self))
      var form = ByteReader(try fields.get(bytes: size))
      guard version == PartitionState.versions[name] else { throw ByteReader.Failure.endOfBytes }
      if partition == JournalIdentity.system {
        state.system = try SystemState(from: &form)
      } else if state.partitions.indices.contains(Int(partition)) {
        try state.partitions[Int(partition)].restore(name, from: &form)
      }
      guard form.remaining == 0 else { throw ByteReader.Failure.endOfBytes }
    }
    guard state.isPlausible else { throw ByteReader.Failure.endOfBytes }
    return state
  }
}

extension Engine {
  /// Events that are worth a snapshot: folding them costs about as much as reading one.
  private static let worthwhile: UInt64 = 200_000

  /// Writes a snapshot when much has been folded since the last one.
  public func saveSnapshot(always: Bool = false) throws {
    guard always || state.position - snapshotPosition >= Self.worthwhile else { return }
    guard state.losses.isEmpty, case .recorded(let writer) = writer else { return }
    let reader = try writer.reader()
    try writer.publish(Snapshot.encode(state, chain: reader.head), as: Snapshot.fileName)
    snapshotPosition = state.position
  }
}
