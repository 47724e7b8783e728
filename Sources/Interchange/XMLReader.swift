/// Elements and text of an XML document in UTF-8, byte by byte from a stream.
///
/// Only what Atom needs: no document type (refused, so there are no entities to expand but the
/// five and numeric ones), comments and processing instructions skipped, namespaces cut off.
/// Depth, names and texts have limits; tags that do not match and documents that end early are
/// errors with their line.
struct XMLReader {
  enum Token { case start, end, finished }

  static let deepest = 64
  static let longestName = 256
  static let longestText = 65_536

  /// The element's name without prefix, after `start` and `end`.
  private(set) var name = ""
  /// The `href` and `rel` attributes after `start`.
  private(set) var href = ""
  private(set) var rel = ""
  /// After `end`, what stands between it and the tag before it: the text of a simple element.
  private(set) var text: [UInt8] = []
  private(set) var depth = 0

  private var bytes: XMLBytes
  private var isEmptyElement = false
  private var hasRoot = false
  /// Full names of the open elements, one after the other, and where each begins.
  private var openNames: [UInt8] = []
  private var openStarts: [Int] = []
  private var raw: [UInt8] = []

  init(_ source: ByteSource) {
    bytes = XMLBytes(source)
  }

  mutating func next() throws(MeterFileError) -> Token {
    if isEmptyElement { return try close() }
    text.removeAll(keepingCapacity: true)
    while let byte = try bytes.peek() {
      if byte != 0x3C {
        try character(byte)
        continue
      }
      _ = try bytes.take()
      switch try bytes.peek() {
      case 0x2F:
        _ = try bytes.take()
        try readName()
        try bytes.skipSpace()
        try bytes.expect(">")
        return try close()
      case 0x21: try declaration()
      case 0x3F: try skip(past: "?>")
      default: return try open()
      }
    }
    guard depth == 0 else { throw fault("the document ends inside <\(name)>") }
    guard hasRoot else { throw fault("there is no element") }
    return .finished
  }

  var line: Int { bytes.line }

  func fault(_ reason: String) -> MeterFileError { bytes.fault(reason) }

  // MARK: Tags

  private mutating func open() throws(MeterFileError) -> Token {
    guard depth > 0 || !hasRoot else { throw fault("there is a second root element") }
    guard depth < XMLReader.deepest else { throw fault("elements are nested too deep") }
    try readName()
    openStarts.append(openNames.count)
    openNames.append(contentsOf: raw)
    let element = try localName()
    (href, rel, hasRoot) = ("", "", true)
    while true {
      let isApart = try bytes.skipSpace()
      switch try bytes.peek() {
      case 0x3E:
        _ = try bytes.take()
      case 0x2F:
        _ = try bytes.take()
        try bytes.expect(">")
        isEmptyElement = true
      default:
        guard isApart else { throw fault("the tag <\(element)> is not well formed") }
        try attribute()
        continue
      }
      depth += 1
      name = element
      text.removeAll(keepingCapacity: true)
      return .start
    }
  }

  private mutating func close() throws(MeterFileError) -> Token {
    guard let start = openStarts.last else { throw fault("an end tag without its element") }
    if isEmptyElement {
      isEmptyElement = false
      text.removeAll(keepingCapacity: true)
      raw = Array(openNames[start...])
    }
    guard openNames[start...].elementsEqual(raw) else {
      throw fault(
        "an end tag does not match the element <\(XMLBytes.excerpt(openNames[start...]))>")
    }
    name = try localName()
    openNames.removeLast(openNames.count - start)
    openStarts.removeLast()
    depth -= 1
    return .end
  }

  private mutating func attribute() throws(MeterFileError) {
    try readName()
    let key = raw
    _ = try bytes.skipSpace()
    try bytes.expect("=")
    _ = try bytes.skipSpace()
    let quote = try bytes.take()
    guard quote == 0x22 || quote == 0x27 else { throw fault("an attribute value lacks quotes") }
    text.removeAll(keepingCapacity: true)
    while try bytes.peek() != quote {
      guard let byte = try bytes.peek(), byte != 0x3C else {
        throw fault("an attribute value does not end")
      }
      try character(byte)
    }
    _ = try bytes.take()
    if key.elementsEqual("href".utf8) { href = try validText() }
    if key.elementsEqual("rel".utf8) { rel = try validText() }
  }

