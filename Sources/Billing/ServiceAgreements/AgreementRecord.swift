/// An agreement in plain numbers, texts by their codes: what a journal of millions of accounts
/// keeps of each.
struct AgreementRecord: Sendable, Hashable {
  /// First day of service, and the first without; the latter is far away while served.
  var start: Int32
  var end = Int32.max
  var enrolledAt: UInt64
  var households: UInt32
  /// 0 where the plan does not ask.
  var voltage: UInt32
  var multiplier: UInt32
  var region: UInt32
  var zone: UInt32
  /// The plan of the enrolment.
  var plan: UInt32
  var readDay: UInt8
  var isMedical: Bool
  var isMultiFamily: Bool
  /// Whether `AgreementProjection.plans` has more to say.
  var hasSeveralPlans = false
  /// Whether `AgreementProjection.histories` has more to say.
  var hasHistory = false
  /// Whether it only keeps the place of an account whose enrolment is lost.
  var isEmpty = false

  static let empty = AgreementRecord(
    start: .max, end: .min, enrolledAt: .max, households: 1, voltage: 0, multiplier: 1, region: 0,
    zone: 0, plan: 0, readDay: 1, isMedical: false, isMultiFamily: false, isEmpty: true)
}
