import Glibc

/// A running `gzip -dc`.
struct Unpacking {
  let output: Int32
  private(set) var child: pid_t?

  /// - Parameter input: the compressed file, positioned at its start.
  init(_ input: Int32) throws(MeterFileError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw .cannotUnpack(reason: ByteSource.lastError()) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var arguments = [strdup("gzip"), strdup("-dc"), nil]
    defer { for argument in arguments { free(argument) } }
    var environment: [UnsafeMutablePointer<CChar>?] = [nil]
    var identifier: pid_t = 0
    let failure = posix_spawnp(&identifier, "gzip", &actions, nil, &arguments, &environment)
    close(ends[1])
    output = ends[0]
    guard failure == 0 else {
      close(output)
      throw .cannotUnpack(reason: "gzip does not start, \(String(cString: strerror(failure)))")
    }
    child = identifier
  }

  /// Collects the child at the end of its output.
  mutating func finish() throws(MeterFileError) {
    guard let status = wait() else { return }
    guard status == 0 else {
      throw .cannotUnpack(reason: "gzip found it damaged or cut short")
    }
  }

  mutating func abandon() {
    close(output)
    if let child { kill(child, SIGTERM) }
    _ = wait()
  }

  private mutating func wait() -> Int32? {
    guard let child else { return nil }
    self.child = nil
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 {
      guard errno == EINTR else { return nil }
    }
    return status
  }
}
