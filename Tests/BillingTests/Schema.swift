import Foundation
import Testing

/// `Journal/events.proto`, as the tests read it: one declaration a line.
struct Schema {
  struct Field: Hashable {
    var number: Int
    var name: String
    var type: String
  }

  /// Fields by message; nested ones as `Outer.Inner`.
  private(set) var messages: [String: [Field]] = [:]
  /// Values by enum, likewise.
  private(set) var enums: [String: [Field]] = [:]
  private var names: [String] = []

  static let path = "\(GoldenJournal.root)/events.proto"

  static func events() throws -> Schema {
    try Schema(String(contentsOfFile: path, encoding: .utf8))
  }

  init(_ text: String) throws {
    var scopes: [String] = []
    for line in text.split(separator: "\n") {
      let code = line.prefix { $0 != "/" }.trimmingCharacters(in: .whitespaces)
      let words = code.split(whereSeparator: { " ={};".contains($0) }).map(String.init)
      if words.isEmpty {
        if code == "}" { scopes.removeLast() }
      } else if ["message", "enum", "oneof"].contains(words[0]) {
        // A oneof's fields are its message's.
        let scope = scopes.last.map { words[0] == "oneof" ? $0 : "\($0).\(words[1])" } ?? words[1]
        if words[0] == "message" { messages[scope] = [] }
        if words[0] == "enum" { enums[scope] = [] }
        if words[0] != "oneof" { names.append(scope) }
        if !code.hasSuffix("}") { scopes.append(scope) }
      } else if let scope = scopes.last {
        let number = try #require(Int(words[words.count - 1]), "\(line)")
        let name = words[words.count - 2]
        let type = words.dropLast(2).joined(separator: " ")
        if enums[scope] != nil {
          enums[scope]?.append(Field(number: number, name: name, type: ""))
        } else {
          messages[scope]?.append(Field(number: number, name: name, type: type))
        }
      }
    }
    try #require(scopes.isEmpty)
  }

  /// Facts in the order of their numbers; the type is the kind.
  var facts: [Field] {
    (messages["Event"] ?? []).filter { $0.number >= 10 }.sorted { $0.number < $1.number }
  }

  /// Kinds whose name a later version has taken up: `X` beside `XV2`.
  var supersededKinds: [String] {
    let kinds = Set(facts.map(\.type))
    return kinds.filter { kind in
      let version = kind.wholeMatch(of: /(.+?)(?:V([0-9]+))?/)
      guard let version else { return false }
      let next = version.2.flatMap { Int($0) }.map { $0 + 1 } ?? 2
      return kinds.contains("\(version.1)V\(next)")
    }
  }

  /// One line for each number and what it means, messages and enums in the order of the file.
  var lines: [String] {
    names.flatMap { name in
      (messages[name] ?? enums[name] ?? []).map { field in
        (["\(name) \(field.number) \(field.name)"] + (field.type.isEmpty ? [] : [field.type]))
          .joined(separator: " ")
      }
    }
  }

  /// Bytes of a message that ends with `end` in a part of it, for every part that is a message or
  /// holds an enum: nested as deep as it goes.
  func endings(
    of message: String, unknownField: [UInt8], unknownValue: UInt8
  ) -> [(place: String, bytes: [UInt8])] {
    var found = [(message, unknownField)]
    for field in messages[message] ?? [] {
      let type = field.type.split(separator: " ").last.map(String.init) ?? ""
      if messages[type] != nil {
        for (place, bytes) in endings(
          of: type, unknownField: unknownField, unknownValue: unknownValue)
        {
          found.append(("\(message).\(field.name): \(place)", nested(field.number, bytes)))
        }
      } else if enums["\(message).\(type)"] != nil || enums[type] != nil {
        found.append(("\(message).\(field.name)", [UInt8(field.number << 3), unknownValue]))
      }
    }
    return found
  }

  /// A field of bytes that are fewer than 128.
  func nested(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
    let tag = number << 3 | 2
    let head = tag < 0x80 ? [UInt8(tag)] : [UInt8(tag & 0x7F | 0x80), UInt8(tag >> 7)]
    return head + [UInt8(bytes.count)] + bytes
  }
}
