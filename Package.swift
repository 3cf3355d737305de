// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]
/// For modules that lend values tied to the life of another, and for the few that touch raw memory.
let lending: [SwiftSetting] = strict + [.enableExperimentalFeature("Lifetimes")]
let raw: [SwiftSetting] = lending + [.strictMemorySafety()]

let package = Package(
  name: "windhover",
  products: [
  ],
  dependencies: [
  ],
  targets: [
    .target(name: "CEventSchema", path: "drivers/schema", publicHeadersPath: "."),
    .target(name: "EventSchema", dependencies: ["CEventSchema"], swiftSettings: raw),
    .target(name: "CLinux"),
    .target(name: "ProcFS", dependencies: ["CLinux"], swiftSettings: raw),
    .target(name: "SystemState", dependencies: ["EventSchema", "ProcFS", "CLinux"], swiftSettings: raw),
    .target(name: "CaptureTesting", dependencies: ["EventSchema"], swiftSettings: strict),
    .target(name: "Capture", dependencies: ["EventSchema", "CLinux"], swiftSettings: raw),
    .executableTarget(
      name: "StateBenchmark", dependencies: ["ProcFS", "SystemState", "CaptureTesting", "EventSchema"],
      path: "Tests/Benchmarks/State", swiftSettings: lending),
    .testTarget(
      name: "SystemStateTests", dependencies: ["SystemState", "CaptureTesting", "EventSchema"], swiftSettings: lending),
    .testTarget(name: "ProcFSTests", dependencies: ["ProcFS", "SystemState", "CaptureTesting"], swiftSettings: lending),
  ],
  swiftLanguageModes: [.v6]
)
