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
    var follows = true
    for segment in segments {
      let file = try directory.open(SegmentName.file(firstPosition: segment))
      let bytes: UnsafeRawBufferPointer
      do throws(JournalError) {
        bytes = try buffer.load(file, count: durableBytes(of: segment, in: file))
      } catch {
        note(error, in: &report)
        continue
      }
      report.segments += 1
      if follows, state.position != segment {
        report.damages.append(missing(state.position, before: segment))
        follows = false
      }
      if !follows { state = ownStart(of: segment, bytes) }
      var batches: [BatchLocation] = []
      let damage = check(segment, bytes, &state, into: &batches)
      if let damage { report.damages.append(damage) }
      follows = damage == nil
      for location in batches {
        report.batches += 1
        report.events += UInt64(location.header.count)
        let stored = UnsafeRawBufferPointer(rebasing: bytes[location.frameOffset..<location.end])
        if Digest(of: stored) != location.header.storedSHA {
          note(location.damage("the data frame's SHA-256 differs"), in: &report)
        } else if deep {
          do throws(JournalError) {
            _ = try location.content(of: stored, with: decoder, hashing: false)
          } catch { note(error, in: &report) }
        }
      }
      progress(state.position)
    }
    return report
  }

  private func note(_ error: JournalError, in report: inout Verification) {
    if case .damaged(let damage) = error { report.damages.append(damage) }
  }
}
