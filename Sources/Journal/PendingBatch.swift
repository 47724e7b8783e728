/// A batch that is to be appended.
public struct PendingBatch: Sendable {
  public var kind: BatchKind
  public var partition: UInt16
  /// Events or reads inside; at least one.
  public var count: Int
  public var accounts: ClosedRange<UInt32>?
  public var dates: ClosedRange<Int32>?
  public var content: [UInt8]
  /// The data frame, of a copy as the other journal has it; nil where the content is compressed anew.
  var frame: (stored: [UInt8], contentBytes: UInt32)?

  public init(
    kind: BatchKind, partition: UInt16, count: Int, accounts: ClosedRange<UInt32>?,
    dates: ClosedRange<Int32>?, content: [UInt8]
  ) {
    self.kind = kind
    self.partition = partition
    self.count = count
    self.accounts = accounts
    self.dates = dates
    self.content = content
  }

  /// The same with its frame made, so that the thread that appends it need not.
  public func compressed() -> PendingBatch {
    var batch = self
    batch.frame = (Frame.compress(content), UInt32(content.count))
    return batch
  }
}

/// Who appends and from what, for the batch headers; each at most 255 bytes.
public struct Origin: Sendable {
  public let actor: String
  public let source: String

  public init(actor: String, source: String) {
    self.actor = actor.clipped
    self.source = source.clipped
  }
}

extension String {
  fileprivate var clipped: String {
    var text = self
    while text.utf8.count > 255 { text.removeLast() }
    return text
  }
}
