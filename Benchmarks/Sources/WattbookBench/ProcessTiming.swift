import Foundation

/// Whole commands, from the start of the process to its end.
struct ProcessTiming {
  let executable: String

  /// The `wattbook` beside the sources, or the one that is named.
  init?(named path: String?) {
    let candidates = path.map { [$0] } ?? ["../.build/release/wattbook", ".build/release/wattbook"]
    guard let found = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0) })
    else { return nil }
    executable = found
  }

  /// The median of several runs, in milliseconds; fails when the command does.
  func milliseconds(_ runs: Int, arguments: (Int) -> [String]) throws -> Double {
    var times: [Double] = []
    for run in 0..<runs {
      let words = [executable] + arguments(run)
      let start = ContinuousClock.now
      let status = try ProcessTiming.status(of: words)
      times.append((ContinuousClock.now - start) / .milliseconds(1))
      try require(status == 0, "\(words.joined(separator: " ")) ended with \(status)")
    }
    return times.quantile(0.5)
  }

  /// Runs a command without its output; Foundation's own way of waiting rounds up to 50 ms.
  private static func status(of words: [String]) throws -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var child: pid_t = 0
    let code = posix_spawn(&child, words[0], &actions, nil, &arguments, environ)
    try require(code == 0, "cannot start \(words[0]): \(String(cString: strerror(code)))")
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    return status
  }
}
