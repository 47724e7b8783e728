import ArgumentParser
import Billing
import Foundation
import Quantities

struct EnrollCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enroll", abstract: "Enroll an account, or many from a file.",
    discussion: """
      Examples:
        wattbook enroll books --account 3012345678 --plan D --region 10 \\
          --on 2015-01-01
        wattbook enroll books --account PC05II0730790 --plan EVN-SH \\
          --on 2015-04-06 --read-day 6
        wattbook enroll books --file accounts.csv

      The file's header names its columns: account,plan,region,on,read_day and any of medical, \
      all_electric, multi_family, households, persons, voltage, multiplier, zone, city, \
      undeclared_tenants. Lines that are refused are named, the rest is enrolled; sending the file \
      again enrolls nobody twice.
      """)

  @OptionGroup var journal: JournalOption
  @Option(help: ArgumentHelp("Account number, 1 to 32 bytes.", valueName: "number"))
  var account: String?
  @Option(help: ArgumentHelp("Plan code, such as D or TOU-D-A.", valueName: "code"))
  var plan: String?
  @Option(help: ArgumentHelp("Baseline region, such as 10.", valueName: "number"))
  var region: String?
  @Option(help: ArgumentHelp("First day of service.", valueName: "date"))
  var on: ServiceDate?
  @Flag(help: "Medical baseline.") var medical = false
  @Flag(help: "The home is all-electric.") var allElectric = false
  @Flag(help: "The home is in a multi-family building.") var multiFamily = false
  @Option(help: ArgumentHelp("Households that share the meter.", valueName: "count"))
  var households = 1
  @Option(help: ArgumentHelp("Supply voltage.", valueName: "kV")) var voltage: String?
  @Option(help: ArgumentHelp("Register indices count this many times.", valueName: "factor"))
  var multiplier = 1
  @Option(help: ArgumentHelp("Day of the month on which cycles end, 1 to 31.", valueName: "day"))
  var readDay = 1
  @Option(help: "Zone of the service point, such as America/Chicago.") var zone: String?
  @Option(help: "A CSV file of accounts.", completion: .file()) var file: String?
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if file != nil {
      guard account == nil, plan == nil, on == nil, region == nil, voltage == nil, zone == nil,
        !medical, !allElectric, !multiFamily
      else { throw ValidationError("--file names all accounts: give no account's options with it") }
    } else {
      guard account != nil, plan != nil, on != nil else {
        throw ValidationError("give --account, --plan and --on, or --file")
      }
    }
    if let voltage, EnrollCommand.volts(voltage) == nil {
      throw ValidationError("--voltage takes kilovolts, such as 0.4")
    }
  }

  static func volts(_ kilovolts: String) -> Int? {
    DecimalText.parse(kilovolts, scale: 3).flatMap { (0...1_000_000).contains($0) ? Int($0) : nil }
  }

  func run() throws {
    var requests: [AccountLine] = []
    var malformed: [(line: Int, reason: String)] = []
    if let file {
      (requests, malformed) = try AccountsFile.read(file)
    } else if let account, let plan, let on {
      var request = Enrollment(number: account, plan: plan, on: on, region: region)
      request.medical = medical
      request.allElectric = allElectric
      request.multiFamily = multiFamily
      request.households = households
      request.voltage = voltage.flatMap(EnrollCommand.volts)
      request.multiplier = multiplier
      request.readDay = readDay
      request.zone = zone
      requests = [AccountLine(line: nil, request: request)]
    }
    let engine = try writing.engine(journal, source: file ?? "enroll")
    let results = try engine.enroll(
      requests.map(\.request), zone: ZoneDatabase.find, at: writing.at)
    let refused = try changeTerms(engine, requests, results)
    engine.keepSnapshot()
    try report(requests, results, malformed, refused)
  }

  /// Terms that an enrolment does not have, from the first day on: of who is enrolled.
  private func changeTerms(
    _ engine: Engine, _ requests: [AccountLine], _ results: [Result<Outcome, EnrollmentRefusal>]
  ) throws -> [(line: Int, account: String, reason: String)] {
    // A file that comes again takes nothing back that was changed since.
    var wanted = zip(requests, results).filter { request, result in
      (try? result.get()) != nil && request.terms != ChangedTerms()
        && !engine.state.hasChangedTerms(request.request.number)
    }.map(\.0)[...]
    guard !wanted.isEmpty else { return [] }
    var refused: [(line: Int, account: String, reason: String)] = []
    while !wanted.isEmpty {
      let commands = wanted.prefix(10_000).map { line in
        Command.changeTerms(
          TermsRequest(
            number: line.request.number, on: line.request.on, change: .terms(line.terms)))
      }
      let outcomes = try engine.record(commands[...], at: writing.at)
      for (line, outcome) in zip(wanted, outcomes) {
        guard case .failure(let refusal) = outcome else { continue }
        refused.append(
          (line.line ?? 0, line.request.number, "it is enrolled, without these terms: \(refusal)"))
      }
      wanted = wanted.dropFirst(outcomes.count)
    }
    _ = try engine.proposeRebills(at: writing.at, journal, output)
    return refused
  }

  private func report(
    _ requests: [AccountLine],
    _ results: [Result<Outcome, EnrollmentRefusal>], _ malformed: [(line: Int, reason: String)],
    _ refused: [(line: Int, account: String, reason: String)]
  ) throws {
    var enrolled = 0
    var repeated = 0
    var rejected = malformed.map { (line: $0.line, account: "", reason: $0.reason) } + refused
    for (asked, result) in zip(requests, results) {
      switch result {
      case .success(.recorded): enrolled += 1
      case .success(.repeated): repeated += 1
      case .failure(let refusal):
        guard let line = asked.line else { throw refusal }
        rejected.append((line, asked.request.number, refusal.description))
      }
    }
    if output.json {
      Terminal.print(
        JSON.object([
          "enrolled": .number(enrolled), "repeated": .number(repeated),
          "rejected": .array(
            rejected.map {
              .object([
                "file": .string(file ?? ""), "line": .number($0.line),
                "account": .string($0.account), "reason": .string($0.reason),
              ])
            }),
        ]).text)
    } else {
      var parts = ["enrolled \(counted(enrolled, "account", "accounts"))"]
      if repeated > 0 { parts.append("\(grouped(repeated)) enrolled before") }
      if !rejected.isEmpty { parts.append("\(grouped(rejected.count)) refused") }
      Terminal.print(parts.joined(separator: ", "))
      for line in rejected {
        let account = line.account.isEmpty ? "" : "account \(line.account): "
        Terminal.warn("\(file ?? ""):\(line.line): \(account)\(line.reason)")
      }
    }
    if !rejected.isEmpty { throw ExitCode(ExitStatus.refused.rawValue) }
  }
}

