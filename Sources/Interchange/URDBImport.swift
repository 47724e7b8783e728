import Quantities

/// Something that a record says otherwise than a rate schedule can.
public struct URDBNote: Sendable, Equatable {
  public enum Kind: String, Sendable {
    /// Nothing can be billed right with it.
    case refused
    /// The record does not say it; the document does.
    case assumed
    /// The record says it; the document does not.
    case leftOut = "left out"
  }

  public let kind: Kind
  /// Where it stands in the record: `energyratestructure[0][1].max`.
  public let path: String
  public let text: String
}

extension URDBNote: CustomStringConvertible {
  public var description: String { path.isEmpty ? text : "\(path): \(text)" }
}

/// Why a record becomes no rate schedule.
public struct URDBRefusal: Error, Sendable, CustomStringConvertible {
  public let file: String
  public let notes: [URDBNote]

  public var description: String {
    notes.map { "\(file): \($0)" }.joined(separator: "\n")
  }
}

/// A record of the U.S. Utility Rate Database as a rate schedule document.
public struct URDBImport: Sendable {
  /// What the record does not say, from whoever imports it.
  public struct Wishes: Sendable {
    /// The baseline region that daily tiers are the allotment of.
    public var region: String?
    public var zone: String?
    public var code: String?
    public var effective: ServiceDate?
    /// Which record of the file.
    public var label: String?

    public init() {}
  }

  public let code: String
  public let effective: ServiceDate
  /// YAML, its first lines telling what was assumed and left out.
  public let document: String
  public let notes: [URDBNote]

  /// - Parameters:
  ///   - bytes: a record, or an answer of the service with `items`.
  ///   - file: the name that refusals give.
  public init(_ bytes: [UInt8], file: String, _ wishes: Wishes = Wishes()) throws(URDBRefusal) {
    let (value, prefix) = try Self.record(bytes, file, wishes.label)
    let reader = URDBReader(value, prefix: prefix)
    var refusals = reader.refusals
    func refuse(_ path: String, _ text: String) {
      refusals.append(URDBNote(kind: .refused, path: prefix + path, text: text))
    }
    let record = reader.record
    let zone = wishes.zone ?? Self.zones[record.utilityNumber]
    if zone == nil {
      refuse("eiaid", "a record names no time zone: give --zone, as America/Denver")
    }
    let effective = wishes.effective ?? record.start
    if effective == nil { refuse("startdate", "the first day is missing: give --effective") }
    if let end = record.end, let effective, end < effective {
      refuse("enddate", "the record ends on \(end), before its first day \(effective)")
    }
    if let code = wishes.code, Self.slug(code) != code {
      refuse("name", "--code takes letters, digits and hyphens, at most 32")
    }
    guard refusals.isEmpty, let zone, let effective else {
      throw URDBRefusal(file: file, notes: refusals)
    }
    let hours: URDBHours
    let ladder: URDBLadder
    do throws(URDBNote.Fault) {
      hours = try URDBHours(record)
      ladder = try URDBLadder(record, hours, region: wishes.region)
    } catch {
      throw URDBRefusal(
        file: file,
        notes: [URDBNote(kind: .refused, path: prefix + error.path, text: error.reason)])
    }
    code = wishes.code ?? Self.slug(record.name)
    self.effective = effective
    var assumed = [
      URDBNote(
        kind: .assumed, path: prefix + "startdate",
        text: wishes.effective == nil ? "the day of UTC, \(effective)" : "given as \(effective)"),
      URDBNote(
        kind: .assumed, path: prefix + "name",
        text: wishes.code == nil
          ? "the plan's code is made of it: \(code)" : "the code \(code) was given"),
      URDBNote(
        kind: .assumed, path: prefix + "eiaid",
        text: "the zone is \(zone), the currency USD"),
    ]
    func assume(_ path: String, _ text: String) {
      let whole = path.isEmpty ? String(prefix.dropLast()) : prefix + path
      assumed.append(URDBNote(kind: .assumed, path: whole, text: text))
    }
    if let end = record.end { assume("enddate", "\(end) is the last day of these prices") }
    if hours.names.count > 1 {
      assume(
        "energyweekendschedule",
        "a record has no holidays: each is billed as the weekday it falls on; add them by hand")
      assume(
        "energyratestructure", "its periods are named here: \(hours.names.joined(separator: ", "))")
    }
    if !ladder.limits.isEmpty, hours.names.count > 1 {
      assume(
        "energyratestructure",
        "limits are on the kWh of all hours together, shared by the periods' use")
    }
    if !ladder.limits.isEmpty, ladder.parts.isEmpty {
      assume(
        "energyratestructure",
        "limits of a month are taken by days in a cycle that is no whole month (odd-cycle: by days)"
      )
    }
    if let note = ladder.note { assume("energyratestructure", note) }
    assume(
      "", "due days (21), rounding, and cuts at a change of season or price are not in a record")
    notes = assumed + reader.notes
    document =
      URDBDocument(
        record: record, hours: hours, ladder: ladder, code: code, zone: zone, effective: effective,
        notes: notes
      ).text
  }

  /// Utilities by their number at the Energy Information Administration.
  private static let zones = [
    "17609": "America/Los_Angeles", "14328": "America/Los_Angeles", "16609": "America/Los_Angeles",
  ]

  private static func record(
    _ bytes: [UInt8], _ file: String, _ label: String?
  ) throws(URDBRefusal) -> (JSONValue, prefix: String) {
    func refusal(_ path: String, _ text: String) -> URDBRefusal {
      URDBRefusal(file: file, notes: [URDBNote(kind: .refused, path: path, text: text)])
    }
    let value: JSONValue
    do throws(JSONFault) { value = try JSONValue(parsing: bytes) } catch {
      throw refusal("line \(error.line)", "this is no JSON: \(error.reason)")
    }
    let items: [JSONValue]
    let isAnswer = value["items"]?.array != nil
    if let answer = value["items"]?.array { items = answer } else { items = value.array ?? [value] }
    let isList = isAnswer || value.array != nil
    let found = items.indices.filter { label == nil || items[$0]["label"]?.string == label }
    guard found.count == 1, let place = found.first else {
      let labels = items.compactMap { $0["label"]?.string }.prefix(20).joined(separator: ", ")
      throw refusal(
        isAnswer ? "items" : "",
        found.isEmpty
          ? "there is no such record; labels: \(labels)"
          : "there are \(found.count) records; choose one with --label: \(labels)")
    }
    let record = items[place]
    if record["effectiveDate"] != nil || record["energyRateStrux"] != nil {
      throw refusal(
        "energyRateStrux", "this is the bulk file's form; take the record from the service (JSON)")
    }
    return (record, isAnswer ? "items[\(place)]." : isList ? "[\(place)]." : "")
  }

  /// `Domestic: D (Region 10)` is `DOMESTIC-D-REGION-10`.
  private static func slug(_ name: String) -> String {
    var slug = ""
    for byte in name.utf8 {
      let isWord = (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
      if isWord {
        slug.unicodeScalars.append(Unicode.Scalar(byte))
      } else if !slug.isEmpty, slug.last != "-" {
        slug.append("-")
      }
    }
    slug = String(slug.prefix(32))
    while slug.last == "-" { slug.removeLast() }
    return slug.isEmpty ? "URDB" : slug
  }
}

extension URDBNote {
  /// One thing that stops an import.
  struct Fault: Error {
    let path: String
    let reason: String
  }
}
