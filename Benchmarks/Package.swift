// swift-tools-version: 6.2
import PackageDescription

// `wattbook-fuzz` needs libFuzzer's flags in every module: it is there only when it is asked for.
let isFuzzing = Context.environment["WATTBOOK_FUZZ"] != nil
let fuzzing: [Target] = [
  .executableTarget(
    name: "WattbookFuzz", dependencies: [.product(name: "Wattbook", package: "Wattbook")],
    path: "Sources/WattbookFuzz", swiftSettings: [.treatAllWarnings(as: .error)],
    linkerSettings: [
      // libFuzzer's archive has a main of its own; ours stands first.
      .unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld", "-Xlinker", "--allow-multiple-definition"])
    ])
]

let package = Package(
  name: "Benchmarks",
  products: [.executable(name: "wattbook-bench", targets: ["WattbookBench"])]
    + (isFuzzing ? [.executable(name: "wattbook-fuzz", targets: ["WattbookFuzz"])] : []),
  dependencies: [
    // Named, because the identity of a package by path is the name of its folder.
    .package(name: "Wattbook", path: "../"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  ],
  targets: [
    .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
    // The machine's limit, in C and from FORMAT.md alone.
    .target(name: "CLimit", linkerSettings: [.linkedLibrary("lz4")]),
    .executableTarget(
      name: "WattbookBench",
      dependencies: [
        "CSQLite", "CLimit", .product(name: "Wattbook", package: "Wattbook"),
        .product(name: "JournalSimulation", package: "Wattbook"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: [.treatAllWarnings(as: .error)]),
  ] + (isFuzzing ? fuzzing : [])
)
