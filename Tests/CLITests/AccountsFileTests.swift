import Foundation
import Testing

@testable import WattbookCLI

@Suite struct AccountsFileTests {
  private static let original = Array(
    """
    account,plan,region,on,read_day,medical,households,voltage,multiplier,zone
    1,D,10,2015-01-01,1,yes,2,0.4,1,America/Los_Angeles
    "2,3",TOU-D-A,9,2015-02-28,31,no,1,,40,\r
    PC05II0730790,EVN-SH,,2015-01-06,6,,,,,

    """.utf8)

  @Test(arguments: [1, 2]) func `no bytes of an accounts file trap or hang`(seed: UInt64) throws {
    print("accounts files with seed \(seed)")
    var random = KillTrial.Randomness(state: seed)
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
