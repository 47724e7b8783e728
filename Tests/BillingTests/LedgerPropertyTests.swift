import Journal
import Quantities
import TestSupport
import Testing

@testable import Billing

/// Random money of every kind: after each event the books balance, and agree with the accounts.
struct LedgerPropertyTests {
  private static let accounts = ["1", "2", "3", "4", "V"]

  /// What stands in the books of customers, added up from the accounts.
  private func requireAgreement(_ books: Books, _ step: String) throws {
    let ledger = books.state.ledger
    #expect(ledger.isBalanced, "\(step)")
    for currency in [Currency.usd, .vnd] {
      let index = try #require(Currency.known.firstIndex(of: currency))
      var (open, credit, deposit, lost): (Int128, Int128, Int128, Int128) = (0, 0, 0, 0)
      for partition in books.state.partitions {
        for balance in partition.balances.balances where Int(balance.currency) == index {
          open += Int128(balance.receivable)
          credit += Int128(balance.credit)
          deposit += Int128(balance.deposit)
          lost += balance.pasts.reduce(0) { $0 + Int128($1.writtenOff) }
          #expect(balance.pasts.allSatisfy { min($0.writtenOff, $0.reversed) == 0 }, "\(step)")
          #expect(balance.credit >= 0 && balance.deposit >= 0, "\(step)")
          #expect(balance.open.isEmpty || balance.credit == 0, "\(step): past due and in credit")
          #expect(
            balance.open.map(\.due) == balance.open.map(\.due).sorted(), "\(step): by due date")
        }
      }
      #expect(ledger[.receivable, currency] == open, "\(step)")
      #expect(ledger[.creditBalances, currency] == -credit, "\(step)")
      #expect(ledger[.depositsHeld, currency] == -deposit, "\(step)")
      #expect(ledger[.writeOffs, currency] == lost, "\(step)")
    }
  }

  @Test(arguments: [11, 12, 13, 14] as [UInt64])
  func `after every event the trial balance is zero, then and as known at it`(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let books = try Books(partitions: 3)
    for number in Self.accounts {
      try books.enroll(number, number == "V" ? "EVN-SH" : "D", on: "2015-04-01")
    }
    var bills: [(position: UInt64, number: String)] = []
    var cancelled: [(position: UInt64, cancellation: UInt64, number: String)] = []
    var known: [(position: UInt64, ledger: LedgerTotals)] = []
    let kinds: [BillLine.Kind] = [
      .energy, .baselineCredit, .daily, .tax, .discount, .surcharge, .trueUp, .netSurplus,
      .backBilling, .unknown,
    ]
    for step in 0..<150 {
      let number = random.pick(Self.accounts)
      let unit: Int64 = number == "V" ? 100 : 1
      let amount = Int64.random(in: 1...20_000, using: &random) * unit
      let text = Money(millionths: amount * 10_000).text(in: number == "V" ? .vnd : .usd)
      switch Int.random(in: 0..<11, using: &random) {
      case 0...2:
        let lines = (0..<Int.random(in: 0...6, using: &random)).map { _ in
          billLine(
            random.pick(kinds), Int64.random(in: -5000...20_000, using: &random) * unit,
            random.pick(["STATE", "City", ""]),
            isDeferred: Int.random(in: 0..<4, using: &random) == 0
          )
        }
        let due = "2015-0\(Int.random(in: 5...9, using: &random))-20"
        let old = cancelled.filter { $0.number == number }.randomElement(using: &random)
        bills.append(
          (
            try books.issue(
              lines, to: number, due: due, currency: number == "V" ? "VND" : "USD",
              replacing: Bool.random(using: &random) ? old?.position : nil), number
          ))
      case 3 where !bills.isEmpty:
        let bill = bills.remove(at: Int.random(in: bills.indices, using: &random))
        cancelled.append(
          (bill.position, try books.cancel(bill.position, of: bill.number), bill.number))
      case 4 where !cancelled.isEmpty:
        let bill = cancelled.remove(at: Int.random(in: cancelled.indices, using: &random))
        try books.reinstate(bill.position, bill.cancellation, of: bill.number)
        bills.append((bill.position, bill.number))
      case 5:
        var charge = ChargeAssessed()
        charge.kind = random.pick([.lateCharge, .returnedPayment, .reconnection])
        (charge.amount, charge.currency) = (amount * 10_000, number == "V" ? "VND" : "USD")
        charge.bill = bills.last?.position ?? 0
        if try books.standing(number).past(of: charge.bill).hasLateCharge { charge.bill = 0 }
        charge.due = 16_600
        try books.record(.chargeAssessed(charge), of: number)
      case 6:
        try books.pay(number, text, on: "2015-05-02")
      case 7:
        guard let charge = try books.standing(number).pasts.compactMap(\.lateCharge).last else {
          continue
        }
        var waived = LateChargeWaived()
        (waived.charge, waived.amount) = (charge.position, charge.amount)
        waived.currency = number == "V" ? "VND" : "USD"
        try books.record(.lateChargeWaived(waived), of: number)
      default:
        let kind = random.pick([
          Adjustment.Kind.deposit, .depositReturn(isApplied: true),
          .depositReturn(isApplied: false), .refund, .writeOff(reason: "lost"),
        ])
        // What is refused changes nothing.
        let before = books.state.digest
        do { try books.adjust(kind, text, of: number) } catch is PaymentRefusal {
          #expect(books.state.digest == before, "step \(step)")
        }
      }
      try requireAgreement(books, "seed \(seed), step \(step)")
      known.append((books.position - 1, books.state.ledger))
    }
    #expect(try books.replayed(threads: 2).digest == books.state.digest)
    for _ in 0..<8 {
      let (position, ledger) = random.pick(known)
      let then = try books.replayed(.position(position)).ledger
      for currency in Currency.known {
        #expect(then.rows(in: currency) == ledger.rows(in: currency))
      }
    }
    try requireListing(books)
  }

  /// The listing's transactions are the books', over all and of each account.
  private func requireListing(_ books: Books) throws {
    var all = LedgerTotals()
    var byAccount: [String: LedgerTotals] = [:]
    var last: UInt64 = 0
    try LedgerListing(try books.reader).run { transaction in
      #expect(transaction.entry.sum == 0)
      #expect(transaction.position > last)
      last = transaction.position
      all.add(transaction.entry)
      byAccount[transaction.account, default: LedgerTotals()].add(transaction.entry)
    }
    for currency in Currency.known {
      #expect(all.rows(in: currency) == books.state.ledger.rows(in: currency))
    }
    for number in Self.accounts {
      var own = LedgerTotals()
      #expect(try LedgerListing(try books.reader, account: number).run { own.add($0.entry) })
      for currency in Currency.known {
        #expect(own.rows(in: currency) == byAccount[number]?.rows(in: currency) ?? [])
      }
    }
    #expect(try LedgerListing(try books.reader, account: "nobody").run { _ in } == false)
  }
}
