import Foundation
import Testing

@testable import WattbookCLI

@Suite struct AccountsFileTests {
  @Test func `a file may name city, persons and undeclared tenants`() throws {
    let books = try Books.empty()
    try books.done("tariff publish --builtin sce-extras")
    try books.done("tariff publish --builtin evn")
    let file = try books.write(
      """
      account,plan,region,on,read_day,households,persons,city,undeclared_tenants
      1,D,10,2015-03-02,2,,,Compton,
      2,D,10,2015-03-02,2,,,Nowhere,
      PC1,EVN-SH,,2015-04-06,6,,3,,
      PC2,EVN-SH,,2015-04-06,6,,,,yes
      PC3,EVN-SH,,2015-04-06,6,2,,,
      PC4,EVN-SH,,2015-04-06,6,2,8,,

      """, to: "terms.csv")
    let result = try books.done("enroll --file \"\(file)\"", status: 1)
    #expect(result.output.contains("enrolled 5 accounts, 2 refused"))
    #expect(
      result.errors.contains(":3: account 2: it is enrolled, without these terms: plan D has no"))
    #expect(result.errors.contains(":7: give households or persons"))
    func terms(_ account: String) throws -> [String: Any] {
      let shown = try books.done("account \(account) --json").object()
      return try #require(shown["terms"] as? [String: Any])
    }
    #expect(try terms("1")["city"] as? String == "Compton")
    #expect(try terms("2")["city"] is NSNull)
    #expect(try terms("PC1")["householdQuarters"] as? Int == 3)
    #expect(try terms("PC2")["undeclaredTenants"] as? Bool == true)
    #expect(try terms("PC3")["householdQuarters"] as? Int == 8)
    let position = try books.events()
    try books.done("enroll --file \"\(file)\"", status: 1)
    #expect(try books.events() == position)
  }

  @Test func `a zone that there is not refuses its account, a database that cannot be read all`()
    throws
  {
    let books = try Books.empty()
    try books.done("tariff publish --builtin sce")
    let file = try books.write(
      """
      account,plan,region,on,zone
      1,D,10,2015-03-02,America/Nowhere
      2,D,10,2015-03-02,leapseconds
      3,D,10,2015-03-02,America/Chicago

      """, to: "zones.csv")
    let position = try books.events()
    func code(_ database: String) throws -> String {
      let result = try Wattbook.run(
        Wattbook.executable, ["enroll", books.path, "--file", file, "--json"],
        ["TZDIR": database])
      #expect(result.status == 2)
      return try result.errorCode()
    }
    #expect(try code(books.folder.path + "/none") == "noZoneDatabase")
    let zones = try Folder()
    try FileManager.default.createDirectory(
      atPath: zones.path + "/America", withIntermediateDirectories: true)
    _ = try zones.write("TZif2", to: "America/Chicago")
    #expect(try code(zones.path) == "unreadableZone")
    #expect(try books.events() == position)
    let result = try books.done("enroll --file \"\(file)\"", status: 1)
    #expect(result.output.contains("enrolled 1 account, 2 refused"))
    for (line, account, zone) in [(2, "1", "America/Nowhere"), (3, "2", "leapseconds")] {
      let reason = "there is no zone \(zone) in the time-zone database"
      #expect(result.errors.contains(":\(line): account \(account): \(reason)"))
    }
  }

  @Test func `a file that comes again takes no changed terms back`() throws {
    let books = try Books.empty()
    try books.done("tariff publish --builtin sce-extras")
    let file = try books.write(
      """
      account,plan,region,on,city
      1,D,10,2015-03-02,Compton
      2,D,10,2015-03-02,Compton

      """, to: "cities.csv")
    try books.done("enroll --file \"\(file)\"")
    try books.done("terms --account 1 --on 2015-03-02 --city Downey")
    let position = try books.events()
    let again = try books.done("enroll --file \"\(file)\"")
    #expect(again.output.contains("2 enrolled before") && again.errors.isEmpty)
    #expect(try books.events() == position)
    for (account, city) in [("1", "Downey"), ("2", "Compton")] {
      let shown = try books.done("account \(account) --json").object()
      #expect((shown["terms"] as? [String: Any])?["city"] as? String == city)
    }
  }

  private static let original = Array(
    """
    account,plan,region,on,read_day,medical,households,voltage,multiplier,zone
    1,D,10,2015-01-01,1,yes,2,0.4,1,America/Los_Angeles
    "2,3",TOU-D-A,9,2015-02-28,31,no,1,,40,\r
    PC05II0730790,EVN-SH,,2015-01-06,6,,,,,

    """.utf8)

  @Test(arguments: [1, 2]) func `no bytes of an accounts file trap or hang`(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let folder = try Folder()
    let path = folder.path + "/accounts.csv"
    let telling = [
      "\u{0}", ",", "\"", "\n", "\r", "9223372036854775808", "-1", "\u{FEFF}", "é", " ",
    ]
    var (read, refused) = (0, 0)
    for _ in 0..<1000 {
      var bytes = Self.original
      for _ in 0...Int.random(in: 0..<4, using: &random) {
        let place = Int.random(in: bytes.indices, using: &random)
        let end = min(bytes.count, place + Int.random(in: 0..<30, using: &random))
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
        case 1:
          bytes.insert(
            contentsOf: Array((telling.randomElement(using: &random) ?? "").utf8), at: place)
        case 2: bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
        default: if end - place < bytes.count { bytes.removeSubrange(place..<end) }
        }
      }
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      do {
        let (requests, malformed) = try AccountsFile.read(path)
        #expect(requests.count + malformed.count <= bytes.count)
        read += 1
      } catch { refused += 1 }
    }
    #expect(read > 100 && refused > 100, "\(read) read, \(refused) refused")
  }
}
