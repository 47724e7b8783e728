import ArgumentParser

struct ProjectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "project")
  func run() throws {}
}
