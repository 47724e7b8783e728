import Journal
import Quantities

/// The first fact that a bill did not know, and why it would be made again for it.
struct RebillCause: Hashable, Sendable {
  var position: UInt64
  var reason: BillCancelled.CancellationReason
}

/// What was proposed for a bill and neither done nor declined.
struct RebillProposal: Hashable, Sendable {
  var position: UInt64
  /// In millionths; what the bill would come to less what it came to, deferred lines too.
  var difference: Int64
  var cause: RebillCause
  /// Why the cycle cannot be priced now; empty where it can.
  var obstacle: String
  /// The day of the first proposal that has been open since.
  var since: Int32

  init(_ fact: RebillProposed, at position: UInt64, since: Int32) {
    self.position = position
    difference = fact.difference
    cause = RebillCause(position: fact.cause, reason: fact.reason)
    obstacle = fact.obstacle
    self.since = since
  }
}

/// What stands against a bill: a fact that nobody has looked at, a proposal that is open, or both.
struct RebillCase: Hashable, Sendable {
  var mark: RebillCause?
  var proposal: RebillProposal?

  init(mark: RebillCause? = nil, proposal: RebillProposal? = nil) {
    self.mark = mark
    self.proposal = proposal
  }

  var isEmpty: Bool { mark == nil && proposal == nil }
  /// The first fact that the bill does not know.
  var cause: RebillCause? { proposal?.cause ?? mark }

  /// The bill is cancelled: should it be reinstated, what it does not know is looked at again.
  mutating func reopen() {
    mark = cause
    proposal = nil
  }

  func write(to writer: inout ByteWriter) {
    writer.put(UInt8((mark == nil ? 0 : 1) | (proposal == nil ? 0 : 2)))
    mark?.write(to: &writer)
    guard let proposal else { return }
    writer.put(proposal.position)
    writer.put(proposal.difference)
    proposal.cause.write(to: &writer)
    writer.put(text: proposal.obstacle)
    writer.put(proposal.since)
  }

  init(from reader: inout ByteReader) throws {
    let parts: UInt8 = try reader.get()
    if parts & 1 != 0 { mark = try RebillCause(from: &reader) }
    guard parts & 2 != 0 else { return }
    var fact = RebillProposed()
    let position: UInt64 = try reader.get()
    fact.difference = try reader.get()
    let cause = try RebillCause(from: &reader)
    (fact.cause, fact.reason) = (cause.position, cause.reason)
    fact.obstacle = try reader.getText()
    proposal = RebillProposal(fact, at: position, since: try reader.get())
  }
}

extension RebillCause {
  fileprivate func write(to writer: inout ByteWriter) {
    writer.put(position)
    writer.put(UInt8(reason.rawValue))
  }

  fileprivate init(from reader: inout ByteReader) throws {
    position = try reader.get()
    guard let reason = BillCancelled.CancellationReason(rawValue: Int(try reader.get(UInt8.self)))
    else { throw ByteReader.Failure.endOfBytes }
    self.reason = reason
  }
}
