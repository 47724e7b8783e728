/// The two events of a payment in their bytes, as the general encoder would write them: it visits
/// each message several times, and took as long as the rest of a payment's way into the journal.
extension [UInt8] {
  /// Appends the message of a payment or of a notice behind its length; false, with nothing
  /// appended, for any other event.
  mutating func appendPayment(_ event: Event) -> Bool {
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
        bytes.appendDelimited(field: 42) { bytes in
          bytes.append(field: 1, UInt64(bitPattern: Int64(fact.template.rawValue)))
          for parameter in fact.parameters {
            bytes.appendDelimited(field: 2) { bytes in
              bytes.append(field: 1, parameter.name)
              bytes.append(field: 2, parameter.value)
            }
          }
        }
      }
    default: return false
    }
    return true
  }

  mutating func append(varint: UInt64) {
    var value = varint
    while value >= 0x80 {
      append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    append(UInt8(value))
  }

  private mutating func appendPlace(of event: Event) {
    append(field: 1, UInt64(event.account))
    append(field: 2, zigzag(Int64(event.effective)))
  }

  /// A field of zero is not written.
  private mutating func append(field: UInt64, _ value: UInt64) {
    guard value != 0 else { return }
    append(varint: field << 3)
    append(varint: value)
  }

  /// An empty text is not written.
  private mutating func append(field: UInt64, _ text: String) {
    guard !text.isEmpty else { return }
    append(varint: field << 3 | 2)
    append(varint: UInt64(text.utf8.count))
    append(contentsOf: text.utf8)
  }

  private mutating func appendDelimited(field: UInt64, _ body: (inout [UInt8]) -> Void) {
    append(varint: field << 3 | 2)
    appendDelimited(body)
  }

  /// Most lengths fit the one byte that is kept for them; for a longer one the body moves.
  private mutating func appendDelimited(_ body: (inout [UInt8]) -> Void) {
    let place = count
    append(0)
    body(&self)
    guard count - place > 0x80 else {
      self[place] = UInt8(count - place - 1)
      return
    }
    var length: [UInt8] = []
    length.append(varint: UInt64(count - place - 1))
    replaceSubrange(place...place, with: length)
  }
}

/// Numbers of either sign as unsigned ones: small where they are near zero.
private func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }
