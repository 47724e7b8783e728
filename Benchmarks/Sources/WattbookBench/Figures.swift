/// The figures that the project wants to reach, per core unless said.
enum Bar {
  /// Day-reads of 24 values a second of a core.
  static let replay = 25e6
  static let ingest = 1.5e6
  /// Times SQLite's bare scan.
  static let replayOverScan = 4.0
  static let ingestOverSQLite = 1.0
  /// Two threads over one, on the wall.
  static let twoCores = 1.8
  /// Verify over SHA-256 alone.
  static let verify = 0.8
  /// A payment over two fdatasyncs.
  static let payment = 1.5
  /// Bytes a day-read at 1 Wh and at 10 Wh.
  static let bytes = 40.0
  static let coarseBytes = 30.0
  /// Milliseconds of `wattbook audit`, with a million accounts.
  static let audit = 50.0
  /// Bytes an account, all projectors, with a million accounts.
  static let memory = 300.0
  /// Times as fast as PySAM's execute, a year of hourly values.
  static let pricing = 100.0
  /// Bills a second of a bill run on two cores.
  static let billRun = 200e3
  /// Milliseconds to open a million accounts from the snapshot.
  static let opening = 1000.0
}

/// Figures held against their bars, each with what limits it.
struct Figures {
  private var table = Table(["figure", "measured", "bar", "", "what limits it"])

  /// How a figure is written.
  enum Unit {
    case rate, ratio, share, milliseconds, bytes

    func text(_ value: Double) -> String {
      switch self {
      case .rate: "\(value.rate)/s"
      case .ratio: value.ratio
      case .share: value.percent
      case .milliseconds: "\(value.text(decimals: value < 100 ? 1 : 0)) ms"
      case .bytes: value.text(decimals: 1)
      }
    }
  }

  mutating func add(
    _ name: String, _ value: Double, atLeast bar: Double, _ unit: Unit, limit: String
  ) {
    add(name, unit.text(value), ">= \(unit.text(bar))", value >= bar, limit)
  }

  mutating func add(
    _ name: String, _ value: Double, atMost bar: Double, _ unit: Unit, limit: String
  ) {
    add(name, unit.text(value), "<= \(unit.text(bar))", value <= bar, limit)
  }

  /// A figure without a bar.
  mutating func add(_ name: String, _ value: String, note: String = "") {
    table.add([name, value, "", "", note])
  }

  private mutating func add(
    _ name: String, _ value: String, _ bar: String, _ isMet: Bool, _ limit: String
  ) {
    table.add([name, value, bar, isMet ? "met" : "**NOT MET**", limit])
  }

  var markdown: String { table.markdown }
}
