/// The one writer of a journal. An append returns when its events are durable; after the first
/// failure nothing more is written, because what a failed sync left behind is unknown.
public final class JournalWriter {
  /// A segment that has grown past this many bytes is sealed before the next commit.
  public static let segmentBytes = 64 << 20

  public let identity: JournalIdentity
  let directory: JournalDirectory
  private let lock: JournalLock
  private let boundaryFile: JournalFile
  private var segmentFile: JournalFile
  private var boundary: Boundary
  private var entries: [Footer.Entry]
  private var filler = Filler()
  private var hasEnded = false
  private let sealAfter: Int

  /// Makes an empty journal.
  public static func create(path: String, identity: JournalIdentity) throws(JournalError) {
    try create(in: FileSystem(path: path), identity: identity)
  }

  package static func create(
    in storage: any Storage, identity: JournalIdentity
  ) throws(JournalError) {
    let directory = JournalDirectory(storage)
    let path = directory.path
    try directory.make()
    let lock = try JournalLock(directory)
    guard !directory.exists(JournalIdentity.fileName) else { throw .alreadyAJournal(path: path) }
    // Segments whose journal.json was lost are somebody's journal still.
    for name in try directory.names() where SegmentName.firstPosition(name) != nil {
      guard try directory.isEmptySegment(name) else { throw .alreadyAJournal(path: path) }
    }
    let first = Boundary(
      generation: 0, commit: 0, segment: 0, offset: UInt64(Frame.empty.count), nextPosition: 0,
      chain: identity.chainStart, journal: identity.chainStart, epoch: 0, recordedAt: 0)
    try directory.publish(Frame.empty, as: SegmentName.file(firstPosition: 0))
    try directory.publish(
      Array(repeatElement(first.encoded, count: Boundary.slots).joined()), as: Boundary.fileName)
    // journal.json comes last: without it there is no journal.
    try directory.publish(identity.json, as: JournalIdentity.fileName)
    lock.release()
  }

  /// Opens for writing: takes the lock, and repairs what a crash left after the boundary.
  ///
  /// - Parameter wait: how long to try again while another process holds the lock.
  public convenience init(
    path: String, wait: Duration = .zero, sealAfter: Int = JournalWriter.segmentBytes
  ) throws(JournalError) {
    try self.init(storage: FileSystem(path: path), wait: wait, sealAfter: sealAfter)
  }

  package init(
    storage: any Storage, wait: Duration = .zero, sealAfter: Int = JournalWriter.segmentBytes
  ) throws(JournalError) {
    directory = JournalDirectory(storage)
    self.sealAfter = sealAfter
    guard directory.exists(JournalIdentity.fileName) else {
      throw .notAJournal(path: directory.path)
    }
    lock = try JournalLock(directory, waiting: wait)
    let reader = try JournalReader(storage: storage)
    identity = reader.identity
    boundaryFile = try directory.open(Boundary.fileName, writing: true)
    segmentFile = try directory.open(
      SegmentName.file(firstPosition: reader.boundary.segment), writing: true)
    (boundary, entries) = try Recovery(reader).run(on: segmentFile, boundaryFile)
    boundary.epoch += 1
  }

  deinit {
    // What a failed write left is for the next writer to look at.
    guard filler.end > Int(boundary.offset), !hasEnded else { return }
    guard (try? segmentFile.truncate(to: Int(boundary.offset))) != nil else { return }
    try? segmentFile.sync()
  }

  /// A reader of what is durable now.
  public func reader() throws(JournalError) -> JournalReader {
    try JournalReader(directory: directory, identity: identity, boundary: boundary)
  }

  public var nextPosition: UInt64 { boundary.nextPosition }
  /// When the last commit was recorded, in milliseconds since 1970 UTC.
  public var recordedAt: Int64 { boundary.recordedAt }