  private mutating func readName() throws(MeterFileError) {
    raw.removeAll(keepingCapacity: true)
    while let byte = try bytes.peek() {
      switch byte {
      case 0x41...0x5A, 0x61...0x7A, 0x5F, 0x3A, 0x80...: break
      case 0x30...0x39, 0x2D, 0x2E:
        guard !raw.isEmpty else { throw fault("a name begins with '\(XMLBytes.excerpt([byte]))'") }
      default:
        guard !raw.isEmpty else { throw fault("a name is missing") }
        return
      }
      guard raw.count < XMLReader.longestName else { throw fault("a name is too long") }
      raw.append(try bytes.take())
    }
    throw fault("the document ends inside a tag")
  }

  private func localName() throws(MeterFileError) -> String {
    let local = raw.lastIndex(of: 0x3A).map { raw[($0 + 1)...] } ?? raw[...]
    guard let name = String(validating: local, as: UTF8.self) else {
      throw fault("a name is not UTF-8")
    }
    return name
  }

  // MARK: Text

  private mutating func character(_ byte: UInt8) throws(MeterFileError) {
    _ = try bytes.take()
    if byte == 0x26 { return try reference() }
    guard openStarts.isEmpty else { return try append(byte) }
    // Outside the root only space and the byte order mark of the first line may stand.
    let isMark = !hasRoot && line == 1 && [0xEF, 0xBB, 0xBF].contains(byte)
    guard XMLBytes.isSpace(byte) || isMark else {
      let isWide = byte == 0 || byte >= 0xFE
      throw fault(isWide ? "the document is not UTF-8" : "text stands outside the root element")
    }
  }

  private mutating func append(_ byte: UInt8) throws(MeterFileError) {
    guard text.count < XMLReader.longestText else { throw fault("a text is too long") }
    text.append(byte)
  }

  private mutating func reference() throws(MeterFileError) {
    var entity: [UInt8] = []
    while case let byte = try bytes.take(), byte != 0x3B {
      guard entity.count < 10 else { throw fault("a reference does not end") }
      entity.append(byte)
    }
    let name = XMLBytes.excerpt(entity[...])
    switch name {
    case "amp": try append(0x26)
    case "lt": try append(0x3C)
    case "gt": try append(0x3E)
    case "quot": try append(0x22)
    case "apos": try append(0x27)
    default:
      let isHexadecimal = name.hasPrefix("#x")
      guard name.hasPrefix("#"),
        let code = UInt32(name.dropFirst(isHexadecimal ? 2 : 1), radix: isHexadecimal ? 16 : 10),
        code > 0, let scalar = Unicode.Scalar(code)
      else { throw fault("the reference &\(name); is not known") }
      for byte in String(scalar).utf8 { try append(byte) }
    }
  }

  private func validText() throws(MeterFileError) -> String {
    guard let value = String(validating: text, as: UTF8.self) else {
      throw fault("a text is not UTF-8")
    }
    return value
  }

  // MARK: Declarations

  private mutating func declaration() throws(MeterFileError) {
    _ = try bytes.take()
    switch try bytes.peek() {
    case 0x2D:
      try bytes.expect("--")
      try skip(past: "-->")
    case 0x5B:
      try bytes.expect("[CDATA[")
      guard depth > 0 else { throw fault("text stands outside the root element") }
      while true {
        try append(try bytes.take())
        if text.suffix(3).elementsEqual("]]>".utf8) {
          text.removeLast(3)
          return
        }
      }
    case 0x44: throw .documentType(line: line)
    default: throw fault("a declaration is not known")
    }
  }

  /// Skips a comment or instruction; an XML declaration in it must not name another encoding.
  private mutating func skip(past end: StaticString) throws(MeterFileError) {
    let end = Array(end.description.utf8)
    var tail: [UInt8] = []
    var head: [UInt8] = []
    while !tail.elementsEqual(end) {
      let byte = try bytes.take()
      if tail.count == end.count { tail.removeFirst() }
      tail.append(byte)
      if head.count < 128 { head.append(byte) }
    }
    let opening = XMLBytes.excerpt(head[...]).lowercased()
    guard opening.hasPrefix("?xml ") else { return }
    guard !opening.contains("encoding") || opening.contains("utf-8") || opening.contains("ascii")
    else { throw fault("the document is not UTF-8") }
  }
}
