/// Bytes on disk a day-read.
struct Sizes {
  var fine = Double.nan
  var coarse = Double.nan
  var sqlite = Double.nan
  var sqliteKeyed = Double.nan
  var postgres = Double.nan
  var postgresKeyed = Double.nan

  var markdown: String {
    var table = Table(["bytes on disk a day-read", "ours", "beside ours"])
    for (name, size) in [
      ("journal, 1 Wh resolution", fine), ("journal, 10 Wh resolution", coarse),
      ("SQLite, rowid table, no index", sqlite), ("SQLite, keyed", sqliteKeyed),
      ("PostgreSQL, no index", postgres), ("PostgreSQL, keyed", postgresKeyed),
    ] where !size.isNaN {
      table.add([name, size.text(decimals: 1), (size / fine).ratio])
    }
    return table.markdown
  }

  func judge(_ figures: inout Figures) {
    let limit = "LZ4 over 36 bytes of planes; SQLite has \(sqlite.text(decimals: 1))"
    figures.add(
      "bytes a day-read, 1 Wh", fine, atMost: Bar.bytes, .bytes, limit: limit)
    figures.add(
      "bytes a day-read, 10 Wh", coarse, atMost: Bar.coarseBytes, .bytes, limit: limit)
  }
}
