import Foundation

/// Kills writers of real journals with SIGKILL at random moments, and holds what is left against
/// what they had acknowledged.
///
/// Payments are made one after the other while a meter file may be taken in; a payment counts as
/// acknowledged when its command has ended with 0, and stands in a list outside the journal,
/// synced, before the next one. What was killed is sent again. SIGKILL loses no page cache: losing
/// power is for the simulator of the journal's storage.
struct KillTrial {
  struct Counts {
    var kills = 0, ofPayments = 0, ofIngests = 0, atOnce = 0
    var journals = 0, files = 0, filesSentAgain = 0
    /// Payments whose command ended with 0, and those found in the journal though it was killed.
    var acknowledged = 0, durableUnacknowledged = 0
    /// Whole commits found after the boundary, and tails that recovery cut.
    var commitsKept = 0, tailsCut = 0
  }

  struct Acknowledgement {
    var key: String
    var millionths: Int64
    var position: UInt64
  }

  /// What makes a trial fail, with the seed that repeats its choices.
  struct Fault: Error, CustomStringConvertible { let description: String }

  let wattbook: String
  let folder: String
  let seed: UInt64
  let accounts: Int
  let killsPerJournal: Int
  var counts = Counts()

  // Of the journal at hand.
  var journal = ""
  var acknowledgements: [Acknowledgement] = []
  /// What every reader has been shown so far: the journal's end and its chain value.
  var shown: (position: UInt64, head: String) = (0, "")
  var files: [KillTrialFile] = []
  private var list: Int32 = -1
  private var unfinished: KillTrialFile?
  private var sent = 0
  private var again: (key: String, millionths: Int64)?
  /// The moments themselves are the machine's.
  private var random: SeededRandom
  /// Milliseconds that a command takes, by which moments are chosen.
  private var usual = (ingest: 30.0, pay: 20.0)

  /// - Parameter accounts: with more than 1000 each journal gets a file of more than one chunk.
  init(
    wattbook: String, folder: String, seed: UInt64, accounts: Int = 40, killsPerJournal: Int = 25
  ) {
    self.wattbook = wattbook
    self.folder = folder
    self.seed = seed
    self.accounts = accounts
    self.killsPerJournal = killsPerJournal
    random = SeededRandom(seed, "kills")
  }

  func require(_ holds: Bool, _ what: @autoclosure () -> String) throws {
    guard holds else {
      throw Fault(description: "seed \(seed), kill \(counts.kills), \(journal): \(what())")
    }
  }

  mutating func run(kills: Int, progress: (Counts) -> Void = { _ in }) throws {
    while counts.kills < kills {
      try makeJournal()
      for _ in 0..<min(killsPerJournal, kills - counts.kills) {
        try round()
        try check(opening: Bool.random(using: &random))
        progress(counts)
      }
      if let file = unfinished { try take(file) }
      try checkEverything()
      close(list)
      try FileManager.default.removeItem(atPath: journal)
    }
  }

