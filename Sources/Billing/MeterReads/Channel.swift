import Journal

/// What a meter counts: energy to or from the customer in intervals, or the index of a register.
public enum Channel: UInt8, CaseIterable, Sendable {
  case delivered = 0
  case received = 1
  case registerTotal = 2
  case registerNormal = 3
  case registerPeak = 4
  case registerOffPeak = 5
  /// Reactive energy, in varh.
  case registerReactive = 6

  /// The registers of a meter that counts by rates.
  static let rateRegisters: [Channel] = [.registerNormal, .registerPeak, .registerOffPeak]

  public var isRegister: Bool { rawValue >= 2 }

  /// The name in files and on the command line.
  public var name: String {
    switch self {
    case .delivered: "delivered"
    case .received: "received"
    case .registerTotal: "total"
    case .registerNormal: "normal"
    case .registerPeak: "peak"
    case .registerOffPeak: "offpeak"
    case .registerReactive: "reactive"
    }
  }
}

/// How far a value can be trusted; a later value of lower quality never replaces one held.
public enum ReadQuality: UInt8, Comparable, Sendable {
  case estimated = 1
  case edited = 2
  case actual = 3

  public static func < (left: ReadQuality, right: ReadQuality) -> Bool {
    left.rawValue < right.rawValue
  }
}

extension Channel {
  init(from reader: inout ByteReader) throws {
    guard let channel = Channel(rawValue: try reader.get()) else {
      throw ByteReader.Failure.endOfBytes
    }
    self = channel
  }
}

extension ReadQuality {
  init(from reader: inout ByteReader) throws {
    guard let quality = ReadQuality(rawValue: try reader.get()) else {
      throw ByteReader.Failure.endOfBytes
    }
    self = quality
  }
}
