import ArgumentParser
import Billing
import Journal
import Quantities
import Tariff

/// `--bundle FILE`: what proves a bill to somebody without the journal.
struct BundleOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Write what proves the bill to somebody without the journal to a new file, with --key or "
        + "--checkpoint. It holds whole batches, other accounts' reads among them.",
      valueName: "file"),
    completion: .file())
  var bundle: String?
  @Option(
    help: ArgumentHelp("Sign a checkpoint for the bundle with this key.", valueName: "file"),
    completion: .file())
  var key: String?
  @Option(
    help: ArgumentHelp("Prove by a checkpoint that was signed before.", valueName: "file"),
    completion: .file())
  var checkpoint: String?

  func validate() throws {
    guard (bundle != nil) == (key != nil || checkpoint != nil), key == nil || checkpoint == nil
    else { throw ValidationError("--bundle goes with --key or with --checkpoint") }
  }

  /// Writes the bundle where one is asked for.
  func write(_ audit: BillAudit, _ reader: JournalReader) throws -> EvidenceBundle? {
    guard let bundle else { return nil }
    let made: EvidenceBundle
    do {
      made = try EvidenceBundle(audit, reader) { tree in
        if let checkpoint { return try EvidenceFile.checkpoint(checkpoint, by: nil) }
        let now = try tree.checkpoint()
        return (try EvidenceFile.signer(key ?? "").sign(now.text), now)
      }
    } catch let error as EvidenceBundleFailure {
      throw Failure(.refused, "checkpoint", "\(checkpoint ?? bundle): \(error)")
    }
    try EvidenceFile.make(made.json(of: audit).text + "\n", at: bundle)
    return made
  }

  func sentences(_ made: EvidenceBundle) -> String {
    """

    wrote \(bundle ?? ""): \(counted(made.batches.count, "batch", "batches")) with \
    \(counted(made.evidence, "event", "events")) of this bill
    the batch is the unit of proof: \(grouped(made.events - made.evidence)) other events and reads
    stand in them, of other accounts too, and whoever has the file can read them
    """
  }

  func json(_ made: EvidenceBundle) -> JSON {
    .object([
      "file": .string(bundle ?? ""), "batches": .number(made.batches.count),
      "evidence": .number(made.evidence), "otherEvents": .number(made.events - made.evidence),
    ])
  }
}

extension EvidenceBundle {
  /// The one text that a bundle has; `Journal/FORMAT.md` has its keys.
  fileprivate func json(of audit: BillAudit) -> JSON {
    .object([
      "wattbook-bundle": .number(1), "journal": .string(journal), "checkpoint": .string(note),
      "position": .number(Int(clamping: audit.position)),
      "bill": audit.bill.printed(account: audit.account, in: audit.currency),
      "batches": .array(
        batches.map { batch in
          .object([
            "index": .number(batch.index), "header": .string(batch.header.base64),
            // Nothing of base 64 wants escaping, and there are megabytes of it.
            "frame": .raw("\"\(batch.frame.base64)\""),
            "path": .array(batch.path.map { .string($0.bytes.base64) }),
          ])
        }),
    ])
  }
}

extension BillIssuedV2 {
  /// The bill as it is printed, from nothing but its event and the account's number.
  fileprivate func printed(account: String, in currency: Currency) -> JSON {
    func date(_ day: Int32) -> JSON { .string("\(ServiceDate(day: day))") }
    func money(_ millionths: Int64) -> JSON {
      .string(Money(millionths: millionths).text(in: currency))
    }
    return .object([
      "bill": .string(bill), "account": .string(account), "start": date(start), "end": date(end),
      "dated": date(dated), "due": date(due), "currency": .string(self.currency),
      "total": money(total),
      "lines": .array(lines.map { .fields($0.fields(in: currency) + $0.sourceFields) }),
      "evidence": .array(
        evidence.map {
          JSON.fields(
            [
              ("kind", .string($0.kind)), ("first", .number(Int(clamping: $0.first))),
              ("last", .number(Int(clamping: $0.last))),
            ] + $0.moreJSON)
        }),
    ])
  }
}
