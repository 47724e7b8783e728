import Foundation

/// The `wattbook` command, timed from the start of the process to its end.
struct ProcessTiming {
  let executable: String

  /// The one that is named, or the newest of those built beside this command or the sources.
  init?(named path: String?) {
    let mine = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    let candidates =
      path.map { [$0] }
      ?? [
        mine.appending(path: "wattbook").path, "../.build/release/wattbook",
        ".build/release/wattbook",
      ]
    func age(_ path: String) -> Date {
      let attributes = try? FileManager.default.attributesOfItem(atPath: path)
      return attributes?[.modificationDate] as? Date ?? .distantPast
    }
    guard
      let newest = candidates.filter({ FileManager.default.isExecutableFile(atPath: $0) })
        .max(by: { age($0) < age($1) })
    else { return nil }
    executable = newest
  }

  /// The median of several runs, in milliseconds; fails when the command does.
  func milliseconds(_ runs: Int, arguments: (Int) -> [String]) throws -> Double {
    try (0..<runs).map { try run(arguments($0)).wall * 1000 }.quantile(0.5)
  }

  /// One run; fails when the command does.
  func run(_ arguments: [String]) throws -> Measurement {
    let words = [executable] + arguments
    let start = ContinuousClock.now
    let child = try ChildProcess.run(words)
    let wall = (ContinuousClock.now - start) / .seconds(1)
    try require(child.status == 0, "\(words.joined(separator: " ")) ended with \(child.status)")
    return Measurement(wall: wall, processor: child.processor, peakMemory: 0)
  }

  /// The most memory that one run held, in bytes, looked at each half millisecond: what the system
  /// tells of an ended process counts this one's memory, from which it was started, too.
  func peakMemory(_ arguments: [String]) throws -> Int {
    let child = try ChildProcess.start([executable] + arguments)
    var (peak, status): (Int, Int32) = (0, 0)
    while waitpid(child, &status, WNOHANG) == 0 {
      peak = max(peak, Measurement.peakMemory(of: "\(child)"))
      usleep(500)
    }
    try require(status == 0, "\(executable) \(arguments.joined(separator: " ")) fails")
    return peak
  }
}

/// What a process left when it ended.
struct ChildProcess {
  /// As `waitpid` gives it: 0 for a good end.
  let status: Int32
  /// Seconds of processor time, user and system.
  let processor: Double

  /// Starts a program with its output in a file; what it reads is empty.
  static func start(_ words: [String], output: String = "/dev/null") throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let writing = O_WRONLY | O_CREAT | O_TRUNC
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, writing, 0o644)
    if output != "/dev/null" {
      posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
    }
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var child: pid_t = 0
    let code = posix_spawn(&child, words[0], &actions, nil, &arguments, environ)
    try require(code == 0, "cannot start \(words[0]): \(String(cString: strerror(code)))")
    return child
  }

  /// Runs a program to its end; Foundation's own way of waiting rounds up to 50 ms.
  static func run(_ words: [String], output: String = "/dev/null") throws -> ChildProcess {
    let child = try start(words, output: output)
    var status: Int32 = 0
    var usage = rusage()
    while wait4(child, &status, 0, &usage) < 0, errno == EINTR {}
    return ChildProcess(status: status, processor: usage.processorSeconds)
  }
}

extension rusage {
  /// User and system time in seconds.
  var processorSeconds: Double {
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(ru_utime) + seconds(ru_stime)
  }
}
