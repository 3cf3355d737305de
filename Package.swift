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
    .target(name: "Capture", dependencies: ["EventSchema", "CLinux"], swiftSettings: raw),
    .target(
      name: "CBPF",
      linkerSettings: [.linkedLibrary("bpf"), .linkedLibrary("elf"), .linkedLibrary("z")]),
    .target(name: "CBPFObjects", path: "drivers/objects", publicHeadersPath: "."),
    .target(name: "BPFLoader", dependencies: ["CBPF", "CLinux", "Capture"], swiftSettings: raw),
    .target(
      name: "ModernBPFDriver", dependencies: ["BPFLoader", "CBPFObjects", "CLinux", "Capture", "EventSchema"],
      swiftSettings: raw),
    .target(name: "CCalls", path: "Tests/CCalls"),
    .executableTarget(
      name: "CaptureCost", dependencies: ["ModernBPFDriver", "Capture", "EventSchema", "CCalls"],
      path: "Tests/Benchmarks/CaptureCost", swiftSettings: lending),
    .testTarget(name: "BPFLoaderTests", dependencies: ["BPFLoader"], swiftSettings: strict),
    .testTarget(
      name: "ModernBPFDriverTests", dependencies: ["ModernBPFDriver", "Capture", "EventSchema"], swiftSettings: strict),
    .testTarget(
      name: "DriverConformance", dependencies: ["ModernBPFDriver", "Capture", "EventSchema", "CCalls"],
      path: "Tests/DriverConformance", swiftSettings: lending),
  ],
  swiftLanguageModes: [.v6]
)
