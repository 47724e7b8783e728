import Quantities

/// What a fact can change of a bill.
enum Bearing {
  /// The cycle that its day is in.
  case onItsDay
  /// A cycle that opens or closes within the tolerance of an index.
  case nearItsDay
  /// Every cycle that ends after its day.
  case onward
  /// The same, and the cycle that ends on its day: it becomes the last one, which settles a year of
  /// net metering.
  case closing
  /// No line of a bill, though a bill made later knows it.
  case none
  /// It comes of billing: the bills and notices of one run stand together.
  case outcome

  /// Whether a fact of a day can change the bill of a period.
  func concerns(_ period: BillingPeriod, from date: ServiceDate) -> Bool {
    switch self {
    case .onItsDay: return period.contains(date)
    case .nearItsDay:
      let slack = Int(RegisterUsage.toleranceDays)
      return Int(period.start.day) - slack <= Int(date.day)
        && Int(date.day) <= Int(period.end.day) + slack
    case .onward: return date < period.end
    case .closing: return date <= period.end
    case .none, .outcome: return false
    }
  }
}

extension Event {
  /// A new kind of event must say here what it can change of a bill.
  var bearing: Bearing {
    switch fact {
    case .readEstimated(let fact) where fact.values.isEmpty: .nearItsDay
    case .readCorrected, .readEstimated: .onItsDay
    case .registerRead: .nearItsDay
    case .accountMovedOut, .moveOutCancelled, .netMeteringEnded: .closing
    case .planSwitched, .planSwitchCancelled, .rateSchedulePublished, .zoneTablePublished,
      .termsChanged, .discountGranted, .discountEnded, .netMeteringStarted:
      .onward
    case .accountEnrolled, .paymentRecorded, .paymentRecordedV2, .meterFileIngested,
      .meterReadRejected, .personDetailsRecorded, .personErased, .readFlagged, .flagSettled,
      .chargeAssessed, .depositReceived, .depositReturned, .creditRefunded, .debtWrittenOff,
      .lateChargeWaived, nil:
      .none
    case .billIssued, .billIssuedV2, .billCancelled, .billReinstated, .rebillProposed,
      .rebillDeclined, .noticeRecorded:
      .outcome
    }
  }

  /// Why a bill would be made again for it; a new kind of event must say so here.
  func correctionReason(ofEstimated isEstimated: Bool) -> BillCancelled.CancellationReason {
    switch fact {
    case .readCorrected, .readEstimated, .registerRead:
      isEstimated ? .estimatedRead : .correctedRead
    case .planSwitched, .planSwitchCancelled: .wrongPlan
    case .accountMovedOut, .moveOutCancelled, .termsChanged, .discountGranted, .discountEnded,
      .netMeteringStarted, .netMeteringEnded:
      .wrongTerms
    case .rateSchedulePublished: .wrongPrice
    case .zoneTablePublished, .meterFileIngested, .meterReadRejected, .accountEnrolled,
      .readFlagged, .flagSettled, .billIssued, .billIssuedV2, .billCancelled, .billReinstated,
      .rebillProposed, .rebillDeclined, .paymentRecorded, .paymentRecordedV2, .chargeAssessed,
      .depositReceived, .depositReturned, .creditRefunded, .debtWrittenOff, .lateChargeWaived,
      .noticeRecorded, .personDetailsRecorded, .personErased, nil:
      .other
    }
  }
}

extension ServiceAgreement {
  /// Whether a version of a rate schedule can price a day of a period.
  ///
  /// - Parameters:
  ///   - from: the version's first day.
  ///   - next: the first day of the version after it, until which it is in force; nil for ever.
  func isPriced(
    in period: BillingPeriod, by code: String, from: ServiceDate, until next: ServiceDate?
  ) -> Bool {
    days(on: code, in: period).contains { days in
      from < days.end && next.map { days.start < $0 } ?? true
    }
  }

  /// The days of a period that are on a plan.
  private func days(on plan: String, in period: BillingPeriod) -> [BillingPeriod] {
    plans.indices.compactMap { index in
      let from = index == 0 ? period.start : plans[index].from
      let end = index + 1 < plans.count ? plans[index + 1].from : period.end
      guard plans[index].code == plan, from < end else { return nil }
      return BillingPeriod(start: from, end: end).intersection(period)
    }
  }
}
