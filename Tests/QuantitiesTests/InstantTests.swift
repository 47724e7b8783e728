import Quantities
import Testing

struct InstantTests {
  @Test func `a moment of any 64 bits has a description`() {
    for milliseconds in [Int64.min, .min + 1, -1, 0, 1, .max] {
      #expect(!Instant(milliseconds: milliseconds).description.isEmpty)
    }
    #expect("\(Instant(milliseconds: -1))" == "1969-12-31T23:59:59.999Z")
    #expect("\(Instant(milliseconds: .max))" == "9223372036854775807 ms")
    #expect("\(Instant(milliseconds: 253_402_300_799_999))" == "9999-12-31T23:59:59.999Z")
  }
}
