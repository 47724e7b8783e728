import Foundation
import Testing

@testable import Journal

/// 0 done, 1 refused or differs, 2 bad usage or input, 3 the journal is damaged, locked or
/// unavailable; under `--json` a failure is one object on standard output and nothing else.
@Suite struct ExitStatusTests {
  private func full() throws -> Books { try Books.full.get() }

  private static let commands = [
    "demo", "init", "tariff", "tariff publish", "tariff list", "tariff show", "tariff check",
    "tariff explain", "tariff reprice", "tariff import-urdb", "compare", "enroll", "move-out",
    "terms", "discount", "net-metering", "deposit", "refund", "write-off", "late-charges", "waive",
    "ledger", "validate", "settle", "estimate", "ingest", "switch", "pay", "bill", "person",
    "erase", "simulate", "account", "project", "audit", "replay", "verify", "salvage", "cat",
    "key", "checkpoint", "cancel", "rebill", "reinstate", "decline", "worklist",
  ]

  @Test(arguments: commands)
  func `help has an example, fits 80 columns and ends with 0`(_ command: String) throws {
    let help = try Wattbook.run(command + " --help")
    #expect(help.status == 0 && help.errors.isEmpty)
    #expect(help.output.contains("Example"))
    let long = help.lines.filter { $0.count > 80 && !$0.hasPrefix("USAGE") }
    #expect(long.isEmpty)
  }

  @Test(arguments: commands.filter { $0 != "demo" })
  func `examples in the help can be typed as they stand`(_ command: String) throws {
    let help = try Wattbook.run(command + " --help").output.replacing("\\\n", with: "")
    let examples = help.matches(of: /(?m)^(?:  |Example: )wattbook (.* .*)$/).map(\.output.1)
    #expect(!examples.isEmpty)
    let folder = try Folder()
    for example in examples {
      let result = try Wattbook.run(
        URL(fileURLWithPath: "/usr/bin/env"),
        ["-C", folder.path, Wattbook.executable.path] + Wattbook.words(String(example)))
      #expect(!result.errors.hasPrefix("Error: "), "\(example): \(result.errors)")
    }
  }

  @Test func `the command alone shows what there is`() throws {
    for line in ["", "--help", "help", "help bill"] {
      let result = try Wattbook.run(line)
      #expect(result.status == 0 && result.output.contains("USAGE"))
    }
  }

  @Test(arguments: [
    "--nothing", "frobnicate", "account", "bill books", "bill books --through yesterday",
    "bill books --through 2015-02-29", "pay books --account 1 --amount twelve --on 2015-01-01",
    "pay books --account 1 --amount 1 --on 2015-01-01 --at noon",
    "pay books --account 1 --amount 1 --on 2015-01-01 --wait -1", "replay books --threads 0",
    "pay books --account 1 --amount 1 --on 2015-01-01 --actor \"\"",
    "replay books --until 3 --as-known-at 3", "cat books --as-known-at sometime",
    "cat books --from 9 --to 3", "person books --account 1",
    "erase books --account 1", "erase books --account 1 --reason because",
    "pay books --account 1 --amount 1 --on 2015-01-01 --method wampum", "cat books --kind Bill",
    "audit books", "audit books --bill 7",
    "audit books --bill 1001-20150201 --account 1001 --period 2015-01-01",
    "switch books --account 1 --to D", "switch books --account 1 --cancel 2015-01-01 --to D",
    "switch books --account 1 --to D --on 2015-01-01 --asked 2015-01-01",
    "enroll books --account 1", "enroll books --file a.csv --account 1",
    "account books 1 --language fr", "tariff publish books", "tariff check", "tariff explain",
    "tariff explain --builtin sce D D", "tariff reprice books", "tariff import-urdb",
    "tariff reprice books f.yaml --months 0", "tariff reprice books f.yaml --sample 0",
    "tariff reprice books f.yaml --sample 1 --account 1", "compare books",
    "compare books --account 1 --months 0", "init books --partitions 0",
    "simulate f.csv --meters 0 --days 1", "simulate f.csv --meters 1 --days 1 --interval 7",
    "ingest books", "ingest books f.csv --format pdf", "key", "checkpoint books",
    "verify books --checkpoint a.note", "verify books --key a.pub",
    "audit books --bill 1001-20150201 --bundle b", "audit books --bill 1001-20150201 --key k",
    "audit books --bill 1001-20150201 --bundle b --key k --checkpoint c",
    "cancel books --bill 1001-20150201", "cancel books --bill 1001-20150201 --reason because",
    "rebill books", "rebill books --all --account 1001", "rebill books --within 1 --account 1001",
    "rebill books --all --within -1", "reinstate books", "decline books --proposal 1",
  ])
  func `bad usage ends with 2 and says so on standard error`(_ line: String) throws {
    let result = try Wattbook.run(line)
    #expect(result.status == 2 && result.output.isEmpty)
    #expect(result.errors.hasPrefix("Error: ") && result.errors.contains("--help"))
    let json = try Wattbook.run(line + " --json")
    #expect(json.status == 2)
    #expect(try json.errorCode() == "usage")
  }

