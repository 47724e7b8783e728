import ArgumentParser
import Billing
import Foundation
import Interchange
import Journal
import Tariff

/// How a command ends: 0 done, 1 refused or differs, 2 bad usage or input, 3 the journal is
/// damaged, locked or unavailable.
enum ExitStatus: Int32 {
  case done = 0
  case refused = 1
  case usage = 2
  case journal = 3
}

/// A failure with its exit status, a code for scripts and a sentence for people.
struct Failure: Error {
  let status: ExitStatus
  let code: String
  let message: String

  init(_ status: ExitStatus, _ code: String, _ message: String) {
    self.status = status
    self.code = code
    self.message = message
  }

  init(_ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as JournalError: self.init(.journal, Failure.code(of: error), error.advice)
    case let error as EventFault:
      self.init(.journal, "damaged", "the journal is damaged: \(error)")
    case let error as MeterFileError: self.init(.usage, "meterFile", error.description)
    case let error as RateScheduleErrors: self.init(.usage, "rateSchedule", error.description)
    case let error as RateBookError: self.init(.refused, "rateSchedule", error.description)
    case let error as EnrollmentRefusal:
      self.init(.refused, Failure.code(of: error), error.description)
    case let error as PlanSwitchRefusal:
      self.init(.refused, Failure.code(of: error), error.description)
    case let error as SwitchCancellationRefusal:
      self.init(.refused, Failure.code(of: error), error.description)
    case let error as TermsRefusal:
      self.init(.refused, Failure.code(of: error), error.description)
    case let error as MoveOutRefusal:
      self.init(.refused, Failure.code(of: error), error.description)
    case let error as PaymentRefusal:
      self.init(.refused, Failure.code(of: error), error.description)
    case let error as SettlementRefusal:
      self.init(.refused, Failure.code(of: error), error.description)
    case let error as BillCorrectionRefusal:
      self.init(.refused, Failure.code(of: error), error.description)
    case let error as UnrecordableEvent:
      self.init(.refused, "unrecordable", error.description)
    case let error as TooManyRefusals:
      self.init(.refused, "tooManyRefusals", error.description)
    case let error as LostHistory:
      self.init(.refused, "lostHistory", error.description)
    case let error as PersonRefusal:
      self.init(.refused, Failure.code(of: error), error.description)
    case let error as KeyStoreError:
      self.init(.usage, Failure.code(of: error), error.description)
    case let error as SealFault: self.init(.journal, "sealBroken", error.description)
    case let error as AuditFailure:
      self.init(.usage, Failure.code(of: error), error.description)
    default: self.init(.usage, "failed", "\(error)")
    }
  }

  /// The name of an enum's case: `lockedOut(left: ...)` is `lockedOut`.
  private static func code(of error: some Error) -> String {
    if let name = Mirror(reflecting: error).children.first?.label { return name }
    // A case without values does not tell its name beside a description.
    return switch error as any Error {
    case PaymentRefusal.badKey: "badKey"
    case PaymentRefusal.beyondMeasure: "beyondMeasure"
    case SettlementRefusal.noReason: "noReason"
    case TermsRefusal.nothingToChange: "nothingToChange"
    case TermsRefusal.badHouseholds: "badHouseholds"
    case TermsRefusal.badVoltage: "badVoltage"
    case PersonRefusal.empty: "empty"
    case JournalError.writerEnded: "writerEnded"
    default: "\(type(of: error))"
    }
  }
}

extension JournalError {
  /// The description, and what to do where it does not say.
  fileprivate var advice: String {
    switch self {
    case .damaged:
      description + "; nothing was changed: wattbook verify names every place that is damaged, "
        + "restore those files from a copy, or copy what is intact with wattbook salvage"
    case .unavailable: description + "; check the disk and the permissions, then try again"
    case .writerEnded: "\(description); what was acknowledged is safe"
    case .notAJournal, .alreadyAJournal, .unsupportedFormat, .locked: description
    }
  }
}
