import Billing
import Quantities
import Tariff

/// An audit in words: each line with its reason and the events behind it.
struct AuditReport {
  private let audit: BillAudit

  init(_ audit: BillAudit) { self.audit = audit }

  private func money(_ millionths: Int64) -> String {
    moneyWords(Money(millionths: millionths), audit.currency)
  }

  func show() {
    let bill = audit.bill
    let (start, end) = (ServiceDate(day: bill.start), ServiceDate(day: bill.end))
    Terminal.print(
      Terminal.styled("Bill \(audit.number)", .bold)
        + ": \(start) to \(end.adding(days: -1)), \(start.days(to: end)) days, dated "
        + "\(ServiceDate(day: bill.dated)), due \(ServiceDate(day: bill.due))")
    Terminal.print(
      "issued at position \(audit.position), made from what was known before position "
        + "\(bill.knownBefore)")
    if case .success(let draft) = audit.recomputed, bill.estimated {
      Terminal.print(
        "\(estimatedWords(draft.estimatedDays)): \(ServiceDate.runs(draft.estimatedDays))")
    }
    showCorrections()
    for (index, line) in bill.lines.enumerated() {
      Terminal.print("\(index + 1). \(sentence(line))")
      for reason in reasons(index) { Terminal.print("   \(reason)") }
      Terminal.print("   evidence: \(evidence(line))")
      for difference in audit.differences where difference.line == index {
        Terminal.print("   " + Terminal.styled("DIFFERS: \(difference)", .red))
      }
    }
    Terminal.print("\n   Total \(money(bill.total))")
    if case .success(let draft) = audit.recomputed {
      Terminal.print("   Recomputed \(money(draft.fact.total))")
    }
    for difference in audit.differences
    where difference.line == nil || difference.line! >= bill.lines.count {
      Terminal.print("   " + Terminal.styled("DIFFERS: \(difference)", .red))
    }
    Terminal.print(
      audit.isIdentical
        ? Terminal.styled("identical: the same facts give the same bill", .green)
        : Terminal.styled("NOT identical", .red))
    for loss in audit.losses {
      Terminal.print(
        Terminal.styled("lost: ", .yellow) + "\(loss.positions.words), which may have been this "
          + "account's or its rate schedules: the bill may lack evidence")
    }
    showSince()
  }

  /// What became of the bill, and of the one whose place it takes.
  private func showCorrections() {
    if let old = audit.replaces { Terminal.print("takes the place of bill \(old)") }
    for correction in audit.corrections {
      let what =
        correction.reason.map { "cancelled (\(CorrectionReason($0).rawValue))" } ?? "reinstated"
      let note = correction.note.isEmpty ? "" : ": \(correction.note.printable)"
      Terminal.print(
        Terminal.styled("\(what) on \(correction.on)", .yellow)
          + " at position \(correction.position)\(note)")
    }
    if let new = audit.replacedBy { Terminal.print("its place is taken by bill \(new)") }
    Terminal.print("")
  }

  private func sentence(_ line: BillLine) -> String {
    let isTax = line.unit == audit.bill.currency && line.price < 1_000_000
    let price =
      isTax
      ? DecimalText.format(Int128(line.price), scale: 4) + " %"
      : priceWords(millionths: line.price, audit.currency)
    let unit = line.unit == "day" && line.quantity != 1 ? "days" : line.unit
    return "\(line.text): \(line.quantityText) \(unit) at \(price) = \(money(line.amount))"
  }

  /// Why the quantity is what it is.
  private func reasons(_ index: Int) -> [String] {
    guard case .success(let draft) = audit.recomputed, index < draft.priced.lines.count else {
      return []
    }
    let line = draft.priced.lines[index]
    var reasons = ["rate schedule \(line.schedule)"]
    guard let number = line.segment else { return reasons }
    let segment = draft.segments[number]
    let period = segment.period
    reasons.append(
      "\(period.start) to \(period.end.adding(days: -1)): \(segment.netUsage.kWh) kWh in "
        + (period.days == 1 ? "one day" : "\(period.days) days"))
    if case .energy(_, let tier) = line.kind, let bands = try? tierBands(of: segment),
      bands.indices.contains(tier)
    {
      let band = bands[tier]
      let to = band.to.map { " to \($0.kWh) kWh" } ?? " kWh and more"
      var reason = "\(band.name) runs from \(band.from.kWh)\(to)"
      if segment.schedule.baseline != nil, let allowance = try? segment.allowance {
        reason += "; the baseline allowance of these days is \(allowance.kWh) kWh"
        if let region = segment.terms.region { reason += " (region \(region)" }
        if segment.terms.region != nil { reason += segment.terms.medical ? ", medical)" : ")" }
      }
      if segment.schedule.oddCycle == .byDays, period.days != segment.scheduledDays {
        reason += "; for \(period.days) of the month's \(segment.scheduledDays) days"
      }
      reasons.append(reason)
    }
    if case .baselineCredit = line.kind, let allowance = try? segment.allowance {
      reasons.append(
        "the credit holds for net use up to the baseline allowance of \(allowance.kWh) kWh")
    }
    return reasons
  }

  private func evidence(_ line: BillLine) -> String {
    let bill = audit.bill
    let items = line.evidence.map { index -> String in
      guard Int(index) < bill.evidence.count else { return "missing" }
      let item = bill.evidence[Int(index)]
      return "\(item.kind) \(item.positionsText)"
    }
    return items.isEmpty ? "none" : items.joined(separator: ", ")
  }

  private func showSince() {
    if !audit.since.isEmpty { Terminal.print("\nknown since:") }
    for fact in audit.since {
      Terminal.print("   position \(fact.position): \(fact.kind), effective \(fact.date)")
    }
    if let total = audit.totalNow, !audit.since.isEmpty || total.millionths != audit.bill.total {
      Terminal.print(
        "   with all that is known now the cycle would cost \(money(total.millionths))")
    }
  }
}