  /// Appends one commit of one or more batches and returns when it is durable.
  ///
  /// - Parameter recordedAt: milliseconds since 1970 UTC; an earlier time than the previous
  ///   commit's becomes that.
  /// - Returns: the header of each batch, with its positions.
  @discardableResult
  public func append(
    _ batches: [PendingBatch], recordedAt: Int64, origin: Origin
  ) throws(JournalError) -> [BatchHeader] {
    precondition(!batches.isEmpty, "a commit has at least one batch")
    guard !hasEnded else { throw .writerEnded }
    if Int(boundary.offset) >= sealAfter, !entries.isEmpty { try roll() }
    var next = boundary
    next.commit += 1
    next.generation += 1
    next.recordedAt = min(
      max(boundary.recordedAt, recordedAt), Boundary.moments.upperBound)
    var bytes: [UInt8] = []
    var headers: [BatchHeader] = []
    var newEntries: [Footer.Entry] = []
    for (index, batch) in batches.enumerated() {
      precondition(batch.count > 0, "a batch has at least one event")
      precondition(identity.has(batch.partition), "the journal has no such partition")
      let stored = batch.frame?.stored ?? Frame.compress(batch.content)
      let header = BatchHeader(
        kind: batch.kind, isLastOfCommit: index == batches.count - 1, partition: batch.partition,
        count: UInt32(batch.count), firstPosition: next.nextPosition, commit: next.commit,
        recordedAt: next.recordedAt, epoch: next.epoch, accounts: batch.accounts,
        dates: batch.dates, storedBytes: UInt32(stored.count),
        contentBytes: batch.frame?.contentBytes ?? UInt32(batch.content.count),
        storedCRC: crc32c(stored),
        storedSHA: Digest(of: stored), previousChain: next.chain, actor: origin.actor,
        source: origin.source)
      let encoded = header.encoded()
      next.chain = Digest(of: encoded)
      let offset = Int(next.offset)
      let location = BatchLocation(
        header: header, segment: next.segment, offset: offset,
        frameOffset: offset + 8 + encoded.count, chain: next.chain)
      newEntries.append(Footer.Entry(location))
      bytes += Frame.skippable(Frame.headerMagic, encoded)
      bytes += stored
      next.offset = UInt64(location.end)
      next.nextPosition += UInt64(batch.count)
      headers.append(header)
    }
    try endOnFailure { () throws(JournalError) in
      bytes += filler.follow(bytes.count, at: Int(boundary.offset))
      try segmentFile.write(bytes, at: Int(boundary.offset))
      try segmentFile.sync()
      try next.write(to: boundaryFile)
    }
    boundary = next
    entries += newEntries
    return headers
  }

  /// Seals the segment with its footer and starts the next one, as a generation of its own.
  private func roll() throws(JournalError) {
    let footer = Footer(
      entries: entries, nextPosition: boundary.nextPosition, chain: boundary.chain)
    var next = boundary
    next.generation += 1
    next.segment = boundary.nextPosition
    next.offset = UInt64(Frame.empty.count)
    let name = SegmentName.file(firstPosition: next.segment)
    try endOnFailure { () throws(JournalError) in
      let bytes = Frame.skippable(Frame.footerMagic, footer.encoded)
      try segmentFile.write(bytes, at: Int(boundary.offset))
      try segmentFile.truncate(to: Int(boundary.offset) + bytes.count)
      try segmentFile.sync()
      try directory.publish(Frame.empty, as: name)
      segmentFile = try directory.open(name, writing: true)
      try next.write(to: boundaryFile)
    }
    boundary = next
    entries = []
    filler.startAgain()
  }

  private func endOnFailure(_ body: () throws(JournalError) -> Void) throws(JournalError) {
    do throws(JournalError) { try body() } catch {
      hasEnded = true
      throw error
    }
  }

  /// Writes a small file beside the segments, whole or not at all.
  public func publish(_ bytes: [UInt8], as name: String) throws(JournalError) {
    try directory.publish(bytes, as: name)
  }
}
