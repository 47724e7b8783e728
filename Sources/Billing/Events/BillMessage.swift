extension BillIssuedV2 {
  var hasOnlyKnownFields: Bool {
    unknownFields.data.isEmpty && lines.allSatisfy { $0.unknownFields.data.isEmpty }
      && evidence.allSatisfy { $0.unknownFields.data.isEmpty }
      && registers.allSatisfy { $0.unknownFields.data.isEmpty }
  }
}

extension [UInt8] {
  /// The fields of a bill, in the order of their numbers.
  mutating func append(_ bill: BillIssuedV2) {
    append(field: 1, bill.bill)
    append(field: 2, zigzag(Int64(bill.start)))
    append(field: 3, zigzag(Int64(bill.end)))
    append(field: 4, zigzag(Int64(bill.dated)))
    append(field: 5, zigzag(Int64(bill.due)))
    append(field: 6, bill.currency)
    append(field: 7, zigzag(bill.total))
    append(field: 8, zigzag(bill.tax))
    append(field: 9, bill.knownBefore)
    append(field: 10, UInt64(bill.pricingRules))
    for line in bill.lines { appendDelimited(field: 11) { $0.append(line) } }
    for item in bill.evidence { appendDelimited(field: 12) { $0.append(item) } }
    for span in bill.registers { appendDelimited(field: 13) { $0.append(span) } }
    append(field: 14, bill.replacesAfter)
    append(field: 15, bill.estimated ? 1 : 0)
  }

  private mutating func append(_ line: BillLine) {
    append(field: 1, line.text)
    append(field: 2, zigzag(line.quantity))
    append(field: 3, UInt64(line.quantityDecimals))
    append(field: 4, line.unit)
    append(field: 5, zigzag(line.price))
    append(field: 6, zigzag(line.amount))
    append(field: 7, line.schedule)
    if !line.evidence.isEmpty {
      appendDelimited(field: 8) { bytes in
        for index in line.evidence { bytes.append(varint: UInt64(index)) }
      }
    }
    append(field: 9, UInt64(bitPattern: Int64(line.kind.rawValue)))
    append(field: 10, line.authority)
    append(field: 11, line.deferred ? 1 : 0)
  }

  private mutating func append(_ item: Evidence) {
    append(field: 1, item.kind)
    append(field: 2, item.first)
    append(field: 3, item.last)
    if !item.steps.isEmpty {
      appendDelimited(field: 4) { bytes in
        for step in item.steps { bytes.append(varint: step) }
      }
    }
  }

  private mutating func append(_ span: RegisterSpan) {
    append(field: 1, UInt64(span.channel))
    append(field: 2, zigzag(Int64(span.openedOn)))
    append(field: 3, zigzag(span.openingIndex))
    append(field: 4, zigzag(Int64(span.closedOn)))
    append(field: 5, zigzag(span.closingIndex))
    append(field: 6, span.openingPosition)
    append(field: 7, span.closingPosition)
  }
}