  private mutating func makeJournal() throws {
    counts.journals += 1
    journal = "\(folder)/books-\(counts.journals)"
    let names = KillTrialFile.accounts(accounts)
    let enrolments = "\(folder)/accounts.csv"
    try Data(
      ("account,plan,region,on\n" + names.map { "\($0),D,10,2015-01-01\n" }.joined()).utf8
    ).write(to: URL(fileURLWithPath: enrolments))
    for words in [
      ["init", journal], ["tariff", "publish", journal, "--builtin", "sce"],
      ["enroll", journal, "--file", enrolments],
    ] {
      var child = try start(words)
      try require(child.wait() == 0, "\(words): \(child.output)")
    }
    (acknowledgements, files, unfinished, again, shown) = ([], [], nil, nil, (0, ""))
    list = open("\(folder)/acknowledged-\(counts.journals)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    try require(list >= 0, "the list of acknowledgements cannot be made")
  }

  // MARK: A round

  /// Runs payments, an ingestion or both, until the moment has come, and kills what runs.
  private mutating func round() throws {
    let kind = Int.random(in: 0..<3, using: &random)
    var ingest: KillTrialChild?
    if kind > 0 { ingest = try startIngest() }
    var moment = Moment(
      journal, usual: kind == 1 ? usual.ingest : usual.pay * 3 + (kind == 2 ? usual.ingest : 0),
      &random)
    var pay: (child: KillTrialChild, key: String, millionths: Int64)?
    while !moment.hasCome {
      if kind != 1, pay == nil { pay = try startPayment() }
      if let status = pay?.child.poll(), let done = pay {
        try acknowledge(done, status)
        pay = nil
      }
      if let status = ingest?.poll(), let done = ingest {
        try finish(done, status)
        ingest = kind == 1 ? try startIngest() : nil
      }
      moment.pause()
    }
    if pay != nil { counts.ofPayments += 1 }
    if ingest != nil { counts.ofIngests += 1 }
    if pay != nil, ingest != nil { counts.atOnce += 1 }
    counts.kills += 1
    ingest?.kill()
    pay?.child.kill()
    // What ended by itself in the meantime is acknowledged like any other.
    if let status = ingest?.wait(), status >= 0, let done = ingest { try finish(done, status) }
    if let status = pay?.child.wait(), let done = pay {
      if status >= 0 { try acknowledge(done, status) } else { again = (done.key, done.millionths) }
    }
  }

  private func start(_ words: [String]) throws -> KillTrialChild {
    try KillTrialChild([wattbook] + words, output: "\(folder)/output-\(words[0])")
  }

  private mutating func startIngest() throws -> KillTrialChild {
    if unfinished == nil {
      let file = KillTrialFile(number: files.count, accounts: accounts)
      try file.write(to: "\(folder)/\(file.name)")
      unfinished = file
      files.append(file)
      counts.files += 1
    } else {
      counts.filesSentAgain += 1
    }
    return try start(
      ["ingest", journal, "\(folder)/\(unfinished?.name ?? "")", "--json", "--wait", "60"])
  }

  private mutating func finish(_ child: KillTrialChild, _ status: Int32) throws {
    // 1: a line of each file is of nobody's account.
    try require(status == 1, "ingest ended with \(status): \(child.output)")
    if unfinished?.isLarge == false { usual.ingest = (usual.ingest * 3 + child.milliseconds) / 4 }
    unfinished = nil
  }

  /// Takes a file in without being disturbed.
  private mutating func take(_ file: KillTrialFile) throws {
    var child = try startIngest()
    try finish(child, child.wait())
  }

  private mutating func startPayment() throws -> (KillTrialChild, String, Int64) {
    sent += 1
    var payment = (key: "key-\(sent)", millionths: Int64(sent % 900 + 1) * 10_000)
    if let killed = again { payment = killed }
    again = nil
    let cents = payment.millionths / 10_000
    let amount = "\(cents / 100)." + (cents % 100 < 10 ? "0" : "") + "\(cents % 100)"
    let account = KillTrialFile.accounts(accounts)[Int(cents) % accounts]
    let child = try start([
      "pay", journal, "--account", account, "--amount", amount, "--on", "2015-06-01", "--key",
      payment.key, "--json", "--wait", "60",
    ])
    return (child, payment.key, payment.millionths)
  }

  private mutating func acknowledge(
    _ done: (child: KillTrialChild, key: String, millionths: Int64), _ status: Int32
  ) throws {
    let answer = try? JSONSerialization.jsonObject(with: Data(done.child.output.utf8))
    let fields = answer as? [String: Any] ?? [:]
    try require(
      status == 0 && fields["recorded"] is Bool, "pay ended with \(status): \(done.child.output)")
    usual.pay = (usual.pay * 3 + done.child.milliseconds) / 4
    // Without a position the same was recorded before: by the command that was killed.
    guard let position = fields["position"] as? Int else {
      counts.durableUnacknowledged += 1
      return
    }
    let line = Array("\(done.key) \(done.millionths) \(position)\n".utf8)
    try require(
      write(list, line, line.count) == line.count && fdatasync(list) == 0, "the list is not kept")
    acknowledgements.append(
      Acknowledgement(
        key: done.key, millionths: done.millionths, position: UInt64(position)))
    counts.acknowledged += 1
  }

  /// When to kill: at any moment, or some microseconds after the journal's files have changed,
  /// where a commit is half done.
  private struct Moment {
    private let files: [String]
    private var deadline: ContinuousClock.Instant
    private var changesLeft: Int
    private let delay: Duration
    private var last: [Int]

    init(_ journal: String, usual: Double, _ random: inout SeededRandom) {
      let watched = try? FileManager.default.contentsOfDirectory(atPath: journal)
      files = (watched ?? []).filter { $0.hasSuffix(".lz4") || $0 == "boundary" }
        .map { "\(journal)/\($0)" }
      changesLeft = Bool.random(using: &random) ? Int.random(in: 1...5, using: &random) : 0
      delay = .microseconds(Int.random(in: 0..<400, using: &random))
      deadline = .now + .milliseconds(Double.random(in: 0..<usual * 1.3, using: &random))
      if changesLeft > 0 { deadline = .now + .seconds(2) }
      last = Self.look(files)
    }

    var hasCome: Bool { .now >= deadline }

    /// Waits a little, and looks whether the files have changed.
    mutating func pause() {
      guard changesLeft > 0 else {
        usleep(50)
        return
      }
      let now = Self.look(files)
      guard now != last else { return }
      last = now
      changesLeft -= 1
      if changesLeft == 0 { deadline = .now + delay }
    }

    private static func look(_ files: [String]) -> [Int] {
      files.flatMap { file -> [Int] in
        var status = stat()
        guard stat(file, &status) == 0 else { return [0] }
        return [Int(status.st_size), status.st_mtim.tv_nsec]
      }
    }
  }
}
