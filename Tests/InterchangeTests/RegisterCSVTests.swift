import Billing
import Quantities
import Testing

@testable import Interchange

@Suite("Register CSV")
struct RegisterCSVTests {
  @Test func `a row is an index in whole watt-hours`() throws {
    let file = try content(
      """
      account,date,register,kwh
      PC05II0730790,2015-01-01,total,12345.5
      PC05II0730790,2015-01-01,normal,0
      PC05II0730790,2015-01-01,peak,1.001
      PC05II0730790,2015-01-01,offpeak,99999999
      """)
    #expect(file.malformed.isEmpty)
    #expect(
      file.registers.map(\.channel)
        == [.registerTotal, .registerNormal, .registerPeak, .registerOffPeak])
    #expect(file.registers.map(\.index.kWh) == ["12345.5", "0", "1.001", "99999999"])
    #expect(file.registers.map(\.line) == [2, 3, 4, 5])
  }

  @Test(arguments: [
    "A,2015-01-01,total,1.0005", "A,2015-01-01,delivered,1", "A,2015-01-01,Total,1",
    "A,2015-13-01,total,1", "A,2015-01-01,total,-1", "A,2015-01-01,total,", "A,2015-01-01,total",
    ",2015-01-01,total,1", "A,2015-01-01,total,1,1",
  ])
  func `a line that gives no index is malformed`(line: String) throws {
    let file = try content("account,date,register,kwh\n\(line)\n")
    #expect(file.lines == [2])
    #expect(file.registers.isEmpty)
  }
}
