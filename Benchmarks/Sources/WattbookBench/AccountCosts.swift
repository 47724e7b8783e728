import Billing
import Interchange
import Journal
import Quantities

/// What depends on the number of accounts rather than on the reads: opening, whole commands, memory.
struct AccountCosts {
  let meters: Int
  let days: Int
  /// Milliseconds to open for writing, with the snapshot and from the journal alone.
  private(set) var opening = Double.nan
  private(set) var openingWhole = Double.nan
  /// Milliseconds of whole commands, by name; empty where there is no `wattbook`.
  private(set) var commands: [(name: String, milliseconds: Double)] = []
  /// Milliseconds to read the index once.
  private(set) var indexPass = Double.nan
  /// Bytes that a replay holds more than one of an empty journal, at its peak.
  private(set) var peakMemory = Double.nan
  var memory: Double { peakMemory / Double(meters) }

  func command(_ name: String) -> Double {
    commands.first { $0.name == name }?.milliseconds ?? .nan
  }

  /// An audit where there are 365 days: as the whole command takes here, and the index as much
  /// longer as there are more days; the batches that it opens are the same.
  var auditOfYear: Double {
    command("audit") + indexPass * max(0, 365 / Double(days) - 1)
  }

  /// Bills a few accounts and measures; the journal has a few more events afterwards.
  init(
    _ books: Books, _ neighbourhood: Neighbourhood, _ wattbook: ProcessTiming?,
    _ folder: TemporaryFolder, repetitions: Int
  ) throws {
    (meters, days) = (neighbourhood.meters, neighbourhood.days)
    let numbers = neighbourhood.billable(repetitions * 5)
    try books.bill(Array(Set(numbers)), through: Neighbourhood.start.adding(days: days))
    func milliseconds(_ body: () throws -> Void) throws -> Double {
      try (0..<repetitions).map { _ in try Measurement.of(body).0.wall * 1000 }.quantile(0.5)
    }
    opening = try milliseconds { _ = try books.open() }
    indexPass = try milliseconds { _ = try books.reader().index() }
    if let wattbook {
      try time(wattbook, books, numbers)
      peakMemory = try AccountCosts.peakMemory(wattbook, books, folder)
    } else {
      say("no wattbook to time: swift build -c release --product wattbook, or --wattbook PATH")
    }
    try books.removeSnapshot()
    openingWhole = try milliseconds { _ = try books.open() }
  }

  private mutating func time(
    _ wattbook: ProcessTiming, _ books: Books, _ numbers: [String]
  ) throws {
    let path = books.path
    for (name, arguments) in [
      ("account", { [] }), ("project", { ["--account"] }),
      ("audit", { ["--period", "\(Neighbourhood.start)", "--account"] }),
      ("pay", { ["--amount", "1.23", "--on", "2015-08-01", "--account"] }),
    ] as [(String, () -> [String])] {
      let words = arguments()
      commands.append(
        (
          name,
          try wattbook.milliseconds(numbers.count) { [name, path] + words + [numbers[$0]] }
        ))
    }
  }

  private static func peakMemory(
    _ wattbook: ProcessTiming, _ books: Books, _ folder: TemporaryFolder
  ) throws -> Double {
    let empty = try Books(path: folder.file("empty"), schedules: [], accounts: [])
    defer { folder.remove("empty") }
    let peaks = try [books, empty].map { books in
      Double(try wattbook.peakMemory(["replay", books.path, "--threads", "1", "--json"]))
    }
    return peaks[0] - peaks[1]
  }

  var markdown: String {
    var table = Table(["\(meters) accounts x \(days) days", ""])
    table.add(["opening for writing, with the snapshot", Figures.Unit.milliseconds.text(opening)])
    table.add(["opening for writing, without", Figures.Unit.milliseconds.text(openingWhole)])
    for (name, time) in commands {
      table.add(["`wattbook \(name)`, whole command", Figures.Unit.milliseconds.text(time)])
    }
    if !memory.isNaN {
      table.add(["memory of a replay, bytes an account", memory.text(decimals: 0)])
    }
    return table.markdown
  }

  /// The bars are for a million accounts: with fewer the figures are told without them.
  func judge(_ figures: inout Figures) {
    let size = "\(meters) accounts"
    func add(
      _ name: String, _ value: Double, _ bar: Double, _ unit: Figures.Unit, _ limit: String
    ) {
      guard meters >= 1_000_000 else {
        return figures.add(name, unit.text(value), note: "for the bar see scaling; " + limit)
      }
      figures.add(name, value, atMost: bar, unit, limit: limit)
    }
    add(
      "opening \(size) from the snapshot", opening, Bar.opening, .milliseconds,
      "without it \(Figures.Unit.milliseconds.text(openingWhole))")
    guard !commands.isEmpty else { return }
    add(
      "`wattbook audit`, \(size) x \(days) days", command("audit"), Bar.audit, .milliseconds,
      "the index, read once: \(Figures.Unit.milliseconds.text(indexPass))")
    if days < 365 {
      add(
        "the same x 365 days, by calculation", auditOfYear, Bar.audit, .milliseconds,
        "the index grows with the days, the batches opened do not")
    }
    add(
      "memory of the fold, bytes an account, \(size)", memory, Bar.memory, .bytes,
      "peak of `wattbook replay` less an empty journal's, buffers of segments included")
  }
}
