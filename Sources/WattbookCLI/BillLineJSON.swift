import Billing
import Quantities
import Tariff

extension BillLine {
  /// What the line says and comes to.
  func fields(in currency: Currency) -> [(String, JSON)] {
    [
      ("description", .string(text)), ("quantity", .string(quantityText)), ("unit", .string(unit)),
      ("price", .string(priceText)),
      ("amount", .string(Money(millionths: amount).text(in: currency))),
    ]
  }

  /// What it was made from, and whether it stands outside the bill's total.
  var sourceFields: [(String, JSON)] {
    [
      ("schedule", .string(schedule)), ("evidence", .array(evidence.map { .number(Int($0)) })),
    ] + (deferred ? [("deferred", .bool(true))] : [])
  }
}

extension Evidence {
  /// The single positions after the run, where there are any.
  var moreJSON: [(String, JSON)] {
    let more = runs.dropFirst().joined()
    return more.isEmpty ? [] : [("more", .array(more.map { .number(Int(clamping: $0)) }))]
  }
}
