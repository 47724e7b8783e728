/// Seasons, holidays, and the hours of periods.
let calendarMistakes: [Mistake] = [
  Mistake(
    "summer: { from: 06-01, to: 09-30 }",
    "summer: { from: 06-01, to: 10-01 }",
    at: "winter: { from",
    "season winter overlaps season summer on 10-01"),
  Mistake(
    "summer: { from: 06-01, to: 09-30 }",
    "summer: { from: 06-02, to: 09-30 }",
    at: "summer: { from",
    "no season covers 06-01"),
  Mistake(
    "to: 05-31", "to: 05-32", at: "05-32",
    "to of season winter is 05-32, not a day like 06-01"),
  Mistake(
    "season-change: segmented\n", "", at: "schedule: TEST",
    "the document has seasons and lacks season-change"),
  Mistake(
    "season-change: segmented", "season-change: pooled", at: "season-change",
    "pooled seasons need the same energy prices in all seasons"),
  Mistake(
    "sunday: monday", "sunday: friday", at: "sunday",
    "sunday of holidays is friday, not one of: monday, stays"),
  Mistake(
    "01-01\nperiods", "fifth monday of may\nperiods", at: "fifth",
    "holiday New Year's Day is fifth monday of may, not a day like 12-25 or third "
      + "monday of february"),
  Mistake(
    "days: every day", "days: workdays", at: "workdays",
    "days of a window is workdays, not one of: weekdays, monday to saturday, "
      + "saturdays, sundays, sundays and holidays, weekends and holidays, every day"),
  Mistake(
    "from: \"08:00\"", "from: \"8:00\"", at: "8:00",
    "from is 8:00, not a time like \"09:30\""),
  Mistake(
    "to: \"22:00\"", "to: \"24:01\"", at: "24:01",
    "to is 24:01, not a time like \"09:30\""),
  Mistake(
    "to: \"22:00\"", "to: \"08:00\"", at: "08:00",
    "the window from 08:00 to 08:00 is empty"),
  Mistake(
    "night: { hours: all other }",
    "night: { windows: [{ days: every day, from: \"21:00\", to: \"08:00\" }] }",
    at: "21:00",
    "period night overlaps period day at 21:00 on a weekday"),
  Mistake(
    "night: { hours: all other }",
    "night: { windows: [{ days: weekdays, from: \"22:00\", to: \"08:00\" }] }",
    at: "  day:",
    "no period covers 00:00 on a saturday"),
  Mistake(
    "from: \"08:00\", to: \"22:00\"", "from: \"00:00\", to: \"24:00\"", at: "night: { hours",
    "no hour is left for the period of all other hours"),
  Mistake(
    "night: { hours: all other }", "night: { hours: others }", at: "night: { hours",
    "hours of period night is others, not one of: all other"),
  Mistake(
    "night: { hours: all other }",
    "night: { hours: all other, registers: [peak] }",
    at: "night: { hours",
    "register-meters are refused and period night has registers"),
]
