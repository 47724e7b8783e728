import Foundation

/// The same days for more and more accounts: what a read and an account cost at each size.
struct ScalingTrial {
  let sizes: [Int]
  let days: Int
  let repetitions: Int
  let folder: TemporaryFolder
  let wattbook: ProcessTiming?
  var isJudged = true

  func run() throws {
    var costs: [(name: String, bySize: [Double])] = []
    func note(_ name: String, _ cost: Double) {
      if let line = costs.firstIndex(where: { $0.name == name }) {
        costs[line].bySize.append(cost)
      } else {
        costs.append((name, [cost]))
      }
    }
    var figures = Figures()
    var before: (meters: Int, peakMemory: Double)?
    for meters in sizes {
      let neighbourhood = Neighbourhood(meters: meters, days: days)
      let start = ContinuousClock.now
      let (rounds, books, enrolment) = try fill(neighbourhood)
      func nanoseconds(_ contender: Contender, _ time: KeyPath<Measurement, Double>) -> Double {
        (rounds.median(contender)?[keyPath: time] ?? .nan) * 1e9 / Double(neighbourhood.dayReads)
      }
      note("enrolment, us an account", enrolment * 1e6 / Double(meters))
      note("ingest without the file, ns a read", nanoseconds(.ingest, \.processor))
      note("replay, ns a read", nanoseconds(.replay, \.processor))
      note("replay on two threads, ns a read, wall", nanoseconds(.replayTwo, \.wall))
      note("verify, ns a read", nanoseconds(.verify, \.processor))
      let bytes = folder.bytes(of: "journal") - folder.bytes(of: "journal/snapshot")
      note("journal, bytes a read", Double(bytes) / Double(neighbourhood.dayReads))
      let account = try AccountCosts(
        books, neighbourhood, wattbook, folder, repetitions: repetitions)
      note("memory of a replay, bytes an account", account.memory)
      note("opening from the snapshot, ns an account", account.opening * 1e6 / Double(meters))
      note("opening from the snapshot, ms", account.opening)
      note("opening without it, ms", account.openingWhole)
      for (name, time) in account.commands { note("`wattbook \(name)`, ms", time) }
      let took = (ContinuousClock.now - start) / .seconds(1)
      say("\(meters) accounts x \(days) days: \(bytes.megabytes), \(took.text(decimals: 0)) s")
      defer { before = (meters, account.peakMemory) }
      if meters == sizes.last {
        account.judge(&figures)
        if let before, !account.peakMemory.isNaN {
          // Buffers, which are as large for fewer accounts, fall out.
          let more = (account.peakMemory - before.peakMemory) / Double(meters - before.meters)
          figures.add(
            "memory of the fold, bytes an account more than \(before.meters)",
            Figures.Unit.bytes.text(more))
        }
        figures.add(
          "replay, a core, \(meters) accounts", rounds.rate(.replay, of: neighbourhood.dayReads),
          atLeast: Bar.replay, .rate,
          limit: "reading and LZ4 alone \(rounds.rate(.decode, of: neighbourhood.dayReads).rate)/s")
        figures.add(
          "replay on two threads over one, wall",
          rounds.speed(.replayTwo, over: .replay, by: \.wall), atLeast: Bar.twoCores, .ratio,
          limit: "two threads take "
            + rounds.speed(.replay, over: .replayTwo, by: \.processor).ratio
            + " the processor time of one")
        figures.add(
          "verify over SHA-256 alone", rounds.speed(.verify, over: .sha, by: \.processor),
          atLeast: Bar.verify, .share,
          limit: "SHA-256 alone \(rounds.rate(.sha, of: neighbourhood.dayReads).rate)/s")
      }
    }
    var table = Table(["\(days) days"] + sizes.map { "\($0)" } + ["last over first"])
    for (name, bySize) in costs {
      table.add(
        [name] + bySize.map { $0.text(decimals: $0 < 100 ? 1 : 0) }
          + [((bySize.last ?? .nan) / bySize[0]).ratio])
    }
    say("\n" + table.markdown)
    if isJudged { say("\n" + figures.markdown) }
  }

  /// Enrolls, ingests and reads again.
  ///
  /// - Returns: seconds of the enrolment too.
  private func fill(_ neighbourhood: Neighbourhood) throws -> (Rounds, Books, Double) {
    var rounds = Rounds()
    let (enrolment, books) = try Measurement.of { try neighbourhood.books(in: folder) }
    let (engine, ingest) = try books.ingest(neighbourhood)
    rounds.add(.ingest, ingest)
    let live = engine.state.digest
    let bytes = try JournalBytes(journal: books.path)
    for _ in 0..<repetitions {
      try books.readAgain(live: live, reads: neighbourhood.dayReads, &rounds)
      rounds.add(.sha, try bytes.hash())
      _ = try rounds.measure(.decode) { try bytes.decode(summing: false) }
    }
    return (rounds, books, enrolment.processor)
  }
}