  @Test func `bad input ends with 2, and says what, where and what to do`() throws {
    let books = try full().copy()
    let folder = books.folder.path
    let words = try books.write("these are no reads\n", to: "words.txt")
    let broken = try books.write(
      "schedule: X\nname: Broken\nutility: U\ncurency: USD\n", to: "broken.yaml")
    let header = try books.write("account,region\n1,10\n", to: "header.csv")
    let odd = try books.write("account,plan,on,colour\n1,D,2015-01-01,red\n", to: "odd.csv")
    let none = try books.write("", to: "empty.csv")
    let cases: [(line: String, code: String, text: String)] = [
      ("enroll --file \(odd)", "header", "odd.csv:1: the header must name account"),
      ("enroll --file \(odd)", "header", "“colour” is none of them"),
      ("enroll --file \(none)", "header", "empty.csv:1: "),
      ("ingest \(none)", "meterFile", "empty.csv"),
      ("ingest \(folder)/none.csv", "cannotOpen", "none.csv: there is no such file"),
      ("ingest \(folder)", "cannotOpen", "it is a directory"),
      ("ingest \(words)", "meterFile", "words.txt: the layout is not known"),
      (
        "tariff publish \(broken)", "rateSchedule", "broken.yaml:4: the document has no key curency"
      ),
      ("tariff publish \(folder)/none.yaml", "cannotOpen", "none.yaml"),
      ("tariff show Z", "unknownPlan", "there is no plan Z; known: D, EVN-KD"),
      ("enroll --file \(header)", "header", "header.csv:1: the header must name account"),
      ("enroll --file \(folder)/none.csv", "cannotOpen", "none.csv"),
      ("account 4711", "unknownAccount", "there is no account 4711"),
      ("project --account 4711", "unknownAccount", "there is no account 4711"),
      ("cat --account 4711", "unknownAccount", "there is no account 4711"),
      ("bill --account 4711 --through 2015-02-01", "unknownAccount", "4711"),
      ("audit --bill 1001-20150202", "unknownBill", "there is no bill 1001-20150202"),
      ("audit --bill 4711-20150202", "unknownAccount", "4711"),
      ("audit --account 1001 --period 2015-01-02", "noBill", "2015-01-02"),
    ]
    let count = try books.events()
    for (line, code, text) in cases {
      let result = try books.done(line, status: 2)
      #expect(result.output.isEmpty && result.errors.contains(text), "\(line): \(result.errors)")
      #expect(try books.done(line + " --json", status: 2).errorCode() == code, "\(line)")
    }
    #expect(try books.events() == count)
  }

  @Test func `a file that cannot be read names itself, and what went in before it`() throws {
    let books = try full().copy()
    let good = try books.write(Books.intervals("1001", ["2015-04-01"]), to: "good.csv")
    let words = try books.write("these are no reads\n", to: "words.txt")
    let result = try books.done("ingest \(good) \(words)", status: 2)
    #expect(result.output.contains("good.csv: 1 read"))
    #expect(result.errors.contains("words.txt: ") && result.errors.contains("before it are in"))
  }