/// An account to be enrolled, of a line of a file or of the command's options.
struct AccountLine {
  var line: Int?
  var request: Enrollment
  /// From the first day of service on; empty as a rule.
  var terms = ChangedTerms()
}

/// Reads `enroll --file`: a CSV with a header, cells in double quotes where they hold a comma.
enum AccountsFile {
  static func read(
    _ path: String
  ) throws -> (
    requests: [AccountLine], malformed: [(line: Int, reason: String)]
  ) {
    let data = try WholeFile.read(path, atMost: WholeFile.accountsBytes)
    var requests: [AccountLine] = []
    var malformed: [(line: Int, reason: String)] = []
    var header: [String] = []
    var text = String(decoding: data, as: UTF8.self)
    if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
    // By scalars: as characters, a carriage return and a line feed are one.
    let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, scalars) in lines.enumerated() {
      let line = Substring(scalars.last == "\r" ? scalars.dropLast() : scalars)
      guard !line.allSatisfy(\.isWhitespace) else { continue }
      let cells = cells(line).map { $0.trimmingCharacters(in: .whitespaces) }
      guard !header.isEmpty else {
        header = cells
        try check(header, "\(path):\(index + 1)")
        continue
      }
      do throws(MalformedCell) {
        let (request, terms) = try request(header, cells)
        requests.append(AccountLine(line: index + 1, request: request, terms: terms))
      } catch { malformed.append((index + 1, error.reason)) }
    }
    if header.isEmpty { try check(header, "\(path):1") }
    return (requests, malformed)
  }

  private static let required: Set = ["account", "plan", "on"]
  private static let optional = [
    "region", "read_day", "medical", "all_electric", "multi_family", "households", "voltage",
    "multiplier", "zone", "persons", "city", "undeclared_tenants",
  ]

  /// A column that is not understood is refused, never skipped.
  private static func check(_ header: [String], _ place: String) throws {
    let known = required.union(optional)
    let odd = header.first { !known.contains($0) }.map { ", and “\($0)” is none of them" } ?? ""
    guard odd.isEmpty, required.isSubset(of: header), Set(header).count == header.count else {
      throw Failure(
        .usage, "header",
        "\(place): the header must name account, plan and on, may name "
          + optional.joined(separator: ", ") + ", each once\(odd)")
    }
  }

  private struct MalformedCell: Error { let reason: String }

  private static func cells(_ line: Substring) -> [String] {
    guard line.contains("\"") else {
      return line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    var cells = [""]
    var quoted = false
    for character in line {
      if character == "\"" {
        quoted.toggle()
      } else if character == ",", !quoted {
        cells.append("")
      } else {
        cells[cells.count - 1].append(character)
      }
    }
    return cells
  }

  private static func request(
    _ header: [String], _ cells: [String]
  ) throws(MalformedCell) -> (Enrollment, ChangedTerms) {
    guard cells.count == header.count else {
      throw MalformedCell(reason: "\(cells.count) cells under a header of \(header.count)")
    }
    let row = Dictionary(zip(header, cells)) { first, _ in first }
    guard let on = ServiceDate(row["on"] ?? "") else {
      throw MalformedCell(reason: "on is no date: \(row["on"] ?? "")")
    }
    func number(_ name: String, _ standard: Int) throws(MalformedCell) -> Int {
      guard let text = row[name], !text.isEmpty else { return standard }
      guard let value = Int(text) else {
        throw MalformedCell(reason: "\(name) is no number: \(text)")
      }
      return value
    }
    func flag(_ name: String) throws(MalformedCell) -> Bool {
      switch row[name] ?? "" {
      case "", "0", "no", "false": return false
      case "1", "yes", "true": return true
      case let text: throw MalformedCell(reason: "\(name) is neither yes nor no: \(text)")
      }
    }
    func text(_ name: String) -> String? { row[name].flatMap { $0.isEmpty ? nil : $0 } }
    var request = Enrollment(
      number: row["account"] ?? "", plan: row["plan"] ?? "", on: on, region: text("region"))
    request.readDay = try number("read_day", 1)
    request.households = try number("households", 1)
    request.multiplier = try number("multiplier", 1)
    request.medical = try flag("medical")
    request.allElectric = try flag("all_electric")
    request.multiFamily = try flag("multi_family")
    request.zone = text("zone")
    if let voltage = text("voltage") {
      guard let volts = EnrollCommand.volts(voltage) else {
        throw MalformedCell(reason: "voltage is no number of kilovolts: \(voltage)")
      }
      request.voltage = volts
    }
    var terms = ChangedTerms()
    terms.city = text("city")
    if try flag("undeclared_tenants") { terms.undeclaredTenants = true }
    if text("persons") != nil {
      guard text("households") == nil else {
        throw MalformedCell(reason: "give households or persons: four persons are one household")
      }
      terms.householdQuarters = try number("persons", 4)
    }
    return (request, terms)
  }
}
