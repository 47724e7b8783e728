import Quantities
import Testing

@testable import Interchange

/// A bank's file of payments: each line is a payment or a named refusal.
struct PaymentFileTests {
  private func read(_ text: String) throws -> (payments: [String], malformed: [String]) {
    var file = try PaymentFile(ByteSource(Array(text.utf8), blockSize: 64))
    var found: (payments: [String], malformed: [String]) = ([], [])
    while let chunk = try file.nextChunk() {
      found.payments += chunk.payments.map { line, payment in
        "\(line) \(payment.number) \(payment.amount.millionths) \(payment.on) \(payment.key ?? "-")"
      }
      found.malformed += chunk.malformed.map { "\($0.line) \($0.reason)" }
    }
    return found
  }

  @Test func `columns may stand in any order, quoted or not`() throws {
    let found = try read(
      "\u{FEFF}key,on,\"account\",amount\r\nR-1,2015-03-10,3012345678,49.50\r\n\r\n"
        + "\"Lan, R-2\",2015-03-11,PC05,83306")
    #expect(found.malformed.isEmpty)
    #expect(
      found.payments == [
        "2 3012345678 49500000 2015-03-10 R-1", "4 PC05 83306000000 2015-03-11 Lan, R-2",
      ])
  }

  @Test func `a line that is no payment is named with its reason`() throws {
    let found = try read(
      """
      account,amount,on,key
      1,1.00,2015-03-10,a
      1,twelve,2015-03-10,b
      1,1.00,2015-02-29,c
      1,1.00,2015-03-10,
      ,1.00,2015-03-10,d
      1,1.00,2015-03-10
      1,0.0000001,2015-03-10,e
      1,1.00,2015-03-10,"f
      \(String(repeating: "x", count: 33)),1.00,2015-03-10,g
      1,1.00,2015-03-10,\(String(repeating: "k", count: 256))
      """)
    #expect(found.payments.count == 1)
    #expect(found.malformed.count == 9)
    #expect(found.malformed[0] == "3 amount: 'twelve' is not a decimal amount such as 49.50")
    #expect(found.malformed[1] == "4 on: '2015-02-29' is not a date YYYY-MM-DD")
    #expect(found.malformed[2] == "5 key: a payment's key has 1 to 255 bytes")
    #expect(found.malformed[4] == "7 the line has not the 4 cells of the header")
  }

  @Test func `a header that does not name the columns is refused`() throws {
    for header in ["", "account,amount,on", "account,amount,on,key,key", "account,amount,on,ref"] {
      #expect(throws: PaymentFile.HeaderError.self) { try read(header + "\n1,1,2015-01-01,a\n") }
    }
  }
}
