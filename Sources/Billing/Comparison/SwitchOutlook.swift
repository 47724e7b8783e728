import Journal
import Quantities
import Tariff

/// Whether an account could move to a plan at its next cycle start, by the decision that a switch
/// is made by.
public struct SwitchOutlook: Sendable, Equatable {
  /// The first day on the plan, as far as is known; nil when it cannot be told.
  public let from: ServiceDate?
  /// Why not at the next cycle start; nil when it could.
  public let refusal: PlanSwitchRefusal?
  /// The lock-out that stands in the way until a day.
  public let lockedUntil: ServiceDate?
  /// Seats left under the plan's cap; nil without one.
  public let seats: Int?
}

extension BillingState {
  /// - Parameters:
  ///   - request: what would be asked, on the day it would be asked.
  ///   - cap: the plan's; counted over the accounts that this state knows.
  func outlook(_ request: PlanSwitchRequest, cap: Int?) -> SwitchOutlook {
    let seats = cap.map { max(0, $0 - self.seats(on: request.to)) }
    do throws(PlanSwitchRefusal) {
      // Accepted already is as good as free.
      let accepted = find(request.number)?.agreement.plans.last?.from
      let day = try switchPlan(request)?.day ?? accepted
      return SwitchOutlook(from: day, refusal: nil, lockedUntil: nil, seats: seats)
    } catch {
      guard case .lockedOut(_, _, let until) = error,
        let agreement = find(request.number)?.agreement
      else { return SwitchOutlook(from: nil, refusal: error, lockedUntil: nil, seats: seats) }
      // The first cycle start that is free again, if nothing else stands in the way there.
      var later = request
      later.start = .on(agreement.cycleStart(onOrAfter: until))
      let day = try? switchPlan(later)?.day
      return SwitchOutlook(from: day, refusal: error, lockedUntil: until, seats: seats)
    }
  }
}

extension AccountView {
  /// The state of a journal in which nobody but this account lives: decisions about it are the
  /// same, but for the seats that others take.
  var alone: BillingState {
    var alone = BillingState(identity: reader.identity)
    alone.system = system
    alone.partitions[alone.partition(of: account)] = state
    return alone
  }
}
