import Journal

/// The person whom an account's details are of: who it is, only the key's holder can read.
struct HeldPerson: Hashable, Sendable {
  var key: KeyID
  var isErased: Bool
}

/// Who is on record and who is erased. The state covers the sealed bytes, so that no key, and no
/// key's destruction, changes it.
struct PersonProjection: Projector {
  static let name = "persons"
  static let version: UInt16 = 1

  /// The last person of each account that has or had one, by index of the slot map.
  private var held: [UInt32: HeldPerson] = [:]
  private(set) var recorded: UInt64 = 0
  private(set) var erased: UInt64 = 0
  private var history = HistoryDigest()

  init() {}

  subscript(_ index: Int) -> HeldPerson? { held[UInt32(index)] }

  /// A person's details are sealed with one key, so that its destruction erases them all.
  func canRecord(_ index: Int, with key: KeyID?) -> Bool {
    guard let key else { return false }
    guard let person = self[index] else { return true }
    return (person.key == key) != person.isErased
  }

  mutating func apply(_ events: [RecordedEvent], _ slots: SlotMap) {
    for recorded in events {
      guard let index = slots.index(of: recorded.event.account) else { continue }
      switch recorded.event.fact {
      case .personDetailsRecorded(let fact):
        guard let key = KeyID(fact.details.key) else { continue }
        if self[index]?.key != key { self.recorded += 1 }
        held[UInt32(index)] = HeldPerson(key: key, isErased: false)
        history.add(position: recorded.position)
        history.add(key.bytes + Array(fact.details.nonce) + Array(fact.details.ciphertext))
      case .personErased:
        held[UInt32(index)]?.isErased = true
        erased += 1
        history.add(position: recorded.position)
      default: continue
      }
    }
  }

  /// Whether a snapshot's form is one that a fold makes.
  func isPlausible(accounts: Int) -> Bool {
    held.keys.allSatisfy { $0 < accounts } && erased <= recorded
      && recorded <= history.count && history.count <= EventJudgement.countLimit
      && held.values.count <= recorded
  }

  func write(to writer: inout ByteWriter) {
    writer.put(recorded)
    writer.put(erased)
    history.write(to: &writer)
    writer.put(UInt32(held.count))
    for (index, person) in held.sorted(by: { $0.key < $1.key }) {
      writer.put(index)
      writer.put(person.key.bytes)
      writer.put(UInt8(person.isErased ? 1 : 0))
    }
  }

  init(from reader: inout ByteReader) throws {
    recorded = try reader.get()
    erased = try reader.get()
    history = try HistoryDigest(from: &reader)
    for _ in 0..<(try reader.get(UInt32.self)) {
      let index: UInt32 = try reader.get()
      guard let key = KeyID(try reader.get(bytes: KeyID.count)) else {
        throw ByteReader.Failure.endOfBytes
      }
      held[index] = HeldPerson(key: key, isErased: try reader.get(UInt8.self) == 1)
    }
  }
}
