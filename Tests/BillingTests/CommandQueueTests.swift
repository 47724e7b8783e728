import Foundation
import Journal
import Quantities
import Synchronization
import Tariff
import TestSupport
import Testing

@testable import Billing

/// Many callers at one door: who is answered what, and what is in the journal then.
struct CommandQueueTests {
  private struct Answer: Sendable {
    let payment: Payment
    let result: Result<Outcome, any Error>
  }

  private static let accounts = (1...12).map { "\($0)" }

  private func books() throws -> Books {
    let books = try Books(partitions: 3)
    for number in Self.accounts { try books.enroll(number) }
    books.close()
    return books
  }

  private func queue(_ books: Books) throws -> CommandQueue {
    let engine = try Engine(path: books.path, origin: Books.origin, wait: 5)
    let moment = books.clock
    return CommandQueue(engine) { moment }
  }

  private func answer(_ queue: CommandQueue, _ payment: Payment) async -> Answer {
    do {
      return Answer(payment: payment, result: .success(try await queue.record(.pay(payment))))
    } catch {
      return Answer(payment: payment, result: .failure(error))
    }
  }

  /// Payments of some writers at once, each waiting for its answer before the next.
  private func pay(
    _ queue: CommandQueue, _ lists: [[Payment]], then each: @escaping @Sendable () -> Void = {}
  ) async -> [Answer] {
    await withTaskGroup(of: [Answer].self) { group in
      for list in lists {
        group.addTask {
          var answers: [Answer] = []
          for payment in list {
            answers.append(await answer(queue, payment))
            each()
          }
          return answers
        }
      }
      return await group.reduce(into: []) { $0 += $1 }
    }
  }

