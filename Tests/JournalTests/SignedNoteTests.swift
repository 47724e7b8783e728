import TestSupport
import Testing

@testable import Journal

@Suite struct SignedNoteTests {
  // The example of golang.org/x/mod/sumdb/note.
  private static let signer =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
  private static let verifier = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
  private static let text =
    "If you think cryptography is the answer to your problem,\n"
    + "then you don't know what your problem is.\n"
  private static let signature =
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
  private static let note = "\(text)\n— PeterNeumann \(signature)\n"

  private func parse(_ note: String) throws(NoteError) -> SignedNote {
    try SignedNote(Array(note.utf8))
  }

  @Test func `a key of another implementation signs and verifies as it does there`() throws {
    let key = try SignerKey(Self.signer)
    #expect(key.text == Self.signer && key.verifier.text == Self.verifier)
    #expect(key.sign(Self.text) == Self.note)
    let note = try parse(Self.note)
    #expect(note.text == Self.text)
    try note.verify(by: VerifierKey(Self.verifier))
  }

  @Test func `the specification's own example verifies`() throws {
    let key = try VerifierKey(
      "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    let signature =
      "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
    try parse("This is an example message.\n\n— example.com/foo \(signature)\n").verify(by: key)
  }

  @Test func `a new key signs what only it verifies`() throws {
    let key = try SignerKey(name: "utility.example/điện")
    let other = try SignerKey(name: "utility.example/điện")
    let note = try parse(key.sign("one\n\n\ntwo\n"))
    #expect(note.text == "one\n\n\ntwo\n")
    try note.verify(by: key.verifier)
    try note.verify(by: VerifierKey(key.verifier.text))
    #expect(throws: NoteError.notSigned(by: "utility.example/điện")) {
      try note.verify(by: other.verifier)
    }
    try parse(SignerKey(key.text).sign("x\n")).verify(by: key.verifier)
  }

  @Test func `signatures of other keys are passed over, a wrong one of ours is refused`() throws {
    let key = try VerifierKey(Self.verifier)
    let witness = try SignerKey(name: "witness")
    let line = String(witness.sign(Self.text).dropFirst(Self.text.count + 1))
    let both = try parse(Self.note + line)
    try both.verify(by: key)
    try both.verify(by: witness.verifier)
    let wrong = try parse(Self.note.replacing("answer", with: "answers"))
    #expect(throws: NoteError.wrongSignature(by: "PeterNeumann")) { try wrong.verify(by: key) }
    let unsigned = try parse("\(Self.text)\n\(line)")
    #expect(throws: NoteError.notSigned(by: "PeterNeumann")) { try unsigned.verify(by: key) }
    var short = try #require([UInt8](base64: Self.signature.utf8))
    short.removeLast()
    let cut = try parse("\(Self.text)\n— PeterNeumann \(short.base64)\n")
    #expect(throws: NoteError.wrongSignature(by: "PeterNeumann")) { try cut.verify(by: key) }
  }

  @Test func `no byte of a note can be another`() throws {
    let key = try VerifierKey(Self.verifier)
    let bytes = Array(Self.note.utf8)
    var random = SeededRandom(1607)
    for at in bytes.indices {
      var flipped = bytes
      flipped[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      #expect(throws: NoteError.self, "byte \(at): \(flipped[at])") {
        try SignedNote(flipped).verify(by: key)
      }
    }
  }

  @Test(arguments: [
    "", "\n", "text\n", "text\n\n", "text\n\n— a AAAAAAA=", "text\n— PeterNeumann \(signature)\n",
    "text\n\n— PeterNeumann\n", "text\n\n— PeterNeumann \n", "text\n\n—  \(signature)\n",
    "text\n\n- PeterNeumann \(signature)\n", "text\n\n— Peter Neumann \(signature)\n",
    "text\n\n— Peter+Neumann \(signature)\n", "text\n\n— PeterNeumann \(signature)\n\n",
    "text\n\n— PeterNeumann AAAA\n", "text\n\n— PeterNeumann \(signature)=\n",
    "te\txt\n\n— PeterNeumann \(signature)\n", "text\r\n\n— PeterNeumann \(signature)\n",
    "text\n\n— Peter\u{A0}Neumann \(signature)\n",
    "text\n\n" + String(repeating: "— PeterNeumann \(signature)\n", count: 101),
  ])
  func `what is no signed note is refused`(_ note: String) {
    #expect(throws: NoteError.self) { try SignedNote(Array(note.utf8)) }
  }

  @Test func `bytes that are no UTF-8 are refused`() {
    #expect(throws: NoteError.self) {
      try SignedNote([0xC3, 0x28, 0x0A] + Array(Self.note.utf8))
    }
  }

  @Test(arguments: [
    "", "PeterNeumann", "PeterNeumann+c74f20a3", "PeterNeumann+c74f20a4+\(verifierKey)",
    "PeterNeumann+C74F20A3+\(verifierKey)", "+c74f20a3+\(verifierKey)",
    "Peter Neumann+c74f20a3+\(verifierKey)", "PeterNeumann+c74f20a3+\(verifierKey)=",
    "PeterNeumann+c74f20a3+AhpcTQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", signer,
  ])
  func `what is no verifier key is refused`(_ text: String) {
    #expect(throws: NoteError.self) { try VerifierKey(text) }
    #expect(throws: NoteError.self) { try SignerKey(text == Self.signer ? Self.verifier : text) }
  }
  private static let verifierKey = "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

  @Test func `base 64 is that of RFC 4648, one text for each run of bytes`() {
    let vectors = [
      "": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE=",
      "foobar": "Zm9vYmFy",
    ]
    for (plain, text) in vectors {
      #expect(Array(plain.utf8).base64 == text)
      #expect([UInt8](base64: text.utf8) == Array(plain.utf8))
    }
    for wrong in [
      "Zg=", "Zg", "Zh==", "Zm9=", "Z", "====", "Zm9v\n", "Zm9v====", "Zm-v", "Zg==Zg==",
    ] {
      #expect([UInt8](base64: wrong.utf8) == nil, "\(wrong)")
    }
    var random = SeededRandom(4648)
    for count in 0..<200 {
      let bytes = random.bytes(count)
      #expect([UInt8](base64: bytes.base64.utf8) == bytes)
    }
  }
}
