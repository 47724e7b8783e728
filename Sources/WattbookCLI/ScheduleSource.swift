import ArgumentParser
import Foundation
import Tariff

extension BuiltinSchedules: ExpressibleByArgument {}

/// `--builtin`: schedules that come with the program, instead of a file of them.
struct BuiltinOption: ParsableArguments {
  static let names = BuiltinSchedules.allCases.map(\.rawValue).joined(separator: "|")

  @Option(help: ArgumentHelp("The schedules that come with the program.", valueName: "utility"))
  var builtin: BuiltinSchedules?
}

/// A file of rate schedules.
enum ScheduleText {
  static func read(_ path: String) throws -> String {
    let data = try WholeFile.read(path, atMost: WholeFile.schedulesBytes)
    guard let text = String(validating: data, as: UTF8.self) else {
      throw Failure(.usage, "rateSchedule", "\(path):1: the file is not UTF-8 text")
    }
    return text
  }

  static func schedules(_ path: String) throws -> [RateSchedule] {
    try RateSchedule.parse(try read(path), file: path)
  }
}
