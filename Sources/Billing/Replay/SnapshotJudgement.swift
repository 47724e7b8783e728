import Journal
import Quantities

/// Whether what a snapshot holds can be folded on and billed from: one that no fold of ours made is
/// ignored, as any other that does not belong here.
extension BillingState {
  var isPlausible: Bool {
    position <= EventJudgement.countLimit && events <= position && reads <= events
      && system.isPlausible && partitions.allSatisfy(\.isPlausible)
  }
}

extension SystemState {
  fileprivate var isPlausible: Bool {
    files.values.allSatisfy {
      max($0.reads, $0.rejected, $0.position) <= 2 * EventJudgement.countLimit
    }
  }
}

extension PartitionState {
  fileprivate var isPlausible: Bool {
    agreements.isPlausible(slots) && balances.isPlausible
      && tiers.positions.allSatisfy { position in
        [position.wattHours, position.first, position.second].allSatisfy {
          $0.magnitude <= EventJudgement.countLimit
        }
      } && usage.isPlausible
      && bills.bills.allSatisfy { $0.allSatisfy(\.isPlausible) }
      && notices.history.count <= EventJudgement.countLimit
      && persons.isPlausible(accounts: agreements.count) && rebilling.isPlausible
      && flags.isPlausible
  }
}

extension AgreementProjection {
  fileprivate func isPlausible(_ slots: SlotMap) -> Bool {
    func isDay(_ day: Int32) -> Bool { ServiceDate.days.contains(day) }
    return records.indices.allSatisfy { index in
      let record = records[index]
      return account(at: index) == slots.account(at: index)
        && (1...32).contains(numbers.size(UInt32(index))) && (1...31).contains(record.readDay)
        && (1...100_000).contains(record.multiplier) && (1...100_000).contains(record.households)
        && isDay(record.start) && (record.end == .max || isDay(record.end))
        && record.start < record.end
    }
      && plans.values.allSatisfy { plans in
        plans.allSatisfy { isDay($0.from.day) }
          && zip(plans, plans.dropFirst()).allSatisfy { $0.from <= $1.from }
      }
      && histories.values.allSatisfy { history in
        history.changes.allSatisfy { change in
          isDay(change.from.day) && change.readDay.map { (1...31).contains($0) } ?? true
        }
          && (history.discounts + history.netMetering).allSatisfy {
            isDay($0.from.day) && isDay($0.lastDay.day)
          }
      }
  }
}

extension Ledger {
  fileprivate var isPlausible: Bool {
    balances.allSatisfy { balance in
      balance.credit >= 0 && balance.deposit >= 0 && isPlausible(balance.open)
        && Int(balance.currency) < Currency.known.count
        && balance.cancellations.allSatisfy { $0.credit >= 0 && isPlausible($0.open) }
        && isPlausible(balance.pasts)
    } && totals.isPlausible
  }

  private func isPlausible(_ items: [OpenItem]) -> Bool {
    var owed: Int64 = 0
    for item in items {
      let (sum, overflow) = owed.addingReportingOverflow(item.remaining)
      guard item.remaining > 0, !overflow, ServiceDate.days.contains(item.due.day) else {
        return false
      }
      owed = sum
    }
    return true
  }
}

extension Ledger {
  private func isPlausible(_ pasts: [ItemPast]) -> Bool {
    pasts.allSatisfy { past in
      let charge = past.lateCharge
      return [past.writtenOff, past.reversed, charge?.amount ?? 0].allSatisfy {
        (0...Int64(EventJudgement.moneyLimit)).contains($0)
      } && max(past.item, charge?.position ?? 0) <= EventJudgement.countLimit
    }
  }
}

extension ReadFlags {
  fileprivate var isPlausible: Bool {
    flags.values.allSatisfy { own in
      own.allSatisfy { flag in
        ServiceDate.days.contains(flag.first) && ServiceDate.days.contains(flag.last)
          && max(flag.position, flag.readAfter) <= EventJudgement.countLimit
      }
    }
  }
}

extension UsageHistory {
  fileprivate var isPlausible: Bool {
    func isDay(_ day: Int32) -> Bool { ServiceDate.days.contains(day) }
    func isPlausible(_ runs: DayRuns) -> Bool {
      runs.isEmpty || (isDay(runs.first) && isDay(runs.last))
    }
    return history.count <= EventJudgement.countLimit
      && delivered.allSatisfy(isPlausible) && received.values.allSatisfy(isPlausible)
      && corrections.values.joined().allSatisfy { identity, list in
        isDay(identity.date)
          && list.allSatisfy {
            EventJudgement.isDay($0.values.count, ofMinutes: $0.intervalMinutes)
          }
      }
      && registers.values.allSatisfy { channels in
        channels.values.allSatisfy { reads in
          reads.allSatisfy {
            isDay($0.date) && (0...EventJudgement.registerLimit).contains($0.index)
              && $0.position <= EventJudgement.countLimit
          }
        }
      }
  }
}

extension Rebilling {
  fileprivate var isPlausible: Bool {
    cases.values.allSatisfy { bills in
      bills.allSatisfy { bill, rebill in
        let proposal = rebill.proposal
        return [bill, rebill.cause?.position ?? 0, proposal?.position ?? 0].allSatisfy {
          $0 <= EventJudgement.countLimit
        }
          && proposal.map {
            $0.difference.magnitude <= EventJudgement.moneyLimit
              && ServiceDate.days.contains($0.since)
          } ?? true
      }
    }
  }
}

extension BillRecord {
  fileprivate var isPlausible: Bool {
    [period.start, period.end, dated, due].allSatisfy { ServiceDate.days.contains($0.day) }
      && total.millionths.magnitude <= EventJudgement.moneyLimit
      && position <= EventJudgement.countLimit
      && cancelledAt.map { $0 <= EventJudgement.countLimit } ?? true
      && (openings + closings).allSatisfy {
        ServiceDate.days.contains($0.date)
          && (0...EventJudgement.registerLimit).contains($0.index)
          && $0.position <= EventJudgement.countLimit
      }
  }
}
