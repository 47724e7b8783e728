import Journal
import Quantities

/// The person of an account, as whoever asks can see them.
public enum Person: Sendable, Equatable {
  case known(PersonDetails)
  /// - Parameter keyRemains: the key's file where it is still there, and should not be.
  case erased(on: ServiceDate, reason: PersonErased.Reason, keyRemains: String?)
  case keyNotFound(file: String)
}

/// Why a sealed value is not believed.
public struct SealFault: Error, Equatable, Sendable, CustomStringConvertible {
  public let position: UInt64
  public let file: String

  public var description: String {
    "position \(position): the person's details do not open with \(file): they were changed, or "
      + "sealed for another account, or the key was"
  }
}

extension AccountView {
  /// Whom the account belongs to; nil where nobody was ever recorded. Who is erased is erased in
  /// every view, of a moment before it too.
  public func person(_ keys: KeyStore) throws -> Person? {
    var last: (position: UInt64, sealed: Sealed)?
    var key: KeyID?
    for recorded in events {
      switch recorded.event.fact {
      case .personDetailsRecorded(let fact):
        last = (recorded.position, fact.details)
        key = KeyID(fact.details.key)
      case .personErased(let fact): key = KeyID(fact.key)
      default: continue
      }
    }
    guard let key else { return nil }
    for recorded in try eventsUntilNow() {
      guard case .personErased(let fact) = recorded.event.fact, KeyID(fact.key) == key else {
        continue
      }
      return .erased(
        on: ServiceDate(day: recorded.event.effective), reason: fact.reason,
        keyRemains: try keys.key(key).map { keys.file(of: $0.id) })
    }
    guard let last, let agreement else { return nil }
    return try last.sealed.person(ofAccount: agreement.number, at: last.position, keys)
  }
}

extension Sealed {
  /// The person of an account, or that the key is not there.
  ///
  /// - Parameter position: of the event, for the fault when the key is there and does not open it.
  public func person(
    ofAccount number: String, at position: UInt64, _ keys: KeyStore
  ) throws -> Person {
    guard let id = KeyID(key) else { throw SealFault(position: position, file: keys.path) }
    guard let key = try keys.key(id) else { return .keyNotFound(file: keys.file(of: id)) }
    guard let details = open(ofAccount: number, with: key) else {
      throw SealFault(position: position, file: keys.file(of: id))
    }
    return .known(details)
  }
}

extension JournalReader {
  /// When the persons of these keys were erased.
  public func erasedKeys() throws -> [KeyID: ServiceDate] {
    var erased: [KeyID: ServiceDate] = [:]
    var opener = BatchOpener(self)
    for location in try locations(where: {
      $0.kind == .events && $0.partition != JournalIdentity.system
    }) {
      let events = try opener.open(location) {
        try EventCodec.decode($0, header: location.header)
      }
      for recorded in events {
        guard case .personErased(let fact) = recorded.event.fact, let key = KeyID(fact.key) else {
          continue
        }
        erased[key] = ServiceDate(day: recorded.event.effective)
      }
    }
    return erased
  }
}
