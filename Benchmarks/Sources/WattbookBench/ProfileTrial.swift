import Billing
import CLimit
import Foundation
import Interchange
import Journal

/// Stages of replay and ingest, each run by itself over the same bytes.
struct ProfileTrial {
  let neighbourhood: Neighbourhood
  let repetitions: Int
  let folder: TemporaryFolder

  func run() throws {
    let csv = folder.file("reads.csv")
    try neighbourhood.writeCSV(to: csv)
    let books = try neighbourhood.books(in: folder)
    let enrolled = try books.reader().nextPosition
    let ingest = try median { [neighbourhood, folder] in
      let books = try neighbourhood.books(in: folder, "again")
      return try Measurement.of { _ = try books.ingest(file: csv) }.0
    }
    folder.remove("again")
    let written = try books.reader()
    try require(written.nextPosition == enrolled, "the journal has events that nobody wrote")
    _ = try books.ingest(file: csv)
    let replay = try replayStages(books, enrolled: enrolled)
    say(table("replay, one thread", replay.stages, whole: replay.whole, rest: "folding the reads"))
    let stages = try ingestStages(books, csv: csv, folding: replay.folding, replay)
    say(
      "\n"
        + table(
          "ingest of the interval CSV", stages, whole: ingest.wall,
          rest: "judging, sorting, columns"))
  }

  private func median(_ body: () throws -> Measurement) throws -> Measurement {
    try (0..<repetitions).map { _ in try body() }.median
  }

  private func seconds(_ body: () throws -> Void) throws -> Double {
    try median { try Measurement.of(body).0 }.wall
  }

  typealias Stage = (name: String, seconds: Double)

  /// Differences between runs that do one thing more each.
  private func replayStages(
    _ books: Books, enrolled: UInt64
  ) throws -> (stages: [Stage], whole: Double, folding: Double, hashing: Double, checking: Double) {
    let bytes = try JournalBytes(journal: books.path)
    let reading = try seconds { try bytes.read { _ in } }
    let walking = try seconds { try books.reader().forEachSegment { _ in true } }
    let checking = try median { try bytes.measureInMemory { _ = crc32c($0) } }.wall
    let decoding = try seconds {
      let decoder = BatchDecoder()
      try books.reader().forEachSegment { segment in
        for location in segment.batches { _ = try decoder.content(of: location, in: segment) }
        return true
      }
    }
    let accounts = try seconds {
      _ = try Replay(books.reader(), knownAt: .position(enrolled - 1)).run()
    }
    let whole = try seconds { _ = try Replay(books.reader()).run() }
    let hashing = try median { try bytes.hash() }.wall
    let lz4 = max(0, decoding - walking - checking)
    // The fold that stops after the accounts has read one segment.
    let firstSegment = walking / Double(max(1, try books.reader().segmentCount))
    let enrolments = max(0, accounts - firstSegment)
    let stages: [Stage] = [
      ("reading the segments", reading),
      ("headers, chain, structure", max(0, walking - reading)),
      ("CRC-32C", checking), ("LZ4", lz4), ("folding schedules and enrolments", enrolments),
    ]
    let folding = max(0, whole - decoding - enrolments)
    return (stages, whole, folding, hashing, checking)
  }

  private func ingestStages(
    _ books: Books, csv: String, folding: Double,
    _ replay: (stages: [Stage], whole: Double, folding: Double, hashing: Double, checking: Double)
  ) throws -> [Stage] {
    let digest = try seconds { try Books.digest(of: csv) }
    let parsing = try seconds {
      var file = try MeterFile(path: csv)
      while try file.nextChunk(zone: { _ in nil }) != nil {}
    }
    let engine = try books.open()
    let snapshot = try seconds { try engine.saveSnapshot(always: true) }
    return [
      ("SHA-256 of the file", digest), ("reading the CSV", parsing),
      ("LZ4", try compressing(books)),
      ("SHA-256 and CRC-32C of the frames", replay.hashing + replay.checking),
      ("writing and syncing", try writing(books)), ("folding the reads", folding),
      ("snapshot", snapshot),
    ]
  }

  /// Seconds to compress every batch of the journal again.
  private func compressing(_ books: Books) throws -> Double {
    let decoder = BatchDecoder()
    var frame: [UInt8] = []
    return try (0..<repetitions).map { _ in
      var sum = 0.0
      try books.reader().forEachSegment { segment in
        for location in segment.batches {
          let content = try decoder.content(of: location, in: segment)
          let room = climit_bound(content.count)
          if frame.count < room { frame = [UInt8](repeating: 0, count: room) }
          let start = ContinuousClock.now
          let count = climit_compress(
            content.bindMemory(to: UInt8.self).baseAddress, content.count, &frame, room)
          sum += (ContinuousClock.now - start) / .seconds(1)
          try require(count > 0, "a batch does not compress")
        }
        return true
      }
      return sum
    }.quantile(0.5)
  }

  /// Seconds to write the journal's bytes again in as many parts as ingest had chunks, with two
  /// fdatasyncs for each.
  private func writing(_ books: Books) throws -> Double {
    let chunks = max(1, neighbourhood.dayReads / MeterFile.chunkRows)
    let count = try JournalBytes(journal: books.path).count / chunks
    let part = [UInt8](repeating: 7, count: count)
    return try seconds {
      let path = folder.file("written")
      defer { folder.remove("written") }
      let descriptor = open(path, O_CREAT | O_RDWR, 0o644)
      try require(descriptor >= 0, "cannot write \(path)")
      defer { close(descriptor) }
      for chunk in 0..<chunks {
        try require(
          pwrite(descriptor, part, count, off_t(chunk * count)) == count
            && fdatasync(descriptor) == 0 && pwrite(descriptor, part, min(8192, count), 0) > 0
            && fdatasync(descriptor) == 0, "cannot write \(path)")
      }
    }
  }

  private func table(_ title: String, _ stages: [Stage], whole: Double, rest: String) -> String {
    let accounted = stages.reduce(0) { $0 + $1.seconds }
    var table = Table([title, "ns a read", "share"])
    for (name, seconds) in stages + [
      ("\(rest): the rest", whole - accounted), ("the whole", whole),
    ] {
      let each = seconds * 1e9 / Double(neighbourhood.dayReads)
      table.add([name, each.text(decimals: 1), (seconds / whole).percent])
    }
    return table.markdown
  }
}
