#!/usr/bin/env python3
"""Plants one bug after another in a copy of the journal's engine and lets the simulator look for it.

    Tests/Planted/plant.py SCRATCH [--seeds N] [--only NAME]

SCRATCH is a folder for the copy and its build; it may be kept for the next time. Needs Swift. Each
bug takes a build of the engine, some ten seconds; it is no part of `swift test`, which plants what
can be planted in the disk (`Sabotage`). Exit status 1 when a bug is not found, or no longer fits.
"""
import argparse, os, shutil, subprocess, sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Name, what it is in words, file of Sources/Journal, the text as it is, the text with the bug.
BUGS = [
    ("none", "no bug: nothing may be found", "Boundary.swift", "", ""),
    ("kept-not-rewritten", "recovery keeps the tail without writing it again", "Recovery.swift",
     "      try file.write(Array(bytes[start..<end]), at: start)\n      try file.sync()\n", ""),
    ("keeps-incomplete", "recovery keeps an incomplete commit", "Recovery.swift",
     "      if location.header.isLastOfCommit { return batches }\n      offset = location.end\n    }\n"
     "    return []\n",
     "      if location.header.isLastOfCommit { return batches }\n      offset = location.end\n    }\n"
     "    return batches\n"),
    ("keeps-unchecked", "recovery keeps a commit whose data it has not checked", "Recovery.swift",
     "      guard (try? location.content(of: stored, with: decoder, hashing: true)) != nil else {\n"
     "        return []\n      }\n", "      _ = (stored, decoder)\n"),
    ("cuts-whole", "recovery cuts a whole commit, and its positions are used again",
     "Recovery.swift", "    let next = try nextCommit(in: bytes, from: start)\n",
     "    let next = try nextCommit(in: bytes, from: start).prefix(0)\n"),
    ("names-not-synced", "recovery does not sync the directory of a killed writer",
     "Recovery.swift", "    try directory.sync()\n",
     "    if !abandoned.isEmpty { try directory.sync() }\n"),
    ("segment-left-behind", "recovery leaves the segment of an unfinished roll", "Recovery.swift",
     "    for name in abandoned { try directory.remove(name) }\n", ""),
    ("crc-not-checked", "the CRC of a data frame is not checked", "JournalReader.swift",
     "    guard crc32c(stored) == header.storedCRC else {", "    guard true else {"),
    ("chain-not-checked", "the hash chain is not checked", "Segment*.swift",
     "    guard header.previousChain == chain else {", "    guard true else {"),
    ("head-not-checked", "the last batch is not compared with the boundary", "Segment*.swift",
     "    guard state.chain == boundary.chain, state.position == boundary.nextPosition else {",
     "    guard state.position == boundary.nextPosition else {"),
    ("footer-not-required", "a sealed segment may end without its footer", "Segment*.swift",
     '    guard !isSealed else { return damage(offset, "the sealed segment has no footer") }\n',
     "    if isSealed { return nil }\n"),
    ("partial-read-is-end", "a partial read is taken for the end of the file", "JournalFile.swift",
     "      if count == 0 { break }\n      done += count\n", "      done += count\n      break\n"),
    ("short-read-believed", "what a short read gives is taken for the whole file",
     "JournalDirectory.swift",
     "    guard found == size else { throw .damaged(endingEarly(name, found, of: size)) }\n",
     "    bytes.removeLast(size - found)\n"),
    ("boundary-crc-ignored", "the boundary's CRC is not checked", "Boundary.swift",
     "guard body.starts(with: Self.magic), crc32c(body) == UInt32(littleEndian: stored) else {",
     "guard body.starts(with: Self.magic), stored == stored else {"),
    ("boundary-length", "a boundary with slots missing is believed", "Boundary.swift",
     "    guard bytes.count == slots * slotBytes else {", "    guard true else {"),
    ("boundary-read-once", "a reader reads the boundary once, while it is being written",
     "Boundary.swift", "    for _ in 0..<1000 {", "    for _ in 0..<0 {"),
    ("one-pair", "every generation is written over the same pair", "Boundary.swift",
     "    let pair = Int(generation % 2) * 2 * Self.slotBytes\n    try file.write",
     "    let pair = 0\n    try file.write"),
    ("reads-past-boundary", "a reader reads past the boundary", "JournalReader.swift",
     "    return Int(boundary.offset)\n", "    return size\n"),
    ("goes-on-after-failure", "a writer goes on after a failed write", "JournalWriter.swift",
     "      hasEnded = true\n", ""),
    ("boundary-first", "the boundary is written before the segment", "JournalWriter.swift",
     "      try segmentFile.write(bytes, at: Int(boundary.offset))\n"
     "      try segmentFile.sync()\n      try next.write(to: boundaryFile)\n",
     "      try next.write(to: boundaryFile)\n"
     "      try segmentFile.write(bytes, at: Int(boundary.offset))\n      try segmentFile.sync()\n"),
    ("roll-before-new-segment", "a roll moves the boundary before the next segment is there",
     "JournalWriter.swift",
     "      try directory.publish(Frame.empty, as: name)\n"
     "      segmentFile = try directory.open(name, writing: true)\n"
     "      try next.write(to: boundaryFile)\n",
     "      try next.write(to: boundaryFile)\n"
     "      try directory.publish(Frame.empty, as: name)\n"
     "      segmentFile = try directory.open(name, writing: true)\n"),
    ("publish-in-place", "a small file is written in place", "JournalDirectory.swift",
     '    let temporary = name + ".new"\n', "    let temporary = name\n"),
    ("verify-skips-content", "verify does not hash the data frames", "Verification.swift",
     "if Digest(of: stored) != location.header.storedSHA {", "if stored.isEmpty {"),
]