  private func paid(_ books: Books) throws -> [UInt64: (key: String, amount: Int64)] {
    var found: [UInt64: (key: String, amount: Int64)] = [:]
    for recorded in try books.events() {
      if case .paymentRecordedV2(let fact) = recorded.event.fact {
        found[recorded.position] = (fact.key, fact.amount)
      }
    }
    return found
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `what many writers were told is what the journal holds`(seed: UInt64) async throws {
    var random = SeededRandom(seed)
    let books = try books()
    // Few accounts and few keys: in nearly every commit somebody has to wait for the next.
    let lists = (0..<16).map { _ in
      (0..<40).map { _ in
        Payment(
          number: random.pick(Self.accounts + ["nobody"]),
          amount: Money(millionths: Int64.random(in: -1...20, using: &random) * 10_000),
          on: ServiceDate(day: 16_500),
          key: Bool.random(using: &random) ? "\(Int.random(in: 0..<300, using: &random))" : nil)
      }
    }
    let commits = try books.reader.commit
    var live: Digest?
    let answers: [Answer]
    do {
      let queue = try queue(books)
      answers = await pay(queue, lists)
      live = try queue.digest
    }
    #expect(answers.count == 640)
    let held = try paid(books)
    var recorded: Set<UInt64> = []
    var keys: Set<String> = []
    for answer in answers {
      let (payment, key) = (answer.payment, answer.payment.key ?? "")
      switch answer.result {
      case .success(.recorded(let position)):
        #expect(recorded.insert(position).inserted, "no position is told twice")
        #expect(held[position]?.key == key)
        #expect(held[position]?.amount == payment.amount.millionths)
        if !key.isEmpty { #expect(keys.insert(key).inserted, "a key counts once") }
      case .success(.repeated):
        #expect(held.values.contains { $0.key == key && $0.amount == payment.amount.millionths })
      case .failure(let refusal):
        switch refusal as? PaymentRefusal {
        case .unknownAccount: #expect(payment.number == "nobody")
        case .notPositive: #expect(payment.amount <= .zero)
        case .keyUsed(let used, let position):
          #expect(used == key && held[position]?.key == key)
        default: Issue.record("\(refusal)")
        }
      }
    }
    #expect(recorded == Set(held.keys), "everything in the journal was acknowledged")
    let reader = try books.reader
    #expect(try reader.verify(deep: true).isIntact)
    #expect(reader.commit - commits < UInt64(held.count), "commits are shared")
    for threads in [1, 2] {
      #expect(try books.replayed(threads: threads).digest == live)
    }
  }

  @Test func `the last seat of a plan is taken once`() async throws {
    let capped = try cappedSchedules(seats: 1)
    let books = try Books(partitions: 3, capped)
    for number in Self.accounts { try books.enroll(number) }
    books.close()
    let queue = try queue(books)
    let results = await withTaskGroup(of: Result<Outcome, any Error>.self) { group in
      for number in Self.accounts {
        group.addTask {
          let request = PlanSwitchRequest(
            number: number, to: "TOU-D-A", start: .on(ServiceDate(day: 16_560)))
          do {
            return Result<Outcome, any Error>.success(try await queue.record(.switchPlan(request)))
          } catch {
            return .failure(error)
          }
        }
      }
      return await group.reduce(into: [Result<Outcome, any Error>]()) { $0.append($1) }
    }
    let accepted = results.filter { if case .success = $0 { true } else { false } }
    #expect(accepted.count == 1)
    #expect(try books.replayed().seats(on: "TOU-D-A") == 1)
  }

  /// The built-in schedules with a cap on TOU-D-A.
  private func cappedSchedules(seats: Int) throws -> [RateSchedule] {
    try Books.builtin.map { schedule in
      guard schedule.code == "TOU-D-A" else { return schedule }
      let text = schedule.text.replacingOccurrences(
        of: "lockout-months: 12", with: "enrolment-cap: \(seats)\nlockout-months: 12")
      return try #require(try RateSchedule.parse(text, file: "capped.yaml").first)
    }
  }

  @Test func `commands of all kinds share a commit where they concern others`() throws {
    let books = try Books(partitions: 3)
    for number in Self.accounts { try books.enroll(number) }
    func payment(_ number: String, _ key: String?) -> Command {
      .pay(
        Payment(
          number: number, amount: Money(millionths: 10_000), on: ServiceDate(day: 16_500), key: key)
      )
    }
    let day = ServiceDate(day: 16_560)
    var request = Enrollment(number: "new", plan: "D", on: day)
    request.region = "10"
    let commands: [Command] = [
      payment("1", "a"), payment("2", "b"),
      .switchPlan(PlanSwitchRequest(number: "3", to: "TOU-D-B", start: .on(day))),
      payment("4", "c"),
      // Seats again, a key again, an account again.
      .moveOut(number: "5", on: day), payment("6", "a"), payment("7", nil), payment("7", nil),
      .enroll(request, zone: nil), .cancelSwitch(number: "3", firstDay: day),
    ]
    var rest = commands[...]
    var sizes: [Int] = []
    var results: [Result<Outcome, any Error>] = []
    while !rest.isEmpty {
      let commit = try books.reader.commit
      let some = try books.engine.record(rest, at: books.clock)
      #expect(try books.reader.commit == commit + 1)
      sizes.append(some.count)
      results += some
      rest = rest.dropFirst(some.count)
    }
    #expect(sizes == [4, 3, 2, 1])
    for (index, result) in results.enumerated() {
      if index == 5 {
        #expect(throws: PaymentRefusal.self) { try result.get() }
      } else {
        guard case .recorded = try result.get() else {
          Issue.record("command \(index): \(result)")
          continue
        }
      }
    }
    #expect(try books.replayed().digest == books.state.digest)
  }

  @Test func `after a failed write everybody who waits is told, and nothing acknowledged is lost`()
    async throws
  {
    let books = try books()
    let lists = (0..<8).map { writer in
      (0..<200).map {
        Payment(
          number: Self.accounts[writer], amount: Money(millionths: 10_000),
          on: ServiceDate(day: 16_500), key: "\(writer)-\($0)")
      }
    }
    let answers: [Answer]
    do {
      let queue = try queue(books)
      let given = Count()
      let path = books.path
      answers = await pay(queue, lists) {
        guard given.value.add(1, ordering: .relaxed).newValue == 300 else { return }
        fillDisk(under: path)
      }
      await #expect(throws: JournalError.self) { try await queue.record(.pay(lists[0][0])) }
    }
    #expect(answers.count == 1600)
    let acknowledged = answers.filter { if case .success = $0.result { true } else { false } }
    #expect(acknowledged.count >= 300 && acknowledged.count < 1600)
    for answer in answers {
      if case .failure(let error) = answer.result { #expect(error is JournalError) }
    }
    try books.reopen()
    let held = try paid(books)
    let keys = held.values.map(\.key)
    #expect(Set(keys).count == keys.count)
    for answer in acknowledged {
      guard case .success(.recorded(let position)) = answer.result else { continue }
      #expect(held[position]?.key == answer.payment.key)
    }
    // What was not acknowledged is sent again, and counts once.
    for payment in lists.joined() { _ = try books.engine.pay(payment, at: books.clock) }
    #expect(try paid(books).count == 1600)
    #expect(try books.replayed().digest == books.state.digest)
  }
}

private final class Count: Sendable { let value = Atomic(0) }

/// Puts a full device in the place of every segment that this process has open in a folder.
private func fillDisk(under path: String) {
  let folder = "/proc/self/fd"
  let full = open("/dev/full", O_RDWR)
  defer { close(full) }
  for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
    guard
      let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)"),
      target.hasPrefix(path), target.hasSuffix(".lz4"), let descriptor = Int32(name)
    else { continue }
    dup2(full, descriptor)
  }
}

extension CommandQueue {
  fileprivate var digest: Digest { get throws { try withEngine { $0.state.digest } } }
}
