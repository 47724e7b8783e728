import Foundation
import Testing

/// What a machine does to a journal: a full disk, a closed one, a clock that goes back, files of
/// others in its directory.
@Suite struct FaultTests {
  private let shell = URL(fileURLWithPath: "/bin/sh")

  private func enrolled() throws -> Books { try Books.full.get().copy() }

  private func pay(_ number: Int) -> String {
    "pay --account 1002 --amount 1.00 --on 2015-05-06 --key fault-\(number)"
  }

  /// Each payment that was acknowledged is there once, the journal is intact and goes on.
  private func checkHolds(_ books: Books, acknowledged: [Int]) throws {
    try books.done("verify --deep")
    let facts = try books.done("cat --kind PaymentRecordedV2 --json").objects()
      .compactMap { ($0["fact"] as? [String: Any])?["key"] as? String }
    for number in acknowledged {
      #expect(facts.count { $0 == "fault-\(number)" } == 1, "payment \(number)")
    }
    let live = try books.done("replay --from-snapshot --json").object()["stateDigest"] as? String
    let replayed = try books.done("replay --threads 1 --json").object()["stateDigest"] as? String
    #expect(live == replayed)
  }

  @Test func `a full disk refuses what it cannot hold, and goes on when there is room`() throws {
    guard let disk = try SmallDisk(kilobytes: 1024) else { return }
    let source = try enrolled()
    let books = try Books(at: disk.path + "/books")
    try FileManager.default.copyItem(atPath: source.path, toPath: books.path)
    let reads = try source.write(Books.intervals("1002", Books.month(4, 1...30)), to: "april.csv")
    try disk.leave(kilobytes: 8)
    var acknowledged: [Int] = []
    var refused: Wattbook.Result?
    for number in 0..<60 where refused == nil {
      let result = try books.run(pay(number) + " --json")
      if result.status == 0 { acknowledged.append(number) } else { refused = result }
    }
    #expect(refused?.status == 3 && acknowledged.count > 1)
    #expect(try refused?.errorCode() == "unavailable")
    #expect(refused?.errors.contains("No space left") == true, "\(refused?.errors ?? "")")
    try checkHolds(books, acknowledged: acknowledged)
    for line in [pay(99), "ingest \(reads)"] {
      let again = try books.done(line, status: 3)
      #expect(again.errors.contains("check the disk"), "\(again.errors)")
    }
    try checkHolds(books, acknowledged: acknowledged)
    try disk.leave(kilobytes: nil)
    try books.done(pay(99))
    #expect(try books.done("ingest \(reads) --json").object()["reads"] as? Int == 30)
    try checkHolds(books, acknowledged: acknowledged + [99])
  }

  @Test func `a file that may not grow is refused like a full disk`() throws {
    let books = try enrolled()
    // Blocks of 512 bytes: the journal is larger than 8 kB already, so nothing may be appended.
    func limited(_ line: String) throws -> Wattbook.Result {
      var words = Wattbook.words(line)
      words.insert(books.path, at: 1)
      return try Wattbook.run(
        shell,
        ["-c", "trap '' XFSZ; ulimit -f 16; exec \"$@\"", "sh", Wattbook.executable.path] + words)
    }
    let count = try books.events()
    let refused = try limited(pay(0) + " --json")
    #expect(refused.status == 3, "\(refused.output)\(refused.errors)")
    #expect(try refused.errorCode() == "unavailable")
    #expect(try limited("verify").status == 0)
    #expect(try limited("replay").status == 0)
    #expect(try books.events() == count)
    try books.done(pay(0))
    try checkHolds(books, acknowledged: [0])
  }

  @Test func `a journal that may only be read is read, and refuses writers by their reason`() throws
  {
    let source = try enrolled()
    let disk = try SmallDisk(kilobytes: 1024)
    let path = (disk?.path ?? source.folder.path) + "/closed"
    try FileManager.default.copyItem(atPath: source.path, toPath: path)
    let books = try Books(at: path)
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    func close(_ isClosed: Bool) throws -> Bool {
      if let disk { return try disk.makeReadOnly(isClosed) }
      for file in names.map({ "\(path)/\($0)" }) + [path] {
        let mode = (file == path ? 0o555 : 0o444) | (isClosed ? 0 : 0o200)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
      }
      // Permissions do not bind root.
      return getuid() != 0
    }
    guard try close(true) else {
      print("nothing here can be made read-only")
      return
    }
    for line in ["verify --deep", "replay", "account 1002", "cat", "audit --bill 1001-20150201"] {
      try books.done(line)
    }
    for line in [pay(0), "move-out --account 1002 --on 2015-06-01", "tariff publish --builtin sce"]
    {
      let refused = try books.done(line, status: 3)
      #expect(refused.errors.contains("cannot open lock"), "\(refused.errors)")
    }
    _ = try close(false)
    try books.done(pay(0))
    try checkHolds(books, acknowledged: [0])
  }