  @Test func `a rule that says no ends with 1 and names itself`() throws {
    let books = try full().copy()
    let cases: [(line: String, code: String)] = [
      ("enroll --account 8 --plan D --on 2015-01-01", "regionNeeded"),
      ("enroll --account 8 --plan TOU-D-T --region 10 --on 2015-01-01", "noPrice"),
      ("enroll --account 8 --plan D --region 10 --on 2015-01-01 --all-electric", "allElectric"),
      ("enroll --account 8 --plan D --region 10 --on 2015-01-01 --zone A/B", "unknownZone"),
      ("enroll --account 1001 --plan D --region 9 --on 2015-01-01", "alreadyEnrolled"),
      ("pay --account 4711 --amount 1 --on 2015-01-01", "unknownAccount"),
      ("pay --account 1001 --amount 0 --on 2015-01-01", "notPositive"),
      ("pay --account 1001 --amount 0.001 --on 2015-01-01", "finerThanMinorUnit"),
      ("pay --account PC05II0730790 --amount 0.5 --on 2015-01-01", "finerThanMinorUnit"),
      ("move-out --account 1001 --on 2015-06-01", "movedOutBefore"),
      ("move-out --account 1002 --on 2015-01-05", "alreadyBilled"),
      ("switch --account 1002 --to EVN-SH --on 2014-01-01", "notServed"),
      ("switch --account 1002 --to TOU-D-A --on 2015-05-01", "samePlan"),
      ("switch --account 1002 --to TOU-D-T --on 2015-05-01", "noPrice"),
      ("switch --account 1002 --cancel 2015-07-01", "noSuchSwitch"),
      ("switch --account 1002 --cancel 2015-04-01", "alreadyStarted"),
      ("move-out --account 1002 --cancel", "notMovedOut"),
      ("terms --account 1001 --on 2015-03-01", "nothingToChange"),
      ("terms --account 1001 --on 2015-03-01 --undeclared-tenants", "noTenantsRule"),
      ("project --account 1001 --as-of 2016-01-01", "notProjected"),
      ("terms --account 4711 --on 2015-03-01 --medical", "unknownAccount"),
      ("terms --account 1001 --on 2015-03-01 --region 99", "unknownRegion"),
      (
        "discount --account 1001 --grant CARE --on 2015-03-01 --through 2016-02-29",
        "unknownDiscount"
      ),
      ("net-metering --account 1001 --end --on 2015-03-01", "notNetMetered"),
      ("refund --account 1001 --amount 1000 --on 2015-05-05", "moreThanCredit"),
      ("settle --flag 1 --reason checked", "unknownFlag"),
      ("cancel --bill 1001-20150202 --reason meter-fault", "unknownBill"),
    ]
    let count = try books.events()
    for (line, code) in cases {
      let result = try books.done(line, status: 1)
      #expect(result.output.isEmpty && result.errors.hasPrefix("wattbook: "), "\(line)")
      #expect(try books.done(line + " --json", status: 1).errorCode() == code, "\(line)")
    }
    #expect(try books.events() == count)
  }

  @Test func `a payment beyond all measure leaves a journal that opens`() throws {
    let books = try full().copy()
    let pay = "pay --account 1001 --amount 9223372036854 --on 2015-05-05"
    try books.done(pay)
    #expect(try books.done(pay, status: 1).errors.contains("beyond all measure"))
    try books.done("account 1001")
    try books.done("replay")
  }

  @Test(arguments: [
    "tariff list", "tariff show D", "tariff publish --builtin sce",
    "enroll --account 1 --plan D --region 10 --on 2015-01-01",
    "move-out --account 1 --on 2015-01-01",
    "switch --account 1 --to D --on 2015-01-01", "pay --account 1 --amount 1 --on 2015-01-01",
    "bill --through 2015-01-01", "account 1", "project --account 1", "audit --bill 1001-20150201",
    "replay", "verify", "salvage new", "cat",
  ])
  func `a missing journal ends with 3`(_ line: String) throws {
    let books = try Books()
    let result = try books.done(line, status: 3)
    #expect(result.output.isEmpty && result.errors.contains("make one with: wattbook init"))
    #expect(try books.done(line + " --json", status: 3).errorCode() == "notAJournal")
    #expect(!FileManager.default.fileExists(atPath: books.path))
  }

  @Test func `a locked journal ends with 3 at once, or is waited for; readers do not care`()
    throws
  {
    let books = try full().copy()
    let pay = "pay --account 1002 --amount 1 --on 2015-05-06"
    var writer: JournalWriter? = try JournalWriter(path: books.path)
    let refused = try books.run(pay + " --json")
    #expect(refused.status == 3)
    #expect(try refused.errorCode() == "locked")
    #expect(refused.errors.contains("--wait SECONDS"))
    for reader in [
      "account 1002", "verify", "replay", "late-charges --on 2016-01-01 --dry-run",
      "bill --through 2015-04-01 --account 1001 --dry-run", "rebill --all --dry-run",
      "estimate --through 2015-04-01 --account 1001 --dry-run",
    ] {
      try books.done(reader)
    }
    var words = Wattbook.words(pay + " --wait 60")
    words.insert(books.path, at: 1)
    let waiting = try Wattbook.start(Wattbook.executable, words, books.folder)
    Thread.sleep(forTimeInterval: 0.5)
    #expect(waiting.isRunning)
    withExtendedLifetime(writer) {}
    writer = nil
    waiting.waitUntilExit()
    #expect(waiting.terminationStatus == 0)
  }

  @Test func `a reader that has gone ends a listing quietly, a full disk does not`() throws {
    let books = try full()
    let shell = URL(fileURLWithPath: "/bin/sh")
    let arguments = ["sh", Wattbook.executable.path, books.path]
    let head = try Wattbook.run(
      shell, ["-c", "{ \"$1\" cat \"$2\" --json; echo $? >&2; } | head -n 1"] + arguments)
    #expect(head.status == 0 && head.lines.count == 1 && head.errors == "0\n")
    guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
    let full = try Wattbook.run(shell, ["-c", "\"$1\" cat \"$2\" >/dev/full"] + arguments)
    #expect(full.status == 2 && full.errors.contains("the output is cut short"))
  }
}
