/// The places of a survey that are damaged, each with the positions that it costs: every lost
/// position belongs to one place.
struct DamagePlaces {
  private struct Place {
    let offset: Int
    let reason: String
    let positions: ClosedRange<UInt64>?
  }

  private let files: [SurveyedSegment]
  /// Chain values of the proven batches, and the places where the proof stopped.
  private let proven: Set<Digest>
  private let breaks: [Digest: String]
  /// What headers and footers tell of lost batches, by position.
  private var told: [LostBatch] = []
  private let end: UInt64
  private var missing: PositionSet

  /// - Parameters:
  ///   - found: every batch of the files, which the proof's indices point to.
  ///   - missing: positions before `end` that are not intact.
  init(
    _ files: [SurveyedSegment], _ found: [SurveyedSegment.Found], _ proof: ChainProof, end: UInt64,
    head: Digest, missing: PositionSet
  ) {
    self.files = files
    self.end = end
    self.missing = missing
    var (proven, starts): (Set<Digest>, Set<Digest>) = ([], [head])
    for index in proof.proven {
      let location = found[index].location
      if let chain = location.chain { proven.insert(chain) }
      starts.insert(location.header.previousChain)
      guard found[index].fault != nil else { continue }
      told.append(
        LostBatch(positions: location.header.positions, told: BatchSummary(location.header)))
    }
    self.proven = proven
    breaks = Dictionary(
      proof.breaks.compactMap { item in
        found[item.batch].location.chain.map { ($0, item.reason) }
      }, uniquingKeysWith: { first, _ in first })
    // A footer speaks for its segment when the next one follows on the same chain value.
    for footer in files.compactMap(\.footer) where starts.contains(footer.chain) {
      let nexts = footer.entries.dropFirst().map(\.firstPosition) + [footer.nextPosition]
      for (entry, next) in zip(footer.entries, nexts) where entry.firstPosition < next {
        told.append(
          LostBatch(positions: entry.firstPosition...(next - 1), told: BatchSummary(entry)))
      }
    }
    told.sort { $0.positions.lowerBound < $1.positions.lowerBound }
  }

  /// - Parameter last: the segment in which the boundary lies; nil without a boundary.
  mutating func damages(last: UInt64?) -> [Damage] {
    var damages: [Damage] = []
    for index in files.indices {
      for place in places(in: index).sorted(by: { $0.offset < $1.offset }) {
        damages += damage(files[index].name, place)
      }
    }
    let names = Set(files.map(\.first))
    for range in missing.ranges {
      var next = range.lowerBound
      while next <= range.upperBound {
        let later = files.first { $0.first > next }?.first ?? .max
        let part = next...min(range.upperBound, later - 1)
        // Behind the start of the last segment there is no other file to miss.
        let first = min(next, last ?? .max)
        let reason =
          first < next
          ? "it does not hold what the boundary says"
          : names.contains(next) ? "the file holds none of them" : "the file is missing"
        damages += damage(
          SegmentName.file(firstPosition: first),
          Place(offset: 0, reason: reason, positions: part))
        next = part.upperBound + 1
      }
    }
    if let last, !names.contains(last) {
      let name = SegmentName.file(firstPosition: last)
      if !damages.contains(where: { $0.file == name }) {
        damages.append(Damage(file: name, offset: 0, reason: "the file is missing"))
      }
    }
    return damages
  }

  private mutating func damage(_ name: String, _ place: Place) -> [Damage] {
    let parts = place.positions.map { missing.take($0) } ?? []
    let lost = parts.flatMap { tell($0, "\(name) at byte \(place.offset): \(place.reason)") }
    let positions = parts.first.flatMap { first in
      parts.last.map { first.lowerBound...$0.upperBound }
    }
    return [
      Damage(
        file: name, offset: place.offset, positions: positions, lost: lost, reason: place.reason)
    ]
  }

  /// Everything in a file that is not as it was written, or not this journal's.
  private func places(in index: Int) -> [Place] {
    let file = files[index]
    let next = file.footer?.nextPosition ?? (index + 1 < files.count ? files[index + 1].first : end)
    var places: [Place] = []
    for fault in file.faults {
      let start =
        fault.after > 0
        ? file.found[fault.after - 1].location.header.lastPosition + 1 : file.first
      let stop =
        fault.after < file.found.count
        ? file.found[fault.after].location.header.firstPosition : next
      places.append(
        Place(
          offset: fault.offset, reason: fault.reason,
          positions: start < stop ? start...(stop - 1) : nil))
    }
    let isMisnamed =
      file.found.first.map { $0.location.header.firstPosition != file.first } ?? false
      && file.faults.allSatisfy { $0.after > 0 }
    if isMisnamed {
      places.append(
        Place(
          offset: 0, reason: "the file holds another segment than its name says", positions: nil))
    }
    var (unproven, seen): ([BatchLocation], Set<Digest>) = ([], [])
    for found in file.found {
      let location = found.location
      let chain = location.chain ?? Digest(of: [])
      if proven.contains(chain), seen.insert(chain).inserted {
        places += run(unproven)
        unproven = []
        if let reason = found.fault {
          places.append(
            Place(
              offset: location.frameOffset, reason: reason, positions: location.header.positions))
        }
        if let reason = breaks[chain] {
          places.append(Place(offset: location.offset, reason: reason, positions: nil))
        }
      } else if proven.contains(chain) {
        places.append(
          Place(offset: location.offset, reason: "the batch stands here twice", positions: nil))
      } else {
        unproven.append(location)
      }
    }
    return places + run(unproven)
  }

  /// Batches in a row that nothing proves.
  private func run(_ batches: [BatchLocation]) -> [Place] {
    guard let first = batches.first, let last = batches.last else { return [] }
    let broken = batches.lazy.compactMap { batch in
      batch.chain.flatMap { breaks[$0] }.map { (batch.offset, $0) }
    }.first
    let low = first.header.firstPosition
    return [
      Place(
        offset: broken?.0 ?? first.offset,
        reason: broken?.1
          ?? "the hash chain is broken: what stands here is bound neither to the journal's start "
          + "nor to its boundary",
        positions: low...max(low, last.header.lastPosition))
    ]
  }

  /// What is known of lost positions, piece by piece.
  private func tell(_ range: ClosedRange<UInt64>, _ reason: String) -> [LostBatch] {
    var pieces: [LostBatch] = []
    var next = range.lowerBound
    for item in told where item.positions.overlaps(range) {
      let part = item.positions.clamped(to: range)
      guard part.lowerBound >= next else { continue }
      if next < part.lowerBound {
        pieces.append(LostBatch(positions: next...(part.lowerBound - 1), reason: reason))
      }
      pieces.append(LostBatch(positions: part, told: item.told, reason: reason))
      next = part.upperBound + 1
    }
    if next <= range.upperBound {
      pieces.append(LostBatch(positions: next...range.upperBound, reason: reason))
    }
    return pieces
  }
}
