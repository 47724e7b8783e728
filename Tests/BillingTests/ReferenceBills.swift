import Foundation
import Quantities

@testable import Billing

/// Bills to be made again by `Tests/Peers/reference_bill.py`, which follows the printed rules and
/// shares nothing with the package.
struct ReferenceBills: Encodable {
  /// Watt-hours that follow one another from local midnight of a day.
  struct Meter: Encodable {
    var from: String
    var minutes = 60
    var delivered: [Int32] = []
    var received: [Int32] = []
  }

  struct Bill: Encodable {
    var meter: String
    var plan: String
    var start: String
    var end: String
    var region: String?
    var medical = false
    var multiFamily = false
    var households = 1

    init(_ cycle: BillingPeriod, meter: String, terms: Enrollment) {
      self.meter = meter
      plan = terms.plan
      (start, end) = (cycle.start.description, cycle.end.description)
      region = terms.region
      medical = terms.medical
      multiFamily = terms.multiFamily
      households = terms.households
    }
  }

  var meters: [String: Meter] = [:]
  var bills: [Bill] = []

  /// Each bill's lines, as `BillIssuedV2.table` has them.
  func tables() throws -> [[String]] {
    let lines = try Peer.run("reference_bill.py", input: JSONEncoder().encode(self))
    return try JSONDecoder().decode([[String]].self, from: lines)
  }
}
