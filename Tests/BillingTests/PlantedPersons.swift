import Foundation

@testable import Billing

extension Planted {
  static let persons: [Planted] = [
    Planted("details that are not sealed", event(.personDetailsRecorded(.init()))),
    Planted("details sealed with no key", details { $0.key = Data() }),
    Planted("details sealed with a longer nonce", details { $0.nonce = Data(count: 24) }),
    Planted("details without padding", details { $0.ciphertext = Data(count: 63 + 16) }),
    Planted("details of a tag alone", details { $0.ciphertext = Data(count: 16) }),
    Planted("details of 5 KiB", details { $0.ciphertext = Data(count: 5120 + 16) }),
    Planted("an erasure of nobody", erased()),
    Planted("details of one person with two keys", details(1), details(2)),
    Planted("the erasure of another", details(1), erased(2)),
    Planted("an erasure twice", details(), erased(), erased()),
    Planted("an erasure for no reason", details(), erased { $0.reason = .unknown }),
    Planted("details with a key that is destroyed", details(), erased(), details()),
  ]

  /// Details under a key of one byte, as only their lengths are known to be sealed.
  private static func details(
    _ key: UInt8 = 1, _ change: (inout Sealed) -> Void = { _ in }
  ) -> Event {
    event(
      .personDetailsRecorded(
        with(PersonDetailsRecorded()) {
          $0.details.key = Data(repeating: key, count: 16)
          $0.details.nonce = Data(count: 12)
          $0.details.ciphertext = Data(count: 64 + 16)
          change(&$0.details)
        }))
  }

  private static func erased(
    _ key: UInt8 = 1, _ change: (inout PersonErased) -> Void = { _ in }
  ) -> Event {
    event(
      .personErased(
        with(PersonErased()) {
          $0.key = Data(repeating: key, count: 16)
          $0.reason = .request
          change(&$0)
        }))
  }
}
