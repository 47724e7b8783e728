import Foundation
import Journal

/// Small files that hold a key, a note or a bundle.
enum EvidenceFile {
  /// Writes a file that was not there, and syncs it.
  static func make(_ text: String, at path: String, mode: mode_t = 0o644) throws {
    let file = try NewFile(path, mode: mode)
    try file.write(text)
    try file.finish(synced: true)
  }

  /// The bytes of a file of at most a mebibyte.
  static func bytes(_ path: String) throws -> [UInt8] {
    do {
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      return Array(try file.read(upToCount: 1 << 20 + 1) ?? Data())
    } catch {
      throw Failure(.usage, "cannotOpen", "\(path): it cannot be read, or there is no such file")
    }
  }

  /// The one line of a key file.
  private static func line(_ path: String) throws -> String {
    String(decoding: try bytes(path), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  static func signer(_ path: String) throws -> SignerKey {
    do { return try SignerKey(line(path)) } catch let error as NoteError {
      throw Failure(error, path, advice: "a signer's key is made by wattbook key")
    }
  }

  static func verifier(_ path: String) throws -> VerifierKey {
    do { return try VerifierKey(line(path)) } catch let error as NoteError {
      throw Failure(error, path, advice: "give the .pub file that wattbook key made")
    }
  }

  /// A checkpoint and its note, signed by the key where there is one.
  static func checkpoint(
    _ path: String, by key: VerifierKey?
  ) throws -> (text: String, checkpoint: Checkpoint) {
    let bytes = try bytes(path)
    do {
      let note = try SignedNote(bytes)
      if let key { try note.verify(by: key) }
      return (String(decoding: bytes, as: UTF8.self), try Checkpoint(note.text))
    } catch {
      throw Failure(error, path, advice: "nothing that it says was believed")
    }
  }
}

extension Failure {
  /// A key or note that is not as it must be is bad input; one that is not signed is refused.
  fileprivate init(_ error: NoteError, _ path: String, advice: String) {
    let (status, code): (ExitStatus, String) =
      switch error {
      case .malformedKey: (.usage, "malformedKey")
      case .malformedNote: (.usage, "malformedNote")
      case .notSigned: (.refused, "notSigned")
      case .wrongSignature: (.refused, "wrongSignature")
      }
    self.init(status, code, "\(path): \(error); \(advice)")
  }
}
