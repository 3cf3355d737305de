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
    .target(name: "SystemState", dependencies: ["EventSchema", "ProcFS"], swiftSettings: raw),
    .target(name: "CaptureTesting", dependencies: ["EventSchema"], swiftSettings: strict),
    .target(name: "ByteText", dependencies: ["CLinux"], swiftSettings: raw),
    .target(name: "JSONText", dependencies: ["ByteText"], swiftSettings: raw),
    .target(name: "Fields", dependencies: ["EventSchema", "SystemState", "ByteText", "JSONText"], swiftSettings: raw),
    .target(
      name: "Outputs", dependencies: ["Fields", "JSONText", "ByteText", "EventSchema", "SystemState", "CLinux"],
      swiftSettings: raw),
    .target(name: "Capture", dependencies: ["EventSchema", "CLinux"], swiftSettings: raw),
    .executableTarget(
      name: "StateBenchmark", dependencies: ["SystemState", "CaptureTesting", "EventSchema"],
      path: "Tests/Benchmarks/State", swiftSettings: lending),
    .testTarget(
      name: "SystemStateTests", dependencies: ["SystemState", "CaptureTesting", "EventSchema"], swiftSettings: lending),
    .testTarget(
      name: "FieldsTests",
      dependencies: ["Fields", "ByteText", "JSONText", "SystemState", "CaptureTesting", "EventSchema"],
      swiftSettings: lending),
    .testTarget(
      name: "OutputsTests",
      dependencies: ["Outputs", "Fields", "JSONText", "SystemState", "CaptureTesting", "EventSchema"],
      swiftSettings: lending),
    .executableTarget(
      name: "FieldsBenchmark", dependencies: ["Fields", "SystemState", "CaptureTesting", "EventSchema", "CLinux"],
      path: "Tests/Benchmarks/Fields", swiftSettings: lending),
    .testTarget(name: "ProcFSTests", dependencies: ["ProcFS", "SystemState", "CaptureTesting"], swiftSettings: lending),
  ],
  swiftLanguageModes: [.v6]
)
