import Quantities

extension RateSchedule {
  /// The same prices as if they held from a day on and for ever: what a trial prices by, never a
  /// journal.
  ///
  /// A rate that begins later than the day (of a tax, a discount, a surcharge) holds from it on.
  public func asIfEffective(on date: ServiceDate) -> RateSchedule {
    let reader = ScheduleReader(
      file: code, firstLine: 1, isPublished: true, asIfEffective: date)
    guard let root = reader.compose(text) else {
      preconditionFailure("a document that was understood is understood again")
    }
    return RateSchedule(root, text: text, reader)
  }
}
