/// Records in the shape of the U.S. Utility Rate Database, made here.
enum URDBRecords {
  /// Twelve months of 24 hours: a period by month (from 0) and hour.
  static func schedule(_ period: (_ month: Int, _ hour: Int) -> Int) -> String {
    let rows = (0..<12).map { month in
      "[" + (0..<24).map { "\(period(month, $0))" }.joined(separator: ",") + "]"
    }
    return "[" + rows.joined(separator: ",") + "]"
  }

  static func isSummer(_ month: Int) -> Bool { (5...8).contains(month) }

  /// Two periods in each season, the dearer one on weekday afternoons; 1 June 2015, UTC.
  static let timeOfUse = """
    {"items":[{"label":"5500000000000000000000a1","eiaid":17609,"name":"Test TOU: Option \\"A\\" & more",
    "utility":"Example Edison Co","sector":"Residential","startdate":1433116800,"approved":true,
    "servicetype":"Bundled","dgrules":"Net Metering","source":"https://example.org/tariff.pdf",
    "energyratestructure":[[{"rate":0.12,"adj":0.01,"unit":"kWh"}],[{"rate":0.22,"unit":"kWh"}],
    [{"rate":0.14,"unit":"kWh"}],[{"rate":0.34,"unit":"kWh"}]],
    "energyweekdayschedule":\(schedule { month, hour in
      (isSummer(month) ? 2 : 0) + ((12..<18).contains(hour) ? 1 : 0)
    }),
    "energyweekendschedule":\(schedule { month, _ in isSummer(month) ? 2 : 0 }),
    "fixedchargefirstmeter":0.031,"fixedchargeunits":"$/day"}]}
    """

  /// Blocks a month in summer alone.
  static let blocks = """
    {"label":"5500000000000000000000b2","eiaid":7140,"name":"R-31","utility":"Example Power",
    "startdate":"2024-01-01","enddate":1735603200,
    "energyratestructure":[[{"rate":0.142062}],
    [{"max":650,"rate":0.148101},{"max":1000.0,"rate":2.16379e-1},{"rate":0.222371}]],
    "energyweekdayschedule":\(schedule { month, _ in isSummer(month) ? 1 : 0 }),
    "energyweekendschedule":\(schedule { month, _ in isSummer(month) ? 1 : 0 }),
    "fixedchargefirstmeter":16.48,"fixedchargeunits":"$/month",
    "mincharge":10,"minchargeunits":"$/month"}
    """

  /// Tiers a day that are percentages of a season's allotment.
  static let daily = """
    {"label":"5500000000000000000000c3","eiaid":"17609","name":"Domestic Service: D - Region 10",
    "utility":"Example Edison Co","startdate":1425254400,
    "energyratestructure":[
    [{"rate":0.15,"max":15.5,"unit":"kWh daily"},{"rate":0.19,"max":20.15,"unit":"kWh daily"},
    {"rate":0.25,"max":31,"unit":"kWh daily"},{"rate":0.31,"unit":"kWh daily"}],
    [{"rate":0.15,"max":11,"unit":"kWh daily"},{"rate":0.19,"max":14.3,"unit":"kWh daily"},
    {"rate":0.25,"max":22,"unit":"kWh daily"},{"rate":0.31,"unit":"kWh daily"}]],
    "energyweekdayschedule":\(schedule { month, _ in isSummer(month) ? 0 : 1 }),
    "energyweekendschedule":\(schedule { month, _ in isSummer(month) ? 0 : 1 }),
    "fixedchargefirstmeter":0.031,"fixedchargeunits":"$/day"}
    """

  /// One price, and whatever else a test wants.
  static func flat(_ more: String, prices: String = "[[{\"rate\":0.1}]]") -> String {
    """
    {"label":"5500000000000000000000d4","eiaid":17609,"name":"Flat","utility":"Example",
    "startdate":1433116800,"energyratestructure":\(prices)\(more.isEmpty ? "" : ",\n" + more)}
    """
  }
}
