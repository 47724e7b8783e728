/// What `verify` found.
public struct Verification: Sendable {
  public var segments = 0
  public var batches = 0
  /// Events and reads, each with its position.
  public var events: UInt64 = 0
  /// The chain value of the last batch that the boundary names.
  public var head: Digest
  public var damages: [Damage] = []

  public var isIntact: Bool { damages.isEmpty }
}

extension JournalReader {
  /// Checks every durable byte: frames, headers, SHA-256 of each data frame, positions, chain,
  /// footers and boundary; with `deep` each frame is decoded as well.
  ///
  /// Goes on after damage as far as headers can be followed, so that the report names each place.
  public func verify(
    deep: Bool = false, progress: (UInt64) -> Void = { _ in }
  ) throws(JournalError) -> Verification {
    var report = Verification(head: head)
    let buffer = SegmentBuffer()
    let decoder = FrameDecoder()
    var state = ChainState(chain: identity.chainStart)
    for (index, segment) in segments.enumerated() {
      let file = try directory.open(SegmentName.file(firstPosition: segment))
      let bytes: UnsafeRawBufferPointer
      do throws(JournalError) {
        bytes = try buffer.load(file, count: durableBytes(of: segment, in: file))
      } catch {
        guard case .damaged(let damage) = error else { throw error }
        report.damages.append(damage)
        continue
      }
      var batches: [BatchLocation] = []
      report.segments += 1
      if let damage = check(segment, bytes, &state, into: &batches) {
        report.damages.append(damage)
      }
      for location in batches {
        report.batches += 1
        report.events += UInt64(location.header.count)
        let stored = UnsafeRawBufferPointer(rebasing: bytes[location.frameOffset..<location.end])
        if Digest(of: stored) != location.header.storedSHA {
          note(location.damage("the data frame's SHA-256 differs"), in: &report)
        } else if crc32c(stored) != location.header.storedCRC {
          note(location.damage("the data frame's checksum differs"), in: &report)
        } else if deep,
          decoder.decode(stored, contentBytes: Int(location.header.contentBytes)) == nil
        {
          note(location.damage("the data frame does not decode"), in: &report)
        }
      }
      progress(state.position)
      if !report.isIntact, index + 1 < segments.count { state = resumed(at: segments[index + 1]) }
    }
    return report
  }

  private func note(_ error: JournalError, in report: inout Verification) {
    if case .damaged(let damage) = error { report.damages.append(damage) }
  }

  /// After a damaged segment the next one's own first header is what there is to go by.
  private func resumed(at segment: UInt64) -> ChainState {
    var state = ChainState(chain: identity.chainStart)
    state.position = segment
    if let first = try? locations(where: { $0.firstPosition == segment }).first {
      state.chain = first.header.previousChain
      state.commit = first.header.commit - 1
    }
    return state
  }
}
