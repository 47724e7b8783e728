import ArgumentParser
import Billing
import Foundation
import Interchange
import Journal
import Quantities

extension ServiceDate: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
  public static var defaultCompletionKind: CompletionKind { .default }
}

extension Instant: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension MeterFileFormat: ExpressibleByArgument {}

/// `--json`: one object, or JSON Lines for lists, and nothing else on standard output.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print JSON for scripts instead of text for people.")
  var json = false
}

/// The journal that a command reads.
struct JournalOption: ParsableArguments {
  @Argument(help: "The journal's directory.", completion: .directory)
  var journal: String

  func reader() throws -> JournalReader { try JournalReader(path: journal) }
}

/// What every writing command takes.
struct WritingOptions: ParsableArguments {
  @Option(
    name: .customLong("at"),
    help: ArgumentHelp(
      "When it is recorded, such as 2015-03-02T08:00:00Z, for tests and imports; never before "
        + "the journal's last event.",
      valueName: "instant"))
  var recordedAt: Instant?

  @Option(help: ArgumentHelp("Who records it.", valueName: "name"))
  var actor = WritingOptions.user

  private static let user: String = {
    let user = ProcessInfo.processInfo.environment["USER"] ?? ""
    return user.isEmpty ? "operator" : user
  }()

  @Option(help: ArgumentHelp("Wait for another writer.", valueName: "seconds"))
  var wait: Int = 0

  var at: Instant {
    recordedAt ?? Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
  }

  func validate() throws {
    guard (0...1_000_000_000).contains(wait) else {
      throw ValidationError("--wait takes seconds, 0 or more")
    }
    guard (1...255).contains(actor.utf8.count) else {
      throw ValidationError("--actor takes 1 to 255 bytes")
    }
  }

  /// - Parameter isTrial: nothing will be recorded, so another writer need not be waited for.
  func engine(_ journal: JournalOption, source: String, isTrial: Bool = false) throws -> Engine {
    let progress = Progress("opening", unit: "events")
    defer { progress.finish() }
    if isTrial {
      return try Engine(forTrials: journal.journal) { progress.update(Int($0), of: nil) }
    }
    return try Engine(
      path: journal.journal, origin: Origin(actor: actor, source: source), wait: wait
    ) { progress.update(Int($0), of: nil) }
  }
}

extension Engine {
  /// A snapshot is a cache: what was recorded stays recorded when it cannot be saved.
  func keepSnapshot() {
    do { try saveSnapshot() } catch {
      Terminal.warn(
        "wattbook: the snapshot was not saved, which only makes opening slower: \(error)")
    }
  }
}

extension Engine {
  /// A failure where an account is asked for that nobody has.
  func requireAccount(_ number: String?) throws {
    if let number, zone(ofAccount: number) == nil {
      throw Failure(.usage, "unknownAccount", "there is no account \(number)")
    }
  }
}

/// `--as-known-at`: what was known then.
struct KnownAtOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Answer with what was known at a position (inclusive) or an instant, such as "
        + "2015-03-02T08:00:00Z.",
      valueName: "position|time"))
  var asKnownAt: KnownAt?
}

extension KnownAt: ExpressibleByArgument {
  public init?(argument: String) {
    if let position = UInt64(argument) {
      self = .position(position)
    } else if let moment = Instant(argument) {
      self = .instant(moment)
    } else {
      return nil
    }
  }
}

/// Zone tables from the system's time-zone database; once published, the journal's own is used.
enum ZoneDatabase {
  /// Where the system keeps it, or where `TZDIR` says, as for the C library.
  static let directory: String = {
    let named = ProcessInfo.processInfo.environment["TZDIR"] ?? ""
    return named.isEmpty ? "/usr/share/zoneinfo" : named
  }()

  static func table(_ name: String) throws -> ZoneTable {
    guard let table = try find(name) else {
      throw Failure(.usage, "unknownZone", "there is no zone “\(name)” in \(directory)")
    }
    return table
  }

  /// Nil where the database has no such zone; a failure where there is no database, or the zone's
  /// file cannot be read.
  static func find(_ name: String) throws -> ZoneTable? {
    var isDirectory: ObjCBool = false
    func exists(_ path: String) -> Bool {
      FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
    }
    guard exists(directory), isDirectory.boolValue else {
      throw Failure(
        .usage, "noZoneDatabase",
        "there is no time-zone database at \(directory); is tzdata installed?")
    }
    let isPlain =
      !name.isEmpty
      && name.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
          || [0x2B, 0x2D, 0x2F, 0x5F].contains($0)
      }
    let path = "\(directory)/\(name)"
    guard isPlain, exists(path), !isDirectory.boolValue else { return nil }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Failure(.usage, "unreadableZone", "\(path) cannot be read; may you read it?")
    }
    // Lists and notes lie beside the zones.
    guard data.starts(with: Array("TZif".utf8)) else { return nil }
    do { return try ZoneTable(name: name, zoneFile: Array(data)) } catch {
      throw Failure(.usage, "unreadableZone", "\(path) cannot be read: \(error)")
    }
  }
}
