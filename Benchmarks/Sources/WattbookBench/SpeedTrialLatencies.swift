import Billing
import Glibc
import Interchange

/// Small things that wait for the disk or for a process, on the journal of the trial.
extension SpeedTrial {
  /// Opening for writing, which every writing command does first.
  func timeOpening(_ books: Books) throws {
    let fromSnapshot = try (0..<repetitions).map { _ in try Measurement.of { try books.open() }.0 }
    folder.remove("journal/snapshot")
    let whole = try (0..<repetitions).map { _ in try Measurement.of { try books.open() }.0 }
    func text(_ measurements: [Measurement]) -> String {
      "\((measurements.median.wall * 1000).text(decimals: 0)) ms"
    }
    say("to open for writing: \(text(fromSnapshot)) with the snapshot, \(text(whole)) without")
  }

  /// Whole commands on the journal, accounts from all over it.
  func timeCommands(
    _ books: Books, _ simulated: SimulatedMeterFile
  ) throws -> [(String, Double)] {
    guard let wattbook else {
      say("no wattbook to time: build it with `swift build -c release`, or give --wattbook PATH\n")
      return []
    }
    let numbers = simulated.enrollments.map(\.number)
    func number(_ run: Int) -> String { numbers[(run * 7919 + 17) % numbers.count] }
    let runs = repetitions * 5
    return [
      ("account", try wattbook.milliseconds(runs) { ["account", books.path, number($0)] }),
      (
        "project",
        try wattbook.milliseconds(runs) { ["project", books.path, "--account", number($0)] }
      ),
    ]
  }

  /// Payments one at a time, each durable before the next, beside what the disk and SQLite take.
  func timePayments(_ books: Books, _ simulated: SimulatedMeterFile) throws {
    let count = 100
    let engine = try books.open()
    let numbers = simulated.enrollments.map(\.number)
    let (ours, _) = try Measurement.of {
      for payment in 0..<count {
        try Books.pay(engine, account: numbers[payment % numbers.count], number: payment)
      }
    }
    let (disk, _) = try Measurement.of { try syncs(2 * count) }
    let sqlite = try SQLiteBooks(path: folder.file("reads.sqlite"), layout: .append)
    let (theirs, _) = try Measurement.of { try sqlite.insertOneByOne(count) }
    removeSQLite()
    func each(_ measurement: Measurement) -> String {
      "\((measurement.wall / Double(count) * 1000).text(decimals: 2)) ms"
    }
    say(
      "a payment, durable, one at a time: \(each(ours)); two writes with fdatasync: "
        + "\(each(disk)); a row in SQLite (one sync): \(each(theirs))\n")
  }

  private func syncs(_ count: Int) throws {
    let path = folder.file("syncs")
    let descriptor = open(path, O_CREAT | O_RDWR, 0o644)
    try require(descriptor >= 0, "cannot write \(path)")
    defer { close(descriptor) }
    let page = [UInt8](repeating: 7, count: 4096)
    for index in 0..<count {
      try require(
        pwrite(descriptor, page, page.count, off_t(index * page.count)) == page.count
          && fdatasync(descriptor) == 0, "cannot write \(path)")
    }
  }
}
