/// What stands in the directory beside the durable part: no damage, but the next writer's business,
/// or a sign that the boundary is not the newest.
struct Leftovers {
  private let directory: JournalDirectory
  private let boundary: Boundary

  init(_ directory: JournalDirectory, _ boundary: Boundary) {
    self.directory = directory
    self.boundary = boundary
  }

  private var name: String { SegmentName.file(firstPosition: boundary.segment) }

  /// In words, for people.
  var notes: [String] {
    var notes: [String] = []
    if let bytes = try? directory.contents(Boundary.fileName) {
      let broken = Boundary.invalidSlots(in: bytes)
      if !broken.isEmpty {
        notes.append(
          "boundary: \(broken.count) of its four copies "
            + (broken.count == 1 ? "is not valid" : "are not valid") + " (at byte "
            + broken.map { String($0 * Boundary.slotBytes) }.joined(separator: ", ")
            + "); one is enough, and writers make them whole again")
      }
    }
    if let size = try? directory.open(name).size(), size > Int(boundary.offset), isNewest {
      notes.append(
        "\(name): \(size - Int(boundary.offset)) bytes after the durable part are not "
          + "acknowledged; the next writer keeps one whole commit and cuts the rest")
    }
    return notes
  }

  /// The boundary is older than the journal when a later commit stands behind it.
  ///
  /// A writer that is at work moves the boundary meanwhile: then nothing is said.
  func laterCommit() throws(JournalError) -> Damage? {
    var found: String?
    if let bytes = try? tail() {
      let offset = bytes.withUnsafeBytes {
        Recovery.laterCommit(
          than: boundary.commit + 1, in: $0, of: boundary.segment, base: Int(boundary.offset))
      }
      if let offset { found = Recovery.staleReason(name, offset: offset) }
    }
    for name in try directory.names() where found == nil {
      guard let first = SegmentName.firstPosition(name), first > boundary.segment,
        !((try? directory.isEmptySegment(name)) ?? true)
      else { continue }
      found = Recovery.staleReason(name, offset: 0)
    }
    guard let found, isNewest else { return nil }
    return Damage(file: Boundary.fileName, offset: 0, reason: found)
  }

  /// Whether no writer has moved the boundary since it was read.
  private var isNewest: Bool {
    guard let bytes = try? directory.contents(Boundary.fileName) else { return false }
    return (try? Boundary.newest(in: bytes)) == boundary
  }

  /// The bytes of the boundary's segment behind the boundary.
  private func tail() throws(JournalError) -> [UInt8] {
    let file = try directory.open(name)
    let start = Int(boundary.offset)
    return try file.bytes(start..<max(start, try file.size()))
  }
}
