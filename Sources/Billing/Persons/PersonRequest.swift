import Journal
import Quantities

/// What is to be recorded of a person; what is nil stays as it was.
public struct PersonRequest: Sendable {
  public var number: String
  public var name: String?
  public var address: String?
  public var phone: String?
  public var email: String?
  /// Routing number and account number, or what the country has.
  public var bankAccount: String?

  public init(number: String) { self.number = number }

  func applied(to known: PersonDetails) -> PersonDetails {
    var details = known
    if let name { details.name = name }
    if let address { details.address = address }
    if let phone { details.phone = phone }
    if let email { details.email = email }
    if let bankAccount { details.bankAccount = bankAccount }
    return details
  }
}

/// Why nothing is recorded of a person, or nobody erased, in order of precedence.
public enum PersonRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  case unknownAccount(String)
  case nobodyOnRecord(account: String)
  case tooLong(limit: Int)
  case empty
  case keyNotFound(file: String)

  public var description: String {
    switch self {
    case .unknownAccount(let number): "there is no account \(number)"
    case .nobodyOnRecord(let number): "nobody is on record for account \(number)"
    case .tooLong(let limit):
      "a name, address, phone, e-mail or bank account has at most \(limit) bytes"
    case .empty: "nothing is left of the person's details: use wattbook erase"
    case .keyNotFound(let file):
      "the person's key is not there: \(file). Give the directory where it is (--keys); when it is "
        + "lost for good, so is the person: wattbook erase with --lost"
    }
  }
}

extension PersonDetails {
  private static let textLimit = 500

  func judge() throws(PersonRefusal) {
    let texts = [name, address, phone, email, bankAccount]
    guard texts.allSatisfy({ $0.utf8.count <= Self.textLimit }) else {
      throw .tooLong(limit: Self.textLimit)
    }
    guard texts.contains(where: { !$0.isEmpty }) else { throw .empty }
  }
}

extension Engine {
  /// Records a person's details, sealed. The key is durable before the event that needs it: a crash
  /// in between leaves a key that opens nothing.
  public func record(
    _ request: PersonRequest, _ seed: SealingSeed, keys: KeyStore, at: Instant
  ) throws -> Outcome {
    guard let (state, index, agreement) = state.find(request.number) else {
      throw PersonRefusal.unknownAccount(request.number)
    }
    let held = state.persons[index]
    // What a crash left of an erasure is finished before somebody else takes the place.
    if let held, held.isErased { _ = try keys.destroy(held.key) }
    var known = PersonDetails()
    var key = seed.key
    if let held, !held.isErased {
      let view = try AccountView(writer.reader(), number: request.number)
      guard let kept = try keys.key(held.key), case .known(let details) = try view?.person(keys)
      else { throw PersonRefusal.keyNotFound(file: keys.file(of: held.key)) }
      (key, known) = (kept, details)
    }
    let details = request.applied(to: known)
    guard held?.isErased ?? true || details != known else { return .repeated }
    try details.judge()
    if held?.isErased ?? true { try keys.keep(key) }
    var fact = PersonDetailsRecorded()
    fact.details = try Sealed(
      details, ofAccount: request.number, with: key, nonce: seed.nonce)
    return .recorded(
      position: try commit([event(.personDetailsRecorded(fact), of: agreement, at: at)], at: at)[0])
  }

  /// Records that a person is erased, and destroys their key. In this order, because the event says
  /// what is to be done: after a crash in between nobody is shown any more, and the same command
  /// again, or the next record, destroys the key.
  ///
  /// - Parameter isLost: the key is known to be gone; else its absence is taken for a wrong directory.
  /// - Returns: whether there was a key to destroy, too.
  @discardableResult
  public func erase(
    _ number: String, reason: PersonErased.Reason, keys: KeyStore, isLost: Bool = false, at: Instant
  ) throws -> (outcome: Outcome, wasThere: Bool) {
    guard let (state, index, agreement) = state.find(number) else {
      throw PersonRefusal.unknownAccount(number)
    }
    guard let held = state.persons[index] else {
      throw PersonRefusal.nobodyOnRecord(account: number)
    }
    var outcome = Outcome.repeated
    if !held.isErased {
      // A key that cannot be read can still be destroyed.
      let isThere = try keys.has(held.key)
      guard isThere || isLost else {
        throw PersonRefusal.keyNotFound(file: keys.file(of: held.key))
      }
      var fact = PersonErased()
      fact.key = .init(held.key.bytes)
      fact.reason = reason
      outcome = .recorded(
        position: try commit([event(.personErased(fact), of: agreement, at: at)], at: at)[0])
    }
    return (outcome, try keys.destroy(held.key))
  }

  /// A fact that holds from the day on which it is recorded, where the account is.
  private func event(
    _ fact: Event.OneOf_Fact, of agreement: ServiceAgreement, at: Instant
  ) -> Event {
    let seconds = recordedAt(at).seconds
    let today =
      state.system.zones[agreement.zone]?.date(at: seconds)
      ?? ServiceDate(day: Int32(clamping: seconds / 86_400))
    return Event(fact, account: agreement.account, effective: today.day)
  }
}
