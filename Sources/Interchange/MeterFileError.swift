/// Why a meter file as a whole cannot be read; what is wrong with one line is a `MalformedLine`.
public enum MeterFileError: Error, Equatable {
  case cannotOpen(path: String, reason: String)
  case cannotRead(reason: String)
  /// `gzip` could not unpack the file; rows handed out before may be all there is.
  case cannotUnpack(reason: String)
  case unknownLayout(firstLine: String)
  case accountNeeded(layout: String)
  case accountInvalid(String)
  case documentType(line: Int)
  case malformedXML(line: Int, reason: String)
  case severalUsagePoints([String])
  case tooManyReadings(limit: Int)
}

extension MeterFileError: CustomStringConvertible {
  /// What is wrong and what to do next.
  public var description: String {
    switch self {
    case .cannotOpen(let path, let reason):
      "cannot open \(path): \(reason); check the path and its permissions"
    case .cannotRead(let reason):
      "reading stopped: \(reason); send the file again, its repeated rows change nothing"
    case .cannotUnpack(let reason):
      "the file is compressed and cannot be unpacked: \(reason); fetch it again or unpack it with "
        + "gzip -d"
    case .unknownLayout(let firstLine):
      "the layout is not known, the file begins with '\(firstLine)'; understood are the headers "
        + "account,date,interval_minutes,wh_1,... and account,start,kwh and start,kwh and "
        + "account,date,register,kwh, SCE's download and Green Button XML"
    case .accountNeeded(let layout):
      "\(layout) names no account; say whose it is with --account"
    case .accountInvalid(let account):
      "'\(account)' is not an account number: 1 to 32 bytes of text"
    case .documentType(let line):
      "line \(line): a document type declaration is refused, Green Button needs none; remove it"
    case .malformedXML(let line, let reason):
      "line \(line): \(reason); the document is damaged or cut short, download it again"
    case .severalUsagePoints(let names):
      "the file holds \(names.count) usage points (\(names.joined(separator: ", "))); "
        + "export each one by itself and send it with its own --account"
    case .tooManyReadings(let limit):
      "the file holds more than \(limit) readings; split it by account or use the layout "
        + "account,date,interval_minutes,wh_1,..."
    }
  }
}
