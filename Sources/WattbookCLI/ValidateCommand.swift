import ArgumentParser
import Billing
import Foundation
import Quantities

struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate", abstract: "Judge the reads held, and flag what is doubtful.",
    discussion: """
      Examples:
        wattbook validate books
        wattbook validate books --account 3012345678 --from 2015-03-01 \\
          --through 2015-03-31

      Rules: \(ReadFlagged.Rule.named.map(\.name).joined(separator: ", ")). \
      Each doubt is recorded once. A flag that holds keeps its cycle from being billed until the \
      read is corrected, or somebody has looked: wattbook settle. Every flag that stands is \
      listed; the exit status is 1 where one of them holds.
      """)

  @OptionGroup var journal: JournalOption
  @Option(help: ArgumentHelp("Only this account.", valueName: "number"))
  var account: String?
  @Option(help: ArgumentHelp("Doubts about this day and later ones.", valueName: "date"))
  var from: ServiceDate?
  @Option(help: ArgumentHelp("Doubts about this day and earlier ones.", valueName: "date"))
  var through: ServiceDate?
  @Option(help: ArgumentHelp("Threads that judge together.", valueName: "count"))
  var threads = 2
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let from, let through, through < from { throw ValidationError("--from is after --through") }
    guard (1...255).contains(threads) else { throw ValidationError("--threads takes 1 to 255") }
  }

  func run() throws {
    let engine = try writing.engine(journal, source: "validate")
    try engine.requireAccount(account)
    let progress = Progress("validating", unit: "events")
    let start = Date()
    let report = try engine.validate(
      account: account, from: from, through: through, threads: threads, at: writing.at
    ) { progress.update(Int($0), of: nil) }
    let seconds = Date().timeIntervalSince(start)
    progress.finish()
    if output.json {
      // One object still, but printed flag by flag: there may be as many as there are reads.
      Terminal.print(
        "{\"reads\":\(report.reads),\"seconds\":\(String(format: "%.6f", seconds)),"
          + "\"recorded\":\(report.recorded),\"flags\":[", terminator: "")
      for (place, listed) in report.flags.enumerated() {
        let flag = listed.flag.json(account: listed.account, isNew: listed.isNew)
        Terminal.print((place > 0 ? "," : "") + flag.text, terminator: "")
      }
      Terminal.print("]}")
    } else {
      show(report)
    }
    engine.keepSnapshot()
    if report.flags.contains(where: \.flag.holds) { throw ExitCode(ExitStatus.refused.rawValue) }
  }

  private static let shown = 50

  private func show(_ report: ValidationReport) {
    // What keeps bills from being made comes first.
    let sorted = report.flags.filter(\.flag.holds) + report.flags.filter { !$0.flag.holds }
    let shown = sorted.prefix(Self.shown)
    let table = FlagTable(shown.map(\.flag), of: shown.map(\.account))
    if !sorted.isEmpty { Terminal.print(table.text) }
    if sorted.count > Self.shown {
      Terminal.print("and \(grouped(sorted.count - Self.shown)) more; --json lists all")
    }
    let holding = report.flags.count { $0.flag.holds }
    Terminal.print(
      "judged \(counted(Int(report.reads), "read", "reads")): "
        + "\(counted(report.recorded, "flag", "flags")) recorded, "
        + "\(grouped(report.flags.count)) standing, of which \(grouped(holding)) hold a bill")
  }
}

/// Flags for people.
struct FlagTable {
  let text: String

  /// - Parameter accounts: whose flags they are, in a column of its own; nil where all are of one.
  init(_ flags: [ReadFlag], of accounts: [String]? = nil) {
    var columns: [(String, Table.Side)] = [
      ("flag", .right), ("rule", .left), ("from", .left), ("to", .left), ("bill", .left),
      ("found", .left),
    ]
    if accounts != nil { columns.insert(("account", .left), at: 0) }
    var table = Table(columns)
    for (place, flag) in flags.enumerated() {
      var row = [
        "\(flag.position)", flag.rule.name, "\(flag.firstDay)", "\(flag.lastDay)",
        flag.holds ? "held" : "", flag.rule.words(found: flag.found, limit: flag.limit),
      ]
      if let accounts { row.insert(accounts[place], at: 0) }
      table.add(row)
    }
    text = table.text
  }
}

extension ReadFlag {
  func json(account: String, isNew: Bool? = nil) -> JSON {
    var fields: [(String, JSON)] = [
      ("account", .string(account)), ("flag", .number(Int(position))),
      ("rule", .string(rule.name)), ("channel", .string(channel.name)),
      ("from", .string("\(firstDay)")), ("through", .string("\(lastDay)")),
      ("found", .number(Int(found))), ("limit", .number(Int(limit))), ("holds", .bool(holds)),
      ("words", .string(rule.words(found: found, limit: limit))),
    ]
    if let isNew { fields.append(("new", .bool(isNew))) }
    return .fields(fields)
  }
}
