/// The events that there are most of in their bytes, as the general encoder would write them: it
/// visits each message several times, and took as long as the rest of a payment's way into the
/// journal.
extension [UInt8] {
  /// Appends the message of a payment or a notice behind its length; false, with nothing
  /// appended, for any other event.
  mutating func appendByHand(_ event: Event) -> Bool {
    guard event.unknownFields.data.isEmpty else { return false }
    switch event.fact {
    case .paymentRecordedV2(let fact) where fact.unknownFields.data.isEmpty:
      appendDelimited { bytes in
        bytes.appendPlace(of: event)
        bytes.appendDelimited(field: 43) { bytes in
          bytes.append(field: 1, zigzag(fact.amount))
          bytes.append(field: 2, fact.currency)
          bytes.append(field: 3, fact.key)
          bytes.append(field: 4, UInt64(bitPattern: Int64(fact.method.rawValue)))
        }
      }
    case .noticeRecorded(let fact)
    where fact.unknownFields.data.isEmpty
      && fact.parameters.allSatisfy { $0.unknownFields.data.isEmpty }:
      appendDelimited { bytes in
        bytes.appendPlace(of: event)
        bytes.appendDelimited(field: 42) { $0.append(fact) }
      }
    default: return false
    }
    return true
  }

  mutating func append(_ notice: NoticeRecorded) {
    append(field: 1, UInt64(bitPattern: Int64(notice.template.rawValue)))
    for parameter in notice.parameters {
      append(parameter: parameter.name, parameter.value)
    }
  }

  /// A parameter of a notice.
  mutating func append(parameter name: String, _ value: String) {
    let part = open(field: 2)
    append(field: 1, name)
    append(field: 2, value)
    close(part)
  }
}
