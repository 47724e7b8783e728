import Quantities

/// The languages that notices are rendered in.
public enum NoticeLanguage: String, CaseIterable, Sendable {
  case english = "en"
  case vietnamese = "vi"
}

/// Notices are recorded as a template and what goes into it, and rendered when they are read.
extension NoticeRecorded {
  init(_ template: Template, _ parameters: KeyValuePairs<String, String>) {
    self.init()
    self.template = template
    for (name, value) in parameters { add(name, value) }
  }

  mutating func add(_ name: String, _ value: String) {
    var parameter = Parameter()
    parameter.name = name
    parameter.value = value
    parameters.append(parameter)
  }

  private func value(_ name: String) -> String {
    parameters.first { $0.name == name }?.value ?? ""
  }

  /// The notice as the customer reads it.
  public func text(in language: NoticeLanguage) -> String {
    let isEnglish = language == .english
    func date(_ name: String) -> String {
      guard let date = ServiceDate(value(name)) else { return value(name) }
      return date.text(in: language)
    }
    let money = moneyText(value("amount"), value("currency"), in: language)
    switch template {
    case .billReady:
      let old = value("replaces")
      return isEnglish
        ? "Your bill \(value("bill")) for \(date("start")) to \(date("end")) is ready: \(money), due "
          + "\(date("due"))."
          + (old.isEmpty ? "" : " It takes the place of bill \(old), which is cancelled.")
        : "Hóa đơn \(value("bill")) cho kỳ \(date("start")) đến \(date("end")) đã sẵn sàng: \(money), "
          + "hạn thanh toán \(date("due"))."
          + (old.isEmpty ? "" : " Hóa đơn này thay thế hóa đơn \(old) đã bị hủy.")
    case .paymentReceived:
      return isEnglish
        ? "We received your payment of \(money) on \(date("on")). Thank you."
        : "Chúng tôi đã nhận được khoản thanh toán \(money) ngày \(date("on")). Xin cảm ơn quý khách."
    case .pastDue:
      return isEnglish
        ? "Your bill \(value("bill")) is past due: it was due on \(date("due")), and \(money) is open."
        : "Hóa đơn \(value("bill")) đã quá hạn: hạn thanh toán là ngày \(date("due")), còn nợ \(money)."
    case .planSwitched:
      return isEnglish
        ? "Your plan changes from \(value("from")) to \(value("to")) on \(date("on"))."
        : "Giá biểu của quý khách đổi từ \(value("from")) sang \(value("to")) từ ngày \(date("on"))."
    case .readRejected:
      return isEnglish
        ? "\(value("count")) meter reads in \(value("file")) could not be used, the first for: "
          + "\(value("reason"))."
        : "\(value("count")) chỉ số công tơ trong \(value("file")) không sử dụng được, lý do đầu tiên: "
          + "\(value("reason"))."
    case .lateCharge:
      return isEnglish
        ? "A late charge of \(money) is on your account: \(value("rate")) percent of "
          + "\(moneyText(value("overdue"), value("currency"), in: language)) that bill "
          + "\(value("bill")) still had open after \(date("due"))."
        : "Quý khách bị tính phí chậm thanh toán \(money): \(value("rate")) phần trăm của "
          + "\(moneyText(value("overdue"), value("currency"), in: language)) còn nợ của hóa đơn "
          + "\(value("bill")) sau ngày \(date("due"))."
    case .lateChargeWaived:
      return isEnglish
        ? "The late charge of \(money) for bill \(value("bill")) is taken back."
        : "Phí chậm thanh toán \(money) của hóa đơn \(value("bill")) đã được hủy."
    case .unknown, .UNRECOGNIZED: return ""
    }
  }
}

extension ServiceDate {
  /// MM/dd/yyyy in English, dd/MM/yyyy in Vietnamese.
  public func text(in language: NoticeLanguage) -> String {
    let (year, month, day) = yearMonthDay
    let (mm, dd) = (month < 10 ? "0\(month)" : "\(month)", day < 10 ? "0\(day)" : "\(day)")
    return language == .english ? "\(mm)/\(dd)/\(year)" : "\(dd)/\(mm)/\(year)"
  }
}

/// $1,234.56 and 1.234.567 đ: each currency with the reader's own separators.
public func moneyText(_ amount: String, _ currency: String, in language: NoticeLanguage) -> String {
  let (group, point) = language == .english ? (",", ".") : (".", ",")
  let isNegative = amount.hasPrefix("-")
  let parts = (isNegative ? amount.dropFirst() : amount[...]).split(separator: ".")
  var whole = ""
  for (index, digit) in (parts.first ?? "").reversed().enumerated() {
    if index > 0, index % 3 == 0 { whole = group + whole }
    whole = String(digit) + whole
  }
  let sign = isNegative ? "-" : ""
  let number = whole + (parts.count > 1 ? point + parts[1] : "")
  switch currency {
  case "USD": return language == .english ? "\(sign)$\(number)" : "\(sign)\(number) USD"
  case "VND": return "\(sign)\(number) đ"
  default: return "\(sign)\(number) \(currency)"
  }
}
