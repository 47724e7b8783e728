import Billing
import CLimit
import Foundation
import Interchange
import Journal

/// Stages of replay and ingest, each run by itself over the same bytes, in processor time.
struct ProfileTrial {
  let neighbourhood: Neighbourhood
  let repetitions: Int
  let folder: TemporaryFolder

  private typealias Stage = (name: String, seconds: Double)

  func run() throws {
    let csv = folder.file("reads.csv")
    try neighbourhood.writeCSV(to: csv)
    var enrolled: UInt64 = 0
    var books: Books!
    let ingest = try median {
      books = try neighbourhood.books(in: folder)
      enrolled = try books.reader().nextPosition
      return try Measurement.of { _ = try books.ingest(file: csv) }.0
    }
    let bytes = try JournalBytes(journal: books.path)
    let checking = try median { try bytes.measureInMemory { _ = crc32c($0) } }.processor
    let hashing = try median { try bytes.hash() }.processor

    // Runs that do one thing more each.
    let reading = try seconds { try bytes.read { _ in } }
    let walking = try seconds { try books.reader().forEachSegment { _ in true } }
    let decoding = try seconds { try decode(books) { _ in } }
    let replay = try seconds { _ = try Replay(books.reader()).run() }
    // A fold that stops after the accounts has read the first segment whole.
    let first = walking / Double(max(1, try books.reader().segmentCount))
    let accounts = max(
      0,
      try seconds { _ = try Replay(books.reader(), knownAt: .position(enrolled - 1)).run() } - first
    )
    let reads = max(0, replay - decoding - accounts)
    say(
      table(
        "replay, one thread",
        [
          ("reading the segments", reading),
          ("headers, chain, structure", max(0, walking - reading)), ("CRC-32C", checking),
          ("LZ4", max(0, decoding - walking - checking)),
          ("folding schedules and enrolments", accounts),
        ], whole: replay, rest: "folding the reads"))

    let engine = try books.open()
    let opening: Stage = ("opening the journal: schedules and enrolments", accounts)
    say(
      "\n"
        + table(
          "ingest of the interval CSV",
          [
            opening, ("SHA-256 of the file", try seconds { try Books.digest(of: csv) }),
            ("reading the CSV", try seconds { try Books.rows(of: csv) }),
            ("LZ4", try compressing(books)),
            ("SHA-256 and CRC-32C of the frames", hashing + checking),
            ("writing and syncing", try writing(bytes.count)), ("folding the reads", reads),
            ("snapshot", try seconds { try engine.saveSnapshot(always: true) }),
          ], whole: ingest.processor, rest: "judging, sorting, columns"))
    let waiting = (ingest.wall - ingest.processor) * 1e9 / Double(neighbourhood.dayReads)
    say(
      "\nbeside that ingest waits \(waiting.text(decimals: 1)) ns a read, for the disk and for a core"
    )
  }

  private func median(_ body: () throws -> Measurement) throws -> Measurement {
    try (0..<repetitions).map { _ in try body() }.median
  }

  private func seconds(_ body: () throws -> Void) throws -> Double {
    try median { try Measurement.of(body).0 }.processor
  }

  private func decode(_ books: Books, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let decoder = BatchDecoder()
    try books.reader().forEachSegment { segment in
      for location in segment.batches { try body(decoder.content(of: location, in: segment)) }
      return true
    }
  }

  /// Seconds to compress every batch of the journal again.
  private func compressing(_ books: Books) throws -> Double {
    var frame: [UInt8] = []
    return try median {
      var sum = Measurement(wall: 0, processor: 0, peakMemory: 0)
      try decode(books) { content in
        let room = climit_bound(content.count)
        if frame.count < room { frame = [UInt8](repeating: 0, count: room) }
        let start = Measurement.processorSeconds()
        let count = climit_compress(
          content.bindMemory(to: UInt8.self).baseAddress, content.count, &frame, room)
        sum.processor += Measurement.processorSeconds() - start
        try require(count > 0, "a batch does not compress")
      }
      return sum
    }.processor
  }

  /// Seconds to write as many bytes in as many parts as ingest had chunks, with two fdatasyncs for
  /// each.
  private func writing(_ bytes: Int) throws -> Double {
    let chunks = max(1, neighbourhood.dayReads / MeterFile.chunkRows)
    let part = [UInt8](repeating: 7, count: bytes / chunks)
    return try seconds {
      let path = folder.file("written")
      defer { folder.remove("written") }
      let descriptor = open(path, O_CREAT | O_RDWR, 0o644)
      try require(descriptor >= 0, "cannot write \(path)")
      defer { close(descriptor) }
      for chunk in 0..<chunks {
        try require(
          pwrite(descriptor, part, part.count, off_t(chunk * part.count)) == part.count
            && fdatasync(descriptor) == 0
            && pwrite(descriptor, part, min(8192, part.count), 0) > 0
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
