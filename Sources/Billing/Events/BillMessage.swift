import Tariff

/// The parts of a bill, each field in the order of its number.
extension [UInt8] {
  mutating func append(_ line: ChargeLine, isSplitByDays: Bool, _ evidence: ArraySlice<UInt32>) {
    append(field: 1, isSplitByDays ? line.description + ", split by days" : line.description)
    append(field: 2, zigzag(line.quantity.value))
    append(field: 3, UInt64(line.quantity.decimals))
    append(field: 4, line.unit)
    append(field: 5, zigzag(line.price.millionthsPerUnit))
    append(field: 6, zigzag(line.amount.millionths))
    append(field: 7, line.schedule)
    if !evidence.isEmpty {
      let part = open(field: 8)
      for index in evidence { append(varint: UInt64(index)) }
      close(part)
    }
    append(field: 9, UInt64(BillLine.Kind(line.kind).rawValue))
    append(field: 10, line.authority ?? "")
    append(field: 11, line.isDeferred ? 1 : 0)
  }

  mutating func append(_ item: Evidence) {
    append(field: 1, item.kind)
    append(field: 2, item.first)
    append(field: 3, item.last)
    if !item.steps.isEmpty {
      let part = open(field: 4)
      for step in item.steps { append(varint: step) }
      close(part)
    }
  }

  mutating func append(_ span: RegisterSpan) {
    append(field: 1, UInt64(span.channel))
    append(field: 2, zigzag(Int64(span.openedOn)))
    append(field: 3, zigzag(span.openingIndex))
    append(field: 4, zigzag(Int64(span.closedOn)))
    append(field: 5, zigzag(span.closingIndex))
    append(field: 6, span.openingPosition)
    append(field: 7, span.closingPosition)
  }
}

extension BillLine.Kind {
  init(_ kind: ChargeLine.Kind) {
    self =
      switch kind {
      case .energy: .energy
      case .baselineCredit: .baselineCredit
      case .daily: .daily
      case .monthly: .monthly
      case .minimum: .minimum
      case .tax: .tax
      case .discount: .discount
      case .credit: .credit
      case .surcharge: .surcharge
      case .reactive: .reactive
      case .trueUp: .trueUp
      case .netSurplus: .netSurplus
      }
  }
}
