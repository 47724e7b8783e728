import Quantities
import Testing

struct MoneyTests {
  @Test("a charge is rounded once, half away from zero, to the currency's minor unit")
  func rounding() {
    let price = Price("0.145")!
    #expect(ExactCharge(Energy(kWh: "1")!, at: price).rounded(to: .usd).text(in: .usd) == "0.15")
    #expect(ExactCharge(Energy(kWh: "-1")!, at: price).rounded(to: .usd).text(in: .usd) == "-0.15")
    #expect(ExactCharge(Energy(kWh: "0.499")!, at: Price("1")!).rounded(to: .vnd) == .zero)
    #expect(ExactCharge(Energy(kWh: "99.0")!, at: Price("0.19")!).text == "18.81")
  }

  @Test("a tax is exact on an amount in minor units")
  func tax() {
    let amount = Money("335290")!
    let tax = ExactCharge(millionths: 80_000, of: amount)
    #expect(tax.text == "26823.2" && tax.rounded(to: .vnd).text(in: .vnd) == "26823")
  }

  @Test(
    "decimals parse exactly or not at all",
    arguments: [("12.5", 12_500), ("-0.001", -1), ("7", 7000), (".25", 250), ("1.2500", 1250)])
  func decimals(text: String, expected: Int64) {
    #expect(DecimalText.parse(text, scale: 3) == expected)
  }

  @Test(
    "text that is no exact decimal is refused",
    arguments: ["", ".", "1.2.3", "1e3", "0.0001", "nan", "99999999999999999999", "--1", "1 "])
  func refused(text: String) {
    #expect(DecimalText.parse(text, scale: 3) == nil)
  }
}
