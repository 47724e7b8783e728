import Quantities

/// The parts of a record of the U.S. Utility Rate Database (OpenEI, version 3 to 8) that a bill by
/// energy and fixed charges depends on.
struct URDBRecord {
  /// A step of a period's ladder, its price with all adders.
  struct Tier: Hashable {
    /// Upper limit of the whole ladder in watt-hours; nil for the open one.
    var limit: Int64?
    var millionths: Int64
  }

  /// By month: what makes its prices and hours.
  struct Month: Hashable {
    /// Indices into `periods`, 24 each.
    var weekday: [Int]
    var weekend: [Int]
    /// The fuel adjustment of the month.
    var adder: Int64
  }

  var name = ""
  var utility = ""
  var label = ""
  var source = ""
  var start: ServiceDate?
  var end: ServiceDate?
  var isDaily = false
  var periods: [[Tier]] = []
  var months: [Month] = []
  var isMonthlyCharge = true
  var charge: Int64 = 0
  /// A day's least charge.
  var minimum: Int64 = 0
  var utilityNumber = ""
}
