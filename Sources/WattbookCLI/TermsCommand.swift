import ArgumentParser
import Billing
import Quantities

struct TermsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "terms", abstract: "Change what an account is priced by, from a day on.",
    discussion: """
      Examples:
        wattbook terms books --account 3012345678 --on 2015-06-10 --region 13
        wattbook terms books --account 3012345678 --on 2015-06-10 --medical
        wattbook terms books --account PC05II0730790 --on 2015-06-06 --persons 6
        wattbook terms books --account 3012345678 --on 2015-06-03 --city Compton
        wattbook terms books --account PC05II0730790 --on 2015-07-06 --read-day 20

      Region and medical baseline count from the day itself; everything else from the first cycle \
      that starts on that day or later. Bills of days before are not touched; a bill of days after \
      it is proposed for rebilling.

      A read day changes on the first day of a cycle that has never been billed. That cycle ends \
      on the first new read day, and what is by the month counts by its days.
      """)

  @OptionGroup var journal: JournalOption
  @Option(help: ArgumentHelp("Account number.", valueName: "number")) var account: String
  @Option(help: ArgumentHelp("The first day of the new terms.", valueName: "date"))
  var on: ServiceDate
  @Option(help: ArgumentHelp("Baseline region, such as 10.", valueName: "number"))
  var region: String?
  @Flag(inversion: .prefixedNo, help: "Medical baseline.") var medical: Bool?
  @Flag(inversion: .prefixedNo, help: "The home is in a multi-family building.")
  var multiFamily: Bool?
  @Option(help: ArgumentHelp("Households that share the meter.", valueName: "count"))
  var households: Int?
  @Option(
    help: ArgumentHelp("Tenants who share the meter: four are a household.", valueName: "count"))
  var persons: Int?
  @Flag(
    inversion: .prefixedNo,
    help: "Tenants for less than a year whose persons nobody has declared.")
  var undeclaredTenants: Bool?
  @Option(help: ArgumentHelp("Supply voltage.", valueName: "kV")) var voltage: String?
  @Option(help: ArgumentHelp("Day of the month on which cycles end, 1 to 31.", valueName: "day"))
  var readDay: Int?
  @Option(help: "City whose users tax is due; an empty one for none.") var city: String?
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if households != nil, persons != nil {
      throw ValidationError("give --households or --persons: four persons are one household")
    }
    if let voltage, EnrollCommand.volts(voltage) == nil {
      throw ValidationError("--voltage takes kilovolts, such as 0.4")
    }
    for count in [households, persons] {
      if let count, !(1...100_000).contains(count) {
        throw ValidationError("--households and --persons take 1 to 100,000")
      }
    }
  }

  func run() throws {
    var changed = ChangedTerms()
    changed.region = region
    changed.medical = medical
    changed.multiFamily = multiFamily
    changed.householdQuarters = persons ?? households.map { $0 * 4 }
    changed.voltage = voltage.flatMap(EnrollCommand.volts)
    changed.city = city
    changed.undeclaredTenants = undeclaredTenants
    changed.readDay = readDay
    let engine = try writing.engine(journal, source: "terms")
    let outcome = try engine.changeTerms(
      TermsRequest(number: account, on: on, change: .terms(changed)), at: writing.at)
    try engine.proposeRebills(at: writing.at, journal, output)
    output.print(
      outcome, ["account": .string(account), "on": .string("\(on)")],
      done: "the terms of \(account) have changed from \(on)")
  }
}

struct DiscountCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "discount", abstract: "Grant, renew or end eligibility for a discount.",
    discussion: """
      Examples:
        wattbook discount books --account 3012345678 --grant CARE \\
          --on 2015-03-10 --through 2017-03-09
        wattbook discount books --account 3012345678 --end CARE \\
          --on 2015-09-01 --reason "income above the limit"

      A cycle gets the discount when its first day is a day of eligibility. Granting again is \
      recertification; without it eligibility expires after its last day.
      """)

  @OptionGroup var journal: JournalOption
  @Option(help: ArgumentHelp("Account number.", valueName: "number")) var account: String
  @Option(help: ArgumentHelp("Grant this discount, or recertify it.", valueName: "name"))
  var grant: String?
  @Option(help: ArgumentHelp("End this discount.", valueName: "name")) var end: String?
  @Option(
    help: ArgumentHelp(
      "First day of eligibility, or the first without.", valueName: "date"))
  var on: ServiceDate
  @Option(help: ArgumentHelp("Last day of eligibility.", valueName: "date"))
  var through: ServiceDate?
  @Option(help: "Why it ends; recorded.") var reason: String?
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (grant == nil) != (end == nil), (grant == nil) == (through == nil),
      (end == nil) == (reason == nil)
    else {
      throw ValidationError("give --grant with --through, or --end with --reason")
    }
  }

  func run() throws {
    let engine = try writing.engine(journal, source: "discount")
    let (name, change, done): (String, TermsRequest.Change, String)
    if let grant, let through {
      name = grant
      change = .grantDiscount(grant, through: through)
      done = "\(account) is eligible for \(grant) from \(on) to \(through)"
    } else {
      name = end ?? ""
      change = .endDiscount(name, reason: reason ?? "")
      done = "\(account) is not eligible for \(name) from \(on) on"
    }
    let outcome = try engine.changeTerms(
      TermsRequest(number: account, on: on, change: change), at: writing.at)
    try engine.proposeRebills(at: writing.at, journal, output)
    output.print(
      outcome,
      [
        "account": .string(account), "discount": .string(name), "on": .string("\(on)"),
        "through": .optional(through.map { "\($0)" }),
      ], done: done)
  }
}

struct NetMeteringCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "net-metering", abstract: "Start or end net metering of an account.",
    discussion: """
      Examples:
        wattbook net-metering books --account 3012345678 --on 2015-03-03
        wattbook net-metering books --account 3012345678 --on 2016-03-03 --end

      It counts from the first cycle that starts on that day or later. Monthly bills then ask for \
      what is not energy; energy charges and credits are carried through the months of the rate \
      schedule's period-months and are due with the last cycle that starts in them.
      """)

  @OptionGroup var journal: JournalOption
  @Option(help: ArgumentHelp("Account number.", valueName: "number")) var account: String
  @Option(
    help: ArgumentHelp("First day of net metering, or the first without.", valueName: "date"))
  var on: ServiceDate
  @Flag(help: "End it.") var end = false
  @OptionGroup var writing: WritingOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let engine = try writing.engine(journal, source: "net-metering")
    let outcome = try engine.changeTerms(
      TermsRequest(number: account, on: on, change: end ? .endNetMetering : .startNetMetering),
      at: writing.at)
    try engine.proposeRebills(at: writing.at, journal, output)
    output.print(
      outcome, ["account": .string(account), "on": .string("\(on)"), "ended": .bool(end)],
      done: end
        ? "\(account) is not net metered from \(on) on" : "\(account) is net metered from \(on)")
  }
}
