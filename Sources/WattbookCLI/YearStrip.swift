import Quantities
import Tariff

/// When a rate schedule's prices hold: the week by half hours, the year by seasons and holidays.
extension ExplanationReport {
  /// One mark for each period: darker is dearer, letters where there are too many.
  private var marks: [Character] {
    let shades: [Character] = ["█", "▒", "░", "·"]
    let order = explanation.periodsByPrice
    let letters = order.count > shades.count
    var marks = [Character](repeating: " ", count: order.count)
    for (rank, period) in order.enumerated() {
      marks[period] =
        letters
        ? Character(Unicode.Scalar(UInt8(65 + period)))
        : order.count == 2 && rank == 1 ? "░" : shades[rank]
    }
    return marks
  }

  func showWeek() {
    let strip = explanation.strip
    guard !strip.isEmpty else { return }
    let marks = marks
    let order = explanation.periodsByPrice
    let names = schedule.seasons.map(\.name).filter { !$0.isEmpty }
    let season = names.isEmpty ? "" : ", the same in \(names.joined(separator: " and "))"
    section("Hours of the week, each mark half an hour\(season)")
    let hours = stride(from: 0, to: 24, by: 3).map { $0 < 10 ? "0\($0)" : "\($0)" }
    Terminal.print("           " + hours.joined(separator: "    "))
    for row in strip {
      let day = "  " + row.day + String(repeating: " ", count: 9 - row.day.count)
      let cells = row.halfHours.map { period -> String in
        guard let period else { return "*" }
        let rank = order.firstIndex(of: period) ?? 0
        let style: Terminal.Style =
          rank == 0 ? .red : rank == order.count - 1 ? .green : .yellow
        return Terminal.styled(String(marks[period]), style)
      }
      Terminal.print(day + cells.joined())
    }
    for period in order {
      let windows = explanation.windows(of: schedule.periods[period])
      let registers = schedule.periods[period].registers.map(\.rawValue).sorted()
      let measured = registers.isEmpty ? "" : " (register \(registers.joined(separator: ", ")))"
      Terminal.print(
        "  \(marks[period]) \(schedule.periods[period].name): \(windows)\(measured)".printable)
    }
    if strip.contains(where: { $0.halfHours.contains(nil) }) {
      Terminal.print("  * the period changes inside this half hour: see the hours above")
    }
    if schedule.coarsestIntervalMinutes < 60 {
      Terminal.print(
        "  reads must come every \(schedule.coarsestIntervalMinutes) minutes or finer")
    }
  }

  func showYear() {
    let seasons = explanation.seasons
    let holidays = explanation.holidays
    guard seasons.count > 1 || !holidays.isEmpty else { return }
    section("The year \(explanation.year)")
    if seasons.count > 1 {
      let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
      ]
      Terminal.print("  " + months.joined(separator: "   "))
      Terminal.print("  " + band())
      for (place, season) in schedule.seasons.enumerated() {
        let runs = seasons.filter { $0.name == season.name }.map { "\($0.from) to \($0.to)" }
        Terminal.print(
          "  \(Self.bands[place % Self.bands.count]) \(season.name): "
            .printable + runs.joined(separator: ", "))
      }
    }
    guard !holidays.isEmpty else { return }
    let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    for holiday in holidays {
      var note = ""
      if holiday.isMoved {
        note = ", for the Sunday before"
      } else if holiday.date.weekday == 6 {
        note = ", which moves nothing"
      } else if holiday.date.weekday == 7, schedule.holidays.sunday == .stays {
        note = ", which moves nothing"
      }
      Terminal.print(
        "  \(holiday.date) \(weekdays[holiday.date.weekday - 1])  \(holiday.name)\(note)".printable)
    }
  }

  private static let bands: [Character] = ["█", "░", "▒", "▓", "·", "+"]

  /// Six marks a month, each the season of its first day: 1, 6, 11, 16, 21 and 26.
  private func band() -> String {
    var band = ""
    for month in 1...12 {
      for day in stride(from: 1, through: 26, by: 5) {
        guard let date = ServiceDate(year: explanation.year, month: month, day: day) else {
          continue
        }
        band.append(Self.bands[schedule.season(on: date) % Self.bands.count])
      }
    }
    return band
  }
}
