// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
  name: "Wattbook",
  products: [
    .executable(name: "wattbook", targets: ["WattbookCLI"]),
    .library(
      name: "Wattbook", targets: ["Quantities", "Tariff", "Journal", "Billing", "Interchange"]),
    // The journal on a disk that breaks; for tests and Benchmarks.
    .library(name: "JournalSimulation", targets: ["JournalSimulation"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .target(name: "Quantities", swiftSettings: strict),
    .target(
      name: "Tariff",
      dependencies: ["Quantities", .product(name: "Yams", package: "Yams")],
      resources: [.embedInCode("Schedules")],
      swiftSettings: strict),
    .systemLibrary(name: "CLZ4", providers: [.apt(["liblz4-dev"])]),
    .target(name: "CCRC"),
    .target(
      name: "Journal",
      dependencies: ["CLZ4", "CCRC", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: strict),
    .target(name: "JournalSimulation", dependencies: ["Journal"], swiftSettings: strict),
    .target(
      name: "Billing",
      dependencies: [
        "Quantities", "Tariff", "Journal",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      swiftSettings: strict),
    .target(name: "Interchange", dependencies: ["Quantities", "Billing"], swiftSettings: strict),
    .executableTarget(
      name: "WattbookCLI",
      dependencies: [
        "Quantities", "Tariff", "Journal", "Billing", "Interchange",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(
      name: "QuantitiesTests", dependencies: ["Quantities", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "TariffTests", dependencies: ["Tariff", "Quantities", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "InterchangeTests",
      dependencies: ["Interchange", "Billing", "Quantities", "Tariff", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "BillingTests",
      dependencies: ["Billing", "Tariff", "Quantities", "Journal", "Interchange", "TestSupport"],
      swiftSettings: strict),
    // It runs the command itself, which `swift test` builds as a product of the package.
    .testTarget(
      name: "CLITests", dependencies: ["WattbookCLI", "Billing", "Journal"], swiftSettings: strict),
    .testTarget(
      name: "JournalTests", dependencies: ["Journal", "CCRC", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "SimulationTests", dependencies: ["JournalSimulation"], swiftSettings: strict),
  ]
)
