import ArgumentParser

/// Where a trial works, and which command it times.
struct PlaceOptions: ParsableArguments {
  @Option(
    name: .customLong("wattbook"),
    help: "The wattbook to time; the newest of those built beside this command unless given.")
  var executable: String?
  @Option(help: "Where the temporary folder goes, on a disk.") var folder: String?

  var wattbook: ProcessTiming? { ProcessTiming(named: executable) }
}
