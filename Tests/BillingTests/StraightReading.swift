import TestSupport
import Testing

@testable import Billing

/// A reader of one kind of event straight from its bytes, beside the general decoder: it may leave
/// a message to that one, and never finds another meaning.
struct StraightReading<Fact> {
  /// An event of the kind, within the bounds of all or outside.
  let event: (inout SeededRandom) -> Event
  /// Nil where it leaves a message alone.
  let read: (EventMessage) -> Fact?
  let isSame: (Fact, Event) -> Bool

  /// How many of 5000 events as we write them it takes: all that are within the bounds and plain.
  func takenAsWritten(
    seed: UInt64, test: String = #function, isPlain: (Event) -> Bool
  ) throws -> Int {
    var random = SeededRandom(seed, test)
    var taken = 0
    for _ in 0..<5000 {
      let event = event(&random)
      let message: [UInt8] = try event.serializedBytes()
      let isTaken = take(message)
      #expect(isTaken == (judged(message) != nil && isPlain(event)), "\(event)")
      if isTaken { taken += 1 }
    }
    return taken
  }

  /// How many of 20,000 damaged ones it takes.
  func takenDamaged(seed: UInt64, test: String = #function) throws -> Int {
    var random = SeededRandom(seed, test)
    var taken = 0
    for _ in 0..<20_000 where take(random.mutated(try event(&random).serializedBytes())) {
      taken += 1
    }
    return taken
  }

  /// Whether it takes a message; one that means something else to the general decoder is an issue.
  private func take(_ message: [UInt8]) -> Bool {
    let isSame = message.withUnsafeBytes { bytes in
      EventMessage(bytes).flatMap(read).map { fact in
        judged(message).map { self.isSame(fact, $0) } ?? false
      }
    }
    #expect(isSame != false, "\(message)")
    return isSame != nil
  }

  /// What the general decoder and the judgement of fields make of a message.
  private func judged(_ message: [UInt8]) -> Event? {
    guard let event = try? Event(serializedBytes: message), event.unknownPart == nil,
      (try? EventJudgement(position: 0).judgeFields(of: event)) != nil
    else { return nil }
    return event
  }
}
