import Quantities
import Yams

extension RateSchedule {
  /// The largest document that is read, in bytes of UTF-8.
  public static let maximumDocumentBytes = 256 * 1024

  /// Reads a file of rate schedules: YAML documents divided by lines of `---`, each one version.
  ///
  /// - Parameters:
  ///   - file: the name that errors give.
  ///   - isPublished: whether a journal holds it. Bounds that came after it was published are not
  ///     asked of it: a version in force cannot be taken back, and its bills must still be read.
  /// - Throws: every error of every document, with the line of the file.
  public static func parse(
    _ text: String, file: String, isPublished: Bool = false
  ) throws(RateScheduleErrors) -> [RateSchedule] {
    let review = ScheduleReview(text, file: file, isPublished: isPublished)
    guard review.errors.isEmpty else { throw RateScheduleErrors(errors: review.errors) }
    return review.versions.map(\.schedule)
  }

  /// The exact text of each document and the line on which it begins, counted from 1.
  static func documentsByLine(_ text: String) -> [(text: String, firstLine: Int)] {
    var documents: [(text: String, firstLine: Int)] = []
    var (current, firstLine) = ("", 1)
    let lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      if isDivider(line) {
        documents.append((current, firstLine))
        (current, firstLine) = ("", index + 2)
      } else {
        current += String(Substring(line))
        if index < lines.count - 1 { current += "\n" }
      }
    }
    documents.append((current, firstLine))
    return documents
  }

  /// Three hyphens and nothing else but blanks; YAML knows no other meaning of them at the start
  /// of a line.
  private static func isDivider(_ line: Substring.UTF8View) -> Bool {
    line.starts(with: [0x2D, 0x2D, 0x2D])
      && line.dropFirst(3).allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
  }
}

extension ScheduleReader {
  /// The document's root; nil when it holds nothing but comments, or is no YAML (an error).
  func compose(_ document: String) -> Node? {
    guard document.utf8.count <= RateSchedule.maximumDocumentBytes else {
      let limit = RateSchedule.maximumDocumentBytes / 1024
      refuse(line: 1, "the document is larger than \(limit) KiB")
      return nil
    }
    if let line = lineOfAnchor(document) {
      refuse(line: line, "anchors (&name) and aliases (*name) are not accepted")
      return nil
    }
    do {
      // The encoding is named so that no environment variable chooses it.
      return try Yams.compose(yaml: document, .basic, .default, .utf8)
    } catch {
      let (line, problem) = place(of: error)
      refuse(line: line, problem)
      return nil
    }
  }

  /// The first line with an `&` or `*` that could begin an anchor or alias. Quotes and comments are
  /// not told apart, so that nothing can hide in them: an alias of aliases costs exponential time.
  private func lineOfAnchor(_ document: String) -> Int? {
    var line = 1
    var pending = false
    var previous: UInt8 = 0x20
    for byte in document.utf8 {
      if pending, byte > 0x20 { return line }
      let letters = (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || byte >= 0x80
      let inWord = letters || (0x30...0x39).contains(byte)
      pending = (byte == 0x26 || byte == 0x2A) && previous == 0x20
      previous = inWord ? 0x41 : 0x20
      if byte == 0x0A { line += 1 }
    }
    return nil
  }

  private func place(of error: any Error) -> (line: Int, problem: String) {
    guard let error = error as? YamlError else { return (1, "this is no YAML") }
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return (mark.line, "this is no YAML: \(problem)")
    case .duplicatedKeysInMapping(let keys, let context):
      return (context.mark.line, "\(keys.joined(separator: ", ")) is written twice")
    case .reader(let problem, _, _, _), .writer(let problem), .emitter(let problem),
      .representer(let problem):
      return (1, "this is no YAML: \(problem)")
    case .no, .memory, .dataCouldNotBeDecoded:
      return (1, "this is no YAML")
    }
  }
}
