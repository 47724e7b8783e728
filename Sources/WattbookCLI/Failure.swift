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
    case let error as JournalError: self.init(.journal, error.code, error.description)
    case let error as EventFault:
      self.init(.journal, "damaged", "the journal is damaged: \(error)")
    case let error as MeterFileError: self.init(.usage, "meter-file", error.description)
    case let error as RateScheduleErrors: self.init(.usage, "rate-schedule", error.description)
    case let error as RateBookError: self.init(.refused, "rate-schedule", error.description)
    case let error as EnrollmentRefusal:
      self.init(.refused, Failure.code(of: error), error.description)
    case let error as PlanSwitchRefusal:
      self.init(.refused, Failure.code(of: error), error.description)
    case let error as SwitchCancellationRefusal:
      self.init(.refused, Failure.code(of: error), error.description)
    case let error as MoveOutRefusal:
      self.init(.refused, Failure.code(of: error), error.description)
    case let error as PaymentRefusal:
      self.init(.refused, Failure.code(of: error), error.description)
    case let error as AuditFailure:
      self.init(.usage, Failure.code(of: error), error.description)
    default: self.init(.usage, "failed", "\(error)")
    }
  }

  /// The name of an enum's case: `lockedOut(left: ...)` is `lockedOut`.
  private static func code(of error: some Error) -> String {
    String("\(String(reflecting: error))".split(separator: "(")[0].split(separator: ".").last ?? "")
  }
}

extension JournalError {
  fileprivate var code: String {
    switch self {
    case .notAJournal: "notAJournal"
    case .alreadyAJournal: "alreadyAJournal"
    case .unsupportedFormat: "unsupportedFormat"
    case .locked: "locked"
    case .damaged: "damaged"
    case .unavailable: "unavailable"
    case .writerEnded: "writerEnded"
    }
  }
}
