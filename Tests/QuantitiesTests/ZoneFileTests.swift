import Foundation
import TestSupport
import Testing

@testable import Quantities

/// Compiled zone files as the system has them, and as nobody should have them.
@Suite("Zone files")
struct ZoneFileTests {
  /// Version 2: an empty first part, then `transitions` to offsets by turns, and a rule.
  static func file(
    _ transitions: [Int64] = [1_425_808_800, 1_446_368_400], offsets: [Int32] = [-28_800, -25_200],
    rule: String = "PST8PDT,M3.2.0,M11.1.0", counts: [Int: UInt32] = [:]
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    func put(_ value: some FixedWidthInteger) {
      withUnsafeBytes(of: value.bigEndian) { bytes += $0 }
    }
    for part in 0..<2 {
      bytes += Array("TZif2".utf8) + Array(repeating: 0, count: 15)
      let own = [0, 0, 0, transitions.count, offsets.count, 0]
      for (index, count) in own.enumerated() {
        put(counts[part * 6 + index] ?? UInt32(part == 0 ? 0 : count))
      }
    }
    for moment in transitions { put(moment) }
    for index in transitions.indices { put(UInt8((index + 1) % offsets.count)) }
    for offset in offsets {
      put(offset)
      put(UInt16(0))
    }
    return bytes + Array("\n\(rule)\n".utf8)
  }

  @Test func `a file's transitions come first and its rule after them`() throws {
    let table = try ZoneTable(name: "Test/Zone", zoneFile: Self.file())
    #expect(table.initialOffset == -28_800)
    #expect(table.transitions.prefix(2).map(\.offset) == [-25_200, -28_800])
    #expect(table.transitions.count == 2 + 25 * 2)
  }

  private static func fault(_ name: String, _ bytes: [UInt8]) -> ZoneFileError? {
    do throws(ZoneFileError) {
      _ = try ZoneTable(name: name, zoneFile: bytes)
      return nil
    } catch { return error }
  }

  @Test func `every zone of the system's database that follows RFC 8536 reads`() throws {
    let folder = "/usr/share/zoneinfo"
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    for name in names where name.contains("/") && !name.hasPrefix("right/") {
      guard let bytes = FileManager.default.contents(atPath: "\(folder)/\(name)"),
        bytes.starts(with: Data("TZif".utf8))
      else { continue }
      let fault = Self.fault(name, Array(bytes))
      // A rule by the day of the year, as Casablanca once had, is one that is not read.
      let isRule = if case .footer = fault { true } else { false }
      #expect(fault == nil || isRule, "\(name): \(fault as Any)")
    }
  }

  @Test(arguments: [0xFFFF_FFFF, 0x8000_0000, 0x7FFF_FFFF, 1_000_000] as [UInt32])
  func `a count of more than the file holds is refused`(count: UInt32) {
    for place in 0..<12 {
      #expect(throws: ZoneFileError.self) {
        try ZoneTable(name: "Test/Zone", zoneFile: Self.file(counts: [place: count]))
      }
    }
  }

  @Test(arguments: [
    "PST8PDT,M13.2.0,M11.1.0", "PST8PDT,M0.2.0,M11.1.0", "PST8PDT,M3.0.0,M11.1.0",
    "PST8PDT,M3.9.0,M11.1.0", "PST8PDT,M3.2.7,M11.1.0", "PST8PDT,M3.2.0/168,M11.1.0",
    "PST99999999999999999PDT,M3.2.0,M11.1.0", "PST9223372036854775807", "PST8:99", "PST168",
    "PST8PDT,M99999999999999999999.1.1,M1.1.1", "<", "PST8PDT,", "PST½",
  ])
  func `a rule of no calendar is refused`(rule: String) {
    #expect(throws: ZoneFileError.self) {
      try ZoneTable(name: "Test/Zone", zoneFile: Self.file(rule: rule))
    }
  }

  @Test func `transitions that do not ascend and offsets beyond a day are refused`() {
    for bytes in [
      Self.file([1_446_368_400, 1_425_808_800]), Self.file([1_425_808_800, 1_425_808_800]),
      Self.file(offsets: [0, 100_000]), Self.file(offsets: [.min, .max]),
    ] {
      #expect(throws: ZoneFileError.implausible) {
        try ZoneTable(name: "Test/Zone", zoneFile: bytes)
      }
    }
  }

  @Test(arguments: [1, 2, 3]) func `no bytes of a zone file trap or hang`(seed: UInt64) {
    var random = SeededRandom(seed)
    let original = Self.file()
    var outcomes = (read: 0, refused: 0)
    for _ in 0..<3000 {
      var bytes = original
      for _ in 0...Int.random(in: 0..<3, using: &random) {
        let place = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
        case 1:
          let extreme: UInt8 = [0, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
          for index in place..<min(place + 8, bytes.count) { bytes[index] = extreme }
        case 2: bytes.removeSubrange(place..<min(place + 5, bytes.count))
        default: bytes.insert(contentsOf: Array("M9.9.9/-99:,<".utf8), at: place)
        }
      }
      do {
        let table = try ZoneTable(name: "Test/Zone", zoneFile: bytes)
        _ = table.day(ServiceDate(day: 16_500)).intervals(ofMinutes: 15)
        _ = table.date(at: .random(in: -1_000_000_000...4_000_000_000, using: &random))
        outcomes.read += 1
      } catch { outcomes.refused += 1 }
    }
    #expect(outcomes.read > 100 && outcomes.refused > 100, "\(outcomes)")
  }
}
