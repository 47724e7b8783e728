import Foundation

/// A PostgreSQL 15 of our own: a new cluster in a temporary folder, reached by a socket in it, gone
/// with it. Everything is as durable as it comes; the settings are `settings`.
final class PostgresServer {
  static let settings = [
    "fsync=on", "synchronous_commit=on", "full_page_writes=on", "wal_level=replica",
    "shared_buffers=256MB", "max_wal_size=32GB", "checkpoint_timeout=1h", "autovacuum=off",
    "max_parallel_workers_per_gather=0", "listen_addresses=",
  ]
  private static let programs = ["/usr/lib/postgresql/15/bin", "/usr/pgsql-15/bin"]

  let folder: TemporaryFolder
  private let programs: String
  private let process: pid_t

  /// The prefix of a command that makes it run as a user whom the server accepts: not root.
  private static func asUser(_ user: String?) -> [String] {
    user.map { ["/usr/bin/setpriv", "--reuid=\($0)", "--regid=\($0)", "--clear-groups"] } ?? []
  }

  /// Nil, and a word why, where there is no PostgreSQL 15 or it does not start.
  static func start(in parent: TemporaryFolder) -> PostgresServer? {
    guard
      let programs = programs.first(where: {
        FileManager.default.isExecutableFile(atPath: "\($0)/initdb")
      })
    else {
      say("no PostgreSQL 15 in \(Self.programs.joined(separator: " or ")): left out")
      return nil
    }
    do { return try PostgresServer(programs, in: parent) } catch {
      say("PostgreSQL does not start, left out: \(error)")
      return nil
    }
  }

  private init(_ programs: String, in parent: TemporaryFolder) throws {
    let user =
      geteuid() == 0
      ? ["postgres", "nobody"].first { (name: String) in getpwnam(name) != nil } : nil
    folder = TemporaryFolder(path: parent.file("pg"))
    self.programs = programs
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: false)
    if let user, let entry = getpwnam(user) {
      chown(folder.path, entry.pointee.pw_uid, entry.pointee.pw_gid)
    }
    let (data, log) = (folder.file("data"), folder.file("log"))
    let words = Self.asUser(user)
    let made = try ChildProcess.run(
      words + ["\(programs)/initdb", "-D", data, "-U", "bench", "-A", "trust", "--no-locale"],
      output: parent.file("initdb.log"))
    try require(made.status == 0, "initdb ended with \(made.status)")
    process = try ChildProcess.start(
      words + ["\(programs)/postgres", "-D", data, "-k", folder.path]
        + Self.settings.flatMap { ["-c", $0] }, output: parent.file("pg.log"))
    for _ in 0..<300 {
      if (try? run("SELECT 1")) != nil { return }
      usleep(100_000)
    }
    stop()
    throw BenchFailure("see \(log)")
  }

  /// Stops it and waits until it is gone.
  func stop() {
    kill(process, SIGINT)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    folder.remove("")
  }

  /// Runs SQL and gives what it prints, unaligned.
  @discardableResult
  func run(_ sql: String) throws -> String {
    let output = "\(folder.path).out"
    let child = try ChildProcess.run(
      [
        "\(programs)/psql", "-X", "-q", "-A", "-t", "-h", folder.path, "-U", "bench", "-d",
        "postgres", "-v", "ON_ERROR_STOP=1", "-c", sql,
      ], output: output)
    let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
    try require(child.status == 0, "PostgreSQL refuses \(sql): \(text)")
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Runs SQL; processor time is the server's, all its processes together.
  func measure(_ sql: String) throws -> Measurement {
    let before = processorSeconds()
    let start = ContinuousClock.now
    try run(sql)
    let wall = (ContinuousClock.now - start) / .seconds(1)
    // The server has taken note of the end of its process by then.
    usleep(50_000)
    return Measurement(wall: wall, processor: processorSeconds() - before, peakMemory: 0)
  }

  /// Seconds of the server's processes, those that have ended too.
  private func processorSeconds() -> Double {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    var ticks = 0
    for name in all {
      guard let id = pid_t(name),
        let text = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8)
      else { continue }
      // After the name in brackets: state, parent, and from the twelfth on the four times.
      let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
      guard fields.count > 15, id == process || pid_t(fields[2]) == process else { continue }
      ticks += fields[12...(id == process ? 15 : 13)].reduce(0) { $0 + (Int($1) ?? 0) }
    }
    return Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}
