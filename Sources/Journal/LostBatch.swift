/// Positions that cannot be read any more, and what can be told of the batch that stood there.
///
/// A salvaged journal has a batch of kind `lost` in their place, so that every other position keeps
/// its number and no fold takes what is gone for something that never was.
public struct LostBatch: Hashable, Sendable {
  public var positions: ClosedRange<UInt64>
  /// What the batch's header or the segment's footer tells; nil where neither is left: then events
  /// of any account may have stood there.
  public var told: BatchSummary?
  public var reason: String

  static let magic: [UInt8] = Array("WBL1".utf8)
  /// Positions in one batch at the most.
  static let maximumCount: UInt64 = 1 << 31

  init(positions: ClosedRange<UInt64>, told: BatchSummary? = nil, reason: String = "") {
    self.positions = positions
    self.told = told
    self.reason = reason
  }

  /// Whether what is lost may be of this account, or be what its bills depend on.
  public func mayTouch(account: UInt32, partitions: Int) -> Bool {
    guard let told, told.partition != JournalIdentity.system else { return true }
    return account % UInt32(partitions) == told.partition && told.mayHold(account: account)
  }

  /// The batch that stands in the place of what is lost.
  func placeholder() -> PendingBatch {
    var writer = ByteWriter()
    writer.put(Self.magic)
    writer.put(told?.kind.rawValue ?? 0)
    writer.put([0, 0, 0])
    writer.put(reason.utf8)
    return PendingBatch(
      kind: .lost, partition: told?.partition ?? JournalIdentity.system,
      count: positions.count, accounts: told == nil ? 0...UInt32.max : told?.accounts,
      dates: told?.dates, content: writer.bytes)
  }

  /// What a batch of kind `lost` says; nil when it is not as it is written.
  public init?(_ content: UnsafeRawBufferPointer, header: BatchHeader) {
    guard header.kind == .lost, content.count >= 8, content.starts(with: Self.magic),
      content[4] <= BatchKind.reads.rawValue, content[5...7].allSatisfy({ $0 == 0 })
    else { return nil }
    positions = header.positions
    reason = String(decoding: content[8...], as: UTF8.self)
    guard let kind = BatchKind(rawValue: content[4]) else { return }
    told = BatchSummary(header)
    told?.kind = kind
  }
}
