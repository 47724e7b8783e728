import ArgumentParser
import Foundation
import Journal

struct KeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key", abstract: "Make a pair of keys to sign checkpoints with.",
    discussion: """
      Example: wattbook key utility.key --name billing.example/2015

      The file is for the one who signs and for nobody else. FILE.pub goes to everybody who is \
      to believe the signatures; it is a C2SP signed-note verifier key (Ed25519).
      """)

  @Argument(help: "The file to make for the private key.", completion: .file()) var file: String
  @Option(
    help: ArgumentHelp(
      "What the key is known by, without spaces and plus signs; the file's name unless given.",
      valueName: "name"))
  var name: String?
  @OptionGroup var output: OutputOptions

  func run() throws {
    let named = name ?? URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
    let key: SignerKey
    do { key = try SignerKey(name: named) } catch {
      throw Failure(.usage, "malformedKey", "“\(named)”: \(error); give --name")
    }
    let isPublished = FileManager.default.fileExists(atPath: file + ".pub")
    guard !isPublished else {
      throw Failure(
        .refused, "fileExists",
        "\(file).pub exists already and was not overwritten; choose another name")
    }
    try EvidenceFile.make(key.text + "\n", at: file, mode: 0o600)
    do { try EvidenceFile.make(key.verifier.text + "\n", at: file + ".pub") } catch {
      unlink(file)
      throw error
    }
    if output.json {
      Terminal.print(
        JSON.object([
          "key": .string(file), "public": .string(file + ".pub"), "name": .string(named),
          "verifier": .string(key.verifier.text),
        ]).text)
    } else {
      Terminal.print(
        """
        made \(file), which signs: keep it from everybody else
        made \(file).pub, which verifies: hand it out by a way that can be trusted
        \(key.verifier.text)
        """)
    }
  }
}
