import Glibc

/// What one run of something took.
struct Measurement {
  /// Seconds by the clock on the wall.
  var wall: Double
  /// Seconds of processor time, user and system, over all threads.
  var processor: Double
  /// The most memory the process held meanwhile, in bytes; 0 where the system does not tell.
  var peakMemory: Int
  /// What it held at the start, in bytes.
  var held = 0

  /// Runs `body` once.
  static func of<Result>(_ body: () throws -> Result) rethrows -> (Measurement, Result) {
    let held = forgetPeakMemory()
    let start = ContinuousClock.now
    let processor = processorSeconds()
    let result = try body()
    let measurement = Measurement(
      wall: (ContinuousClock.now - start) / .seconds(1),
      processor: processorSeconds() - processor, peakMemory: peakMemory(of: "self"), held: held)
    return (measurement, result)
  }

  /// Seconds of processor time so far, user and system, over all threads.
  static func processorSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.processorSeconds
  }

  /// - Returns: what the process holds now, in bytes.
  private static func forgetPeakMemory() -> Int {
    guard let file = fopen("/proc/self/clear_refs", "w") else { return 0 }
    fputs("5", file)
    fclose(file)
    return peakMemory(of: "self")
  }

  /// The most memory that a process has held so far, in bytes; 0 where it is gone.
  static func peakMemory(of process: String) -> Int {
    guard let file = fopen("/proc/\(process)/status", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(
        decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      guard text.hasPrefix("VmHWM:") else { continue }
      return (Int(text.filter(\.isNumber)) ?? 0) * 1024
    }
    return 0
  }
}

extension [Measurement] {
  /// The medians of each figure by itself.
  var median: Measurement {
    Measurement(
      wall: map(\.wall).quantile(0.5), processor: map(\.processor).quantile(0.5),
      peakMemory: Int(map { Double($0.peakMemory) }.quantile(0.5)),
      held: Int(map { Double($0.held) }.quantile(0.5)))
  }
}

extension [Double] {
  /// The value below which a share of the values lies, between the two nearest.
  func quantile(_ share: Double) -> Double {
    guard !isEmpty else { return .nan }
    let sorted = sorted()
    let place = share * Double(count - 1)
    let below = Int(place)
    let above = Swift.min(below + 1, count - 1)
    return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
  }
}
