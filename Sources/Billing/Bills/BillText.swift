import Quantities

extension BillLine {
  public var quantityText: String {
    DecimalText.format(Int128(quantity), scale: min(18, Int(quantityDecimals)))
  }
  public var priceText: String { Price(millionthsPerUnit: price).text }
}

extension BillIssuedV2 {
  /// The days billed; of a bill that ends before it starts, none.
  public var period: BillingPeriod {
    BillingPeriod(start: ServiceDate(day: start), end: ServiceDate(day: max(start, end)))
  }

  /// A line's evidence as `kind first-last` items, sorted.
  func evidenceText(of line: BillLine) -> String {
    let items = line.evidence.map { index -> String in
      guard Int(index) < evidence.count else { return "missing" }
      let item = evidence[Int(index)]
      // Bills of the first version have an item for each run.
      return item.runs.map { "\(item.kind) \(Evidence.text(of: $0))" }.joined(separator: ", ")
    }
    let all = items.flatMap { $0.split(separator: ", ") }
    return all.isEmpty ? "none" : all.sorted().joined(separator: ", ")
  }
}
