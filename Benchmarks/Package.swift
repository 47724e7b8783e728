// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Benchmarks",
  products: [.executable(name: "wattbook-bench", targets: ["WattbookBench"])],
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
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: [.treatAllWarnings(as: .error)]),
  ]
)
