import Billing
import Quantities
import Tariff

/// 12,345,678: a count for people.
func grouped(_ count: Int) -> String {
  var text = ""
  for (index, digit) in String(count.magnitude).reversed().enumerated() {
    if index > 0, index % 3 == 0 { text = "," + text }
    text = String(digit) + text
  }
  return (count < 0 ? "-" : "") + text
}

/// `1 bill`, `2 bills`, `12,345 bills`.
func counted(_ count: Int, _ one: String, _ many: String) -> String {
  "\(grouped(count)) \(count == 1 ? one : many)"
}

/// $1,234.50 and 270,193 đ.
func moneyWords(_ amount: Money, _ currency: Currency) -> String {
  moneyText(amount.text(in: currency), currency.code, in: .english)
}

/// A price for people: at least the currency's own decimals, and more where the price has them.
func priceWords(millionths: Int64, _ currency: Currency) -> String {
  moneyText(
    DecimalText.format(Int128(millionths), scale: 6, minimumDecimals: currency.decimals),
    currency.code, in: .english)
}

extension Price {
  func words(_ currency: Currency) -> String {
    priceWords(millionths: millionthsPerUnit, currency)
  }
}
