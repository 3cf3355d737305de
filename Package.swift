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
    .target(name: "SystemState", dependencies: ["EventSchema"], swiftSettings: raw),
    .target(name: "ByteText", dependencies: ["CLinux"], swiftSettings: raw),
    .target(name: "Fields", dependencies: ["EventSchema", "SystemState", "ByteText", "JSONText"], swiftSettings: raw),
    .target(name: "JSONText", dependencies: ["ByteText"], swiftSettings: raw),
    .target(
      name: "Outputs", dependencies: ["Fields", "JSONText", "ByteText", "EventSchema", "SystemState", "CLinux"],
      swiftSettings: raw),
    .testTarget(
      name: "FieldsTests", dependencies: ["Fields", "ByteText", "JSONText", "EventSchema", "SystemState"], swiftSettings: raw),
    .testTarget(name: "OutputsTests", dependencies: ["Outputs"], swiftSettings: raw),
    .target(name: "Capture", dependencies: ["EventSchema", "CLinux"], swiftSettings: raw),
  ],
  swiftLanguageModes: [.v6]
)