  @Test func `of writers at once each waits its turn, and every payment is there once`() throws {
    let books = try enrolled()
    let folder = try Folder()
    let tellers = try (0..<4).map { teller in
      let lines = (0..<4).map { round -> String in
        let words = Wattbook.words(pay(teller * 10 + round))
        return "\"$1\" \(words[0]) \"$2\" " + words.dropFirst().joined(separator: " ")
          + " --wait 120 --json"
      }
      let process = Process()
      process.executableURL = shell
      process.arguments =
        ["-c", "set -e; " + lines.joined(separator: "; "), "sh"]
        + [Wattbook.executable.path, books.path]
      process.standardOutput = try folder.handle("teller-\(teller)")
      try process.run()
      return process
    }
    for process in tellers { process.waitUntilExit() }
    #expect(tellers.map(\.terminationStatus) == [0, 0, 0, 0])
    let positions = try (0..<4).flatMap { teller in
      try folder.text("teller-\(teller)").split(separator: "\n").compactMap {
        try (JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])?["position"]
          as? Int
      }
    }
    #expect(positions.count == 16 && Set(positions).count == 16)
    try checkHolds(books, acknowledged: (0..<4).flatMap { t in (0..<4).map { t * 10 + $0 } })
  }

  @Test func `a clock that goes back records nothing before what was recorded`() throws {
    let books = try enrolled()
    let times = ["2015-06-01T00:00:00Z", "2015-05-01T00:00:00Z", "1971-01-01T00:00:00Z"]
    for (number, time) in (times + ["2015-06-01T00:00:01Z"]).enumerated() {
      try books.done(pay(number) + " --at \(time)")
    }
    let recorded = try books.done("cat --json").objects().compactMap { $0["recordedAt"] as? String }
    #expect(recorded == recorded.sorted())
    #expect(
      recorded.suffix(8).map { String($0.prefix(19)) }
        == Array(repeating: "2015-06-01T00:00:00", count: 6)
        + Array(repeating: "2015-06-01T00:00:01", count: 2))
    try checkHolds(books, acknowledged: [0, 1, 2, 3])
  }

  /// Names that may turn up in a journal's directory, and how they are made there.
  private static let foreign: [(name: String, make: @Sendable (String) throws -> Void)] = {
    let text: @Sendable (String) throws -> Void = { path in
      try Data("not ours\n".utf8).write(to: URL(fileURLWithPath: path))
    }
    let folder: @Sendable (String) throws -> Void = { path in
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    let dangling: @Sendable (String) throws -> Void = { path in
      try FileManager.default.createSymbolicLink(
        atPath: path, withDestinationPath: "/nowhere/at/all")
    }
    let pipe: @Sendable (String) throws -> Void = { path in
      guard mkfifo(path, 0o644) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }
    let plain = [
      "README.md", ".DS_Store", "boundary~", "journal.json.swp", "00000000000000000000.lz4~",
      "0000000000000000000.lz4", "000000000000000000000.lz4", "0000000000000000000x.lz4",
      "00000000000000000000.LZ4", "+0000000000000000001.lz4", "99999999999999999999.lz4",
      "boundary.new", "snapshot.new", "Đồng hồ.csv", "lock~",
    ]
    let segments = ["00000000000000000001.lz4", "00000000000000900000.lz4"]
    var all: [(name: String, make: @Sendable (String) throws -> Void)] = []
    all.append(
      ("what is not ours", { directory in for name in plain { try text("\(directory)/\(name)") } }))
    for name in segments + ["snapshot"] {
      for make in [text, folder, dangling, pipe] {
        all.append((name, { directory in try make("\(directory)/\(name)") }))
      }
    }
    return all
  }()

  @Test(arguments: foreign.indices)
  func `a foreign file is ignored or refused by name`(index: Int) throws {
    let (name, make) = Self.foreign[index]
    let books = try enrolled()
    let count = try books.events()
    let before = Set(try FileManager.default.contentsOfDirectory(atPath: books.path))
    try make(books.path)
    var statuses: [Int32] = []
    for line in ["verify", "replay --from-snapshot", "account 1002", pay(0)] {
      let start = Date()
      let result = try books.run(line)
      statuses.append(result.status)
      #expect(Date().timeIntervalSince(start) < 30)
      #expect([0, 3].contains(result.status), "\(name): \(line): \(result.errors)")
      if result.status == 3 { #expect(result.errors.contains(name), "\(line): \(result.errors)") }
    }
    // Only what looks like a segment is anybody's business.
    if !name.hasSuffix(".lz4") { #expect(Set(statuses) == [0], "\(name): \(statuses)") }
    for foreign in try FileManager.default.contentsOfDirectory(atPath: books.path)
    where !before.contains(foreign) && foreign != "lock" {
      try FileManager.default.removeItem(atPath: "\(books.path)/\(foreign)")
    }
    let paid = try books.events() - count
    #expect(paid == (statuses[3] == 0 ? 2 : 0), "\(name)")
    try checkHolds(books, acknowledged: statuses[3] == 0 ? [0] : [])
  }
}
