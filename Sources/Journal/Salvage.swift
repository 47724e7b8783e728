/// A new journal of everything that is provably intact in a damaged one.
///
/// Each event keeps its position, so that bills, corrections and evidence go on pointing at what
/// they mean. In the place of what is lost stands a batch that says so. The new journal has an
/// identity and a chain of its own, and counts its commits anew; the damaged one is not touched.
public struct Salvage: Sendable {
  public let identity: JournalIdentity
  public let copiedBatches: Int
  /// Events and reads that were copied.
  public let copied: UInt64
  public let lost: [LostBatch]

  /// Writes the new journal.
  ///
  /// - Parameters:
  ///   - path: a directory without a journal.
  ///   - id: 32 hexadecimal digits of the new journal's own.
  ///   - partitions: needed when `journal.json` is beyond mending, must agree where it is not.
  public init(
    of survey: Survey, to path: String, id: String, partitions: Int? = nil,
    sealAfter: Int = JournalWriter.segmentBytes,
    progress: (UInt64) -> Void = { _ in }
  ) throws(JournalError) {
    guard let partitions = survey.identity?.partitions ?? partitions,
      survey.lost.reduce(0, { $0 + ($1.positions.upperBound - $1.positions.lowerBound) })
        < Self.mostLost
    else {
      throw .damaged(
        Damage(
          file: survey.identity == nil ? JournalIdentity.fileName : Boundary.fileName, offset: 0,
          reason: survey.identity == nil
            ? "nothing tells how many partitions the journal has"
            : "it names more positions than these files could hold"))
    }
    let target = JournalDirectory(path: path)
    guard !target.exists(Boundary.fileName) else { throw .alreadyAJournal(path: path) }
    let identity = JournalIdentity(id: id, partitions: partitions)
    self.identity = identity
    try JournalWriter.create(path: path, identity: identity)
    let writer = try JournalWriter(path: path, sealAfter: sealAfter)
    var lost = survey.lost[...]
    var commit: [PendingBatch] = []
    var (recordedAt, written) = (Boundary.moments.lowerBound, 0)

    func mark(before position: UInt64) throws(JournalError) {
      while let next = lost.first, next.positions.lowerBound < position {
        lost.removeFirst()
        for piece in next.pieces(in: identity) {
          try writer.append(
            [piece.placeholder()], recordedAt: recordedAt,
            origin: Origin(actor: "salvage", source: "journal \(survey.origin ?? "unknown")"))
        }
      }
    }
    for (index, location) in survey.intact.enumerated() {
      let header = location.header
      if commit.isEmpty { try mark(before: header.firstPosition) }
      commit.append(try PendingBatch(copying: location, from: survey.directory))
      recordedAt = header.recordedAt
      // A commit that has lost a part is two around it.
      let next = index + 1 < survey.intact.count ? survey.intact[index + 1].header : nil
      guard next?.commit != header.commit || next?.firstPosition != header.lastPosition + 1 else {
        continue
      }
      try writer.append(
        commit, recordedAt: recordedAt, origin: Origin(actor: header.actor, source: header.source))
      written += commit.count
      commit = []
      progress(header.lastPosition + 1)
    }
    try mark(before: .max)
    self.lost = survey.lost
    copiedBatches = written
    copied = writer.nextPosition - survey.lost.reduce(0) { $0 + UInt64($1.positions.count) }
  }

  /// Far above what files can lose, so that a forged boundary does not make us write for ever.
  private static let mostLost: UInt64 = 1 << 40
}

extension LostBatch {
  /// In parts whose count a header can hold; what cannot be true of the journal is not repeated.
  fileprivate func pieces(in identity: JournalIdentity) -> [LostBatch] {
    stride(from: positions.lowerBound, through: positions.upperBound, by: Int(Self.maximumCount))
      .map { start in
        var piece = self
        piece.told = told.flatMap { identity.has($0.partition) && $0.kind != .lost ? $0 : nil }
        piece.positions = start...min(positions.upperBound, start + Self.maximumCount - 1)
        return piece
      }
  }
}

extension PendingBatch {
  /// The batch byte for byte, its SHA-256 checked once more.
  fileprivate init(
    copying location: BatchLocation, from directory: JournalDirectory
  ) throws(JournalError) {
    let header = location.header
    let summary = BatchSummary(header)
    self.init(
      kind: header.kind, partition: header.partition, count: Int(header.count),
      accounts: summary.accounts, dates: summary.dates, content: [])
    let file = try directory.open(SegmentName.file(firstPosition: location.segment))
    let stored = try file.bytes(location.frameOffset..<location.end)
    guard Digest(of: stored) == header.storedSHA else {
      throw location.damage("the data frame's SHA-256 differs")
    }
    frame = (stored, header.contentBytes)
  }
}