MANIFEST = """// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "planted",
  %s
  targets: [
    .systemLibrary(name: "CLZ4"), .target(name: "CCRC"),%s
    .target(
      name: "Journal",
      dependencies: ["CLZ4", "CCRC", %s]),
    .target(name: "JournalSimulation", dependencies: ["Journal"]),
    .executableTarget(name: "planted", dependencies: ["JournalSimulation"]),
  ])
"""

MAIN = """import JournalSimulation

let seeds = UInt64(CommandLine.arguments[1])!
for seed in 0..<seeds {
  do throws(SimulationFailure) { _ = try Simulation.run(seed: seed) } catch {
    print(seed + 1, error.reason, separator: "\\t")
    break
  }
}
"""


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def plant(journal, pattern, old, new):
    """Whether the bug fits: its text stands exactly once in the files of that name."""
    if not old:
        return True
    hits = []
    start, end = pattern.split("*") if "*" in pattern else (pattern, "")
    for name in sorted(os.listdir(journal)):
        if name.startswith(start) and name.endswith(end):
            path = os.path.join(journal, name)
            text = open(path).read()
            hits += [(path, text)] * text.count(old)
    if len(hits) == 1:
        write(hits[0][0], hits[0][1].replace(old, new))
    return len(hits) == 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scratch")
    parser.add_argument("--seeds", type=int, default=20_000)
    parser.add_argument("--only")
    parser.add_argument("--phase", choices=["build", "run"], help="do only this")
    parser.add_argument("--crypto", help="sources of a stand-in for swift-crypto, to build faster")
    options = parser.parse_args()
    sources = os.path.join(options.scratch, "Sources")
    product = '.product(name: "Crypto", package: "swift-crypto")'
    url = "https://github.com/apple/swift-crypto"
    manifest = MANIFEST % (f'dependencies: [.package(url: "{url}", from: "4.5.2")],', "", product)
    if options.crypto:
        manifest = MANIFEST % ("", ' .target(name: "Crypto"),', '"Crypto"')
        shutil.copytree(options.crypto, os.path.join(sources, "Crypto"), dirs_exist_ok=True)
    write(os.path.join(options.scratch, "Package.swift"), manifest)
    write(os.path.join(sources, "planted", "main.swift"), MAIN)
    bugs = [bug for bug in BUGS if options.only in (None, bug[0])]
    missed = 0
    if options.phase != "run":
        missed += build(bugs, options.scratch, sources)
    if options.phase != "build":
        missed += run(bugs, options.scratch, options.seeds)
    sys.exit(1 if missed else 0)


def build(bugs, scratch, sources):
    missed = 0
    os.makedirs(os.path.join(scratch, "planted"), exist_ok=True)
    for name, _, pattern, old, new in bugs:
        binary = os.path.join(scratch, "planted", name)
        if os.path.exists(binary):
            os.remove(binary)
        for target in ["CLZ4", "CCRC", "Journal", "JournalSimulation"]:
            shutil.rmtree(os.path.join(sources, target), ignore_errors=True)
            shutil.copytree(os.path.join(ROOT, "Sources", target), os.path.join(sources, target))
        if not plant(os.path.join(sources, "Journal"), pattern, old, new):
            print(f"{name}\tdoes not fit: the engine's text has changed", flush=True)
            missed += 1
            continue
        swift = ["swift", "build", "-c", "release", "--package-path", scratch]
        built = subprocess.run(swift, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if built.returncode:
            print(f"{name}\tdoes not build\n{built.stdout[-2000:]}", flush=True)
            missed += 1
            continue
        shutil.copy(os.path.join(scratch, ".build/release/planted"), binary)
    return missed


def run(bugs, scratch, seeds):
    missed = 0
    for name, words, *_ in bugs:
        binary = os.path.join(scratch, "planted", name)
        if not os.path.exists(binary):
            continue
        ran = subprocess.run(
            [binary, str(seeds)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        # A bug that ends in a trap is found as well.
        found = ran.stdout.strip() or (f"trapped: {ran.returncode}" if ran.returncode else "")
        missed += bool(found) == (name == "none")
        print(f"{name}\t{words}\t{found or 'not found'}", flush=True)
    return missed


if __name__ == "__main__":
    main()
