import Foundation

/// A running command whose standard output goes to a file.
struct KillTrialChild {
  private let process: pid_t
  private let path: String
  private let start = ContinuousClock.now
  private var status: Int32?
  private(set) var milliseconds = 0.0

  init(_ words: [String], output path: String) throws {
    self.path = path
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let flags = O_WRONLY | O_CREAT | O_TRUNC
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, path, flags, 0o644)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, path + ".errors", flags, 0o644)
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var child: pid_t = 0
    let code = posix_spawn(&child, words[0], &actions, nil, &arguments, environ)
    guard code == 0 else {
      throw KillTrial.Fault(
        description: "cannot start \(words[0]): \(String(cString: strerror(code)))")
    }
    process = child
  }

  /// The exit status once the command has ended, negative for a signal.
  mutating func poll() -> Int32? { collect(WNOHANG) }

  mutating func wait() -> Int32 {
    while true { if let status = collect(0) { return status } }
  }

  func kill() { if status == nil { Foundation.kill(process, SIGKILL) } }

  private mutating func collect(_ options: Int32) -> Int32? {
    if let status { return status }
    var word: Int32 = 0
    guard waitpid(process, &word, options) == process else { return nil }
    milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
    status = word & 0x7F == 0 ? word >> 8 & 0xFF : -(word & 0x7F)
    return status
  }

  var output: String {
    [path, path + ".errors"].map { path in
      FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }.joined()
  }
}

/// A meter file whose ingestion takes several commits: new days, a correction of the file before
/// it, and a line of nobody's account.
struct KillTrialFile {
  let number: Int
  let accounts: Int
  /// One file of more rows than a chunk has, where there are accounts enough: 220 days of one value.
  var isLarge: Bool { accounts > 1000 && number == 2 }

  var name: String { "reads-\(number).csv" }

  static func accounts(_ count: Int) -> [String] { (1...count).map { "K\($0)" } }

  /// Each row that the journal holds as a read when the file is in: account, day, values.
  var reads: [(account: String, day: String, values: [Int])] {
    let names = Self.accounts(accounts)
    if isLarge {
      return (0..<220).flatMap { day in
        let date = Self.date(2016, 3, 20, plus: day)
        return names.enumerated().map { ($1, date, [5000 + $0 + day]) }
      }
    }
    return names.enumerated().map { index, name in
      (name, Self.date(2015, 3, 20, plus: number), (0..<24).map { 300 + index + number + $0 })
    }
  }

  /// A day of the file before, sent with other values.
  var correction: (account: String, day: String, values: [Int])? {
    guard number > 0, !isLarge else { return nil }
    let before = KillTrialFile(number: number - 1, accounts: accounts)
    guard !before.isLarge else { return nil }
    let row = before.reads[number % accounts]
    return (row.account, row.day, row.values.map { $0 + 1000 })
  }

  func write(to path: String) throws {
    var text = "account,date,interval_minutes," + (1...24).map { "wh_\($0)" }.joined(separator: ",")
    let minutes = isLarge ? 1440 : 60
    for row in reads {
      text += "\n\(row.account),\(row.day),\(minutes),"
      text += row.values.map(String.init).joined(separator: ",")
    }
    if let row = correction {
      text += "\n\(row.account),\(row.day),60,"
      text += row.values.map(String.init).joined(separator: ",")
    }
    text += "\nnobody-\(number),2015-06-01,60,1\n"
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }

  private static func date(_ year: Int, _ month: Int, _ day: Int, plus days: Int) -> String {
    var parts = tm()
    (parts.tm_year, parts.tm_mon, parts.tm_mday) =
      (Int32(year - 1900), Int32(month - 1), Int32(day + days))
    _ = timegm(&parts)
    func two(_ value: Int32) -> String { (value < 10 ? "0" : "") + "\(value)" }
    return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
  }
}
