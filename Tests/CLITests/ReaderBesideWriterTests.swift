import Foundation
import Testing

/// Readers and copies taken while a writer runs: never an error, never an earlier state.
@Suite struct ReaderBesideWriterTests {
  /// Payments and files one after the other until the folder has a file `stop`.
  private func startWriting(_ books: Books) throws -> Process {
    var files: [String] = []
    for month in 4...9 {
      files.append(
        try books.write(
          Books.intervals("1002", Books.month(month, 1...30)), to: "month-\(month).csv"))
    }
    let script = """
      n=0
      while [ ! -e "$3/stop" ]; do
        n=$((n + 1))
        "$1" pay "$2" --account 1002 --amount 1.00 --on 2015-05-06 --key beside-$n --json || exit 1
        f="$3/month-$((n / 2 + 4)).csv"
        if [ $((n % 2)) = 0 ] && [ -e "$f" ]; then "$1" ingest "$2" "$f" || exit 1; fi
      done
      """
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c", script, "sh", Wattbook.executable.path, books.path, books.folder.path,
    ]
    process.standardOutput = try books.folder.handle("written")
    process.standardError = try books.folder.handle("write-errors")
    try process.run()
    return process
  }

  private func stop(_ writing: Process, _ books: Books) throws {
    _ = try books.write("", to: "stop")
    writing.waitUntilExit()
    let errors = try books.folder.text("write-errors")
    #expect(writing.terminationStatus == 0, "\(errors)")
  }

  @Test func `a reader beside a writer never fails and never goes back`() throws {
    let books = try Books.full.get().copy()
    let before = try books.events()
    let writing = try startWriting(books)
    var events = 0
    var balance = Double.infinity
    for _ in 0..<12 {
      let verified = try books.done("verify --deep --json").object()
      let replayed = try books.done("replay --json --threads 2").object()
      let counts = [verified, replayed].compactMap { $0["events"] as? Int }
      let last = try books.done("cat --json").objects().last?["position"] as? Int
      let account = try books.done("account 1002 --json").object()
      let steps = [events] + counts + [(last ?? -1) + 1]
      #expect(steps == steps.sorted(), "the journal went back: \(steps)")
      events = steps[3]
      let text = try #require(account["balance"] as? String)
      let owed = try #require(Double(text))
      #expect(owed <= balance, "a payment went away: \(owed) after \(balance)")
      balance = owed
    }
    try stop(writing, books)
    #expect(events > before)
  }

  @Test func `a copy taken while it is written is an earlier state or refused by name`() throws {
    let books = try Books.full.get().copy()
    let writing = try startWriting(books)
    var copies: [Books] = []
    for _ in 0..<12 {
      let copy = try Books()
      let done = try Wattbook.run(
        URL(fileURLWithPath: "/bin/cp"), ["-r", books.path, copy.path])
      #expect(done.status == 0, "\(done.errors)")
      copies.append(copy)
    }
    try stop(writing, books)
    var opened = 0
    for copy in copies {
      let verified = try copy.run("verify --deep --json")
      guard verified.status == 0 else {
        #expect(verified.status == 3 && verified.errors.contains("at byte"), "\(verified.errors)")
        continue
      }
      opened += 1
      let events = try #require(try verified.object()["events"] as? Int)
      let copied = try copy.done("replay --json").object()["stateDigest"] as? String
      let original = try books.done("replay --until \(events - 1) --json").object()
      #expect(copied == original["stateDigest"] as? String)
      // A writer goes on from there, or says that the boundary is older than the journal.
      let paid = try copy.run("pay --account 1002 --amount 2.00 --on 2015-05-06 --key copy")
      #expect(
        paid.status == 0 || paid.status == 3 && paid.errors.contains("boundary"), "\(paid.errors)")
      try copy.done("verify --deep")
    }
    print("\(opened) of \(copies.count) copies opened")
    #expect(opened > 0)
  }
}
