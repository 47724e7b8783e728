import Foundation
import Interchange
import Tariff

@testable import Billing
@testable import Journal

extension FuzzTarget {
  /// Inputs to start from: the golden journal, the built-in rate schedules, the system's zones and
  /// a small file of each layout.
  func seeds() throws -> [[UInt8]] {
    let journal = FuzzedJournal.shared
    switch self {
    case .segment: return journal.segmentSeeds
    case .boundary:
      return [
        journal.boundarySeed,
        try Array(Data(contentsOf: URL(filePath: "\(FuzzedJournal.golden)/journal.json"))),
      ]
    case .events:
      return journal.goldenBatches.filter { $0.kind == .events }.map {
        [$0.partition == JournalIdentity.system ? 7 : UInt8($0.partition), 3] + $0.content
      }
    case .reads:
      return journal.goldenBatches.filter { $0.kind == .reads }.map {
        [UInt8($0.partition)] + $0.content
      }
    case .snapshot: return [journal.snapshotSeed]
    case .zone:
      return [
        "America/Los_Angeles", "Asia/Ho_Chi_Minh", "Australia/Lord_Howe", "Africa/Casablanca",
        "America/Nuuk", "Etc/GMT+5",
      ].compactMap {
        FileManager.default.contents(atPath: "/usr/share/zoneinfo/\($0)").map { Array($0) }
      }
    case .tariff:
      return BuiltinSchedules.allCases.flatMap {
        $0.text.components(separatedBy: "\n---\n").map { Array($0.utf8) }
      }
    case .csv: return Self.files.map { Array($0.utf8) }
    case .xml: return [Array(("\u{3}" + Self.feed).utf8), Array(("\u{9}" + Self.feed).utf8)]
    }
  }

  private static let files = [
    "\u{60}account,date,interval_minutes,wh_1,...\nA1,2015-01-01,60,1,2,,-4\r\nB,2015-03-08,15,5\n",
    "\u{4}account,date,interval_minutes,wh_1,wh_2\nA,2015-03-08,690,70000,2\nB,2015-11-01,750,1,\n",
    """
    \u{30}account,start,kwh,channel,quality
    A,2015-01-01T00:00:00-08:00,1.5,delivered,actual
    A,2015-01-01T00:15:00-08:00,nan,received,estimated
    B,2015-11-01T09:00:00Z,"0.1",delivered,edited
    """,
    "\u{7}start,value\n2015-03-08T09:00:00Z,0.25\n2015-03-08T10:00:00Z,1\n",
    "\u{60}account,date,register,kwh\nA,2015-01-01,total,123.456\nA,2015-01-01,peak,1\n",
    """
    \u{5}Energy Usage Information
    "For location: 1 MAIN ST"
    "Energy consumption time period","Usage(Real energy in kilowatt-hours)","Reading quality"
    "2020-11-01 01:00:00 to 2020-11-01 01:00:00","0.5",""
    "2020-11-01 01:00:00 to 2020-11-01 02:00:00","0.5","Estimated"
    """,
  ]

  private static let feed = """
    <?xml version="1.0" encoding="UTF-8"?>
    <feed xmlns="http://www.w3.org/2005/Atom" xmlns:espi="http://naesb.org/espi">
    <entry><link rel="self" href="/u/1"/><link rel="related" href="/u/1/m"/><title>Home</title>
    <content><espi:UsagePoint><espi:ServiceCategory><espi:kind>0</espi:kind>
    </espi:ServiceCategory></espi:UsagePoint></content></entry>
    <entry><link rel="self" href="/u/1/m/1"/><link rel="up" href="/u/1/m"/>
    <link rel="related" href="/u/1/m/1/b"/><link rel="related" href="https://x.org/r/1"/>
    <content><espi:MeterReading/></content></entry>
    <entry><link rel="self" href="/r/1"/><content><espi:ReadingType>
    <espi:flowDirection>1</espi:flowDirection><espi:intervalLength>3600</espi:intervalLength>
    <espi:powerOfTenMultiplier>0</espi:powerOfTenMultiplier><espi:uom>72</espi:uom>
    </espi:ReadingType></content></entry>
    <entry><link rel="self" href="/u/1/m/1/b/1"/><link rel="up" href="/u/1/m/1/b"/><content>
    <espi:IntervalBlock><espi:interval><espi:duration>7200</espi:duration>
    <espi:start>1420099200</espi:start></espi:interval>
    <espi:IntervalReading><espi:timePeriod><espi:duration>3600</espi:duration>
    <espi:start>1420099200</espi:start></espi:timePeriod><espi:value>1&#x30;</espi:value>
    <espi:ReadingQuality><espi:quality>8</espi:quality></espi:ReadingQuality>
    </espi:IntervalReading>
    <espi:IntervalReading><espi:timePeriod><espi:duration>3600</espi:duration>
    <espi:start>1420102800</espi:start></espi:timePeriod><espi:value><![CDATA[5]]></espi:value>
    </espi:IntervalReading></espi:IntervalBlock></content></entry></feed>
    """
}
