import Billing
import Quantities

/// The books as plain-text accounting programs read them: what is written once, and then one
/// transaction after the other, so that nothing but the names used is kept.
struct PlainTextBooks {
  enum Program {
    case hledger, beancount
  }

  private let program: Program
  private let hasSubaccounts: Bool
  /// By what it stands for; authorities and account numbers have names that no other has.
  private var components: [String: String] = [:]
  private var taken: Set<String> = []
  /// Accounts that have been declared.
  private var declared: Set<String> = []

  init(_ program: Program, hasSubaccounts: Bool) {
    self.program = program
    self.hasSubaccounts = hasSubaccounts
  }

  /// What stands before the first transaction.
  var head: String {
    let title = "; The books of a wattbook journal: an event's position is its transaction's"
    switch program {
    case .hledger:
      return
        ([title + " code."]
        + Currency.known.map {
          "commodity 1000." + String(repeating: "0", count: $0.decimals) + " \($0.code)"
        }).joined(separator: "\n")
    case .beancount:
      // Balances are exact: nothing is within a tolerance.
      return
        ([title + " link.", #"option "title" "wattbook""#]
        + Currency.known.map {
          "\(Self.beginning) commodity \($0.code)\n  precision: \($0.decimals)"
        }).joined(separator: "\n")
    }
  }

  /// Before any date that matters, and after the first that beancount reads.
  private static let beginning = "1700-01-01"

  mutating func text(_ transaction: LedgerTransaction) -> String {
    let currency = transaction.entry.currency
    var sums: [(name: String, amount: Int128)] = []
    let postings = transaction.entry.postings.sorted { $0.account.rawValue < $1.account.rawValue }
    for posting in postings {
      let name = name(of: posting, transaction.account)
      if let same = sums.firstIndex(where: { $0.name == name }) {
        sums[same].amount += Int128(posting.amount)
      } else {
        sums.append((name, Int128(posting.amount)))
      }
    }
    var lines = [""]
    for (name, _) in sums where declared.insert(name).inserted {
      lines.append(
        program == .hledger ? "account \(name)" : "\(Self.beginning) open \(name)")
    }
    lines.append(head(of: transaction))
    let amounts = sums.map {
      DecimalText.format($0.amount, scale: 6, minimumDecimals: currency.decimals)
    }
    let width = sums.map(\.name.count).max() ?? 0
    let digits = amounts.map(\.count).max() ?? 0
    for ((name, _), amount) in zip(sums, amounts) {
      let space = String(repeating: " ", count: width + digits - name.count - amount.count)
      lines.append("    \(name)  \(space)\(amount) \(currency.code)")
    }
    return lines.joined(separator: "\n")
  }

  private func head(of transaction: LedgerTransaction) -> String {
    let (position, booked) = (transaction.position, transaction.booked)
    switch program {
    case .hledger:
      // In a comment, a comma ends a tag's value and a semicolon starts nothing.
      var comment = "  ; account:\(Self.plain(transaction.account, without: [","]))"
      let reference = Self.plain(transaction.reference, without: [","])
      if !reference.isEmpty { comment += ", reference:\(reference)" }
      return "\(booked) (\(position)) \(transaction.kind)\(comment)"
    case .beancount:
      var lines = ["\(booked) * \"\(transaction.kind)\" ^p\(position)", "  position: \(position)"]
      lines.append("  account: \(Self.quoted(transaction.account))")
      if !transaction.reference.isEmpty {
        lines.append("  reference: \(Self.quoted(transaction.reference))")
      }
      return lines.joined(separator: "\n")
    }
  }

  private mutating func name(of posting: Posting, _ number: String) -> String {
    let (root, name) = posting.account.path
    var parts = [root, name]
    if program == .beancount { parts = parts.map { $0.prefix(1).uppercased() + $0.dropFirst() } }
    if posting.account == .taxPayable {
      parts.append(component(posting.authority.isEmpty ? "unnamed" : posting.authority, of: "tax"))
    }
    if hasSubaccounts, posting.account.isOfCustomers {
      parts.append(component(number, of: "account"))
    }
    return parts.joined(separator: ":")
  }

  /// A name's letters and digits, with a number behind them where another name has the same.
  private mutating func component(_ text: String, of space: String) -> String {
    let key = "\(space):\(text)"
    if let known = components[key] { return known }
    var name = ""
    for character in text {
      let isPlain = character.isLetter || character.isNumber && character.isASCII
      name.append(isPlain ? character : "-")
    }
    // What beancount asks of the first character of a name.
    if name.first?.isASCII != true || name.first == "-" { name = "X" + name }
    name = name.prefix(1).uppercased() + name.dropFirst()
    var free = name
    var count = 1
    while !taken.insert("\(space):\(free)").inserted {
      count += 1
      free = "\(name)-\(count)"
    }
    components[key] = free
    return free
  }

  /// On one line, and without what would be taken for something else.
  private static func plain(_ text: String, without marks: Set<Character>) -> String {
    String(text.printable.map { marks.contains($0) ? " " : $0 })
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.printable.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "\""
  }
}
