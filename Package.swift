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
    .target(name: "FilterLanguage", swiftSettings: strict),
    .systemLibrary(name: "CYAML", providers: [.apt(["libyaml-dev"])]),
    .target(name: "YAML", dependencies: ["CYAML"], swiftSettings: raw),
    .target(name: "RuleCompiler", dependencies: ["FilterLanguage", "YAML"], swiftSettings: strict),
    .testTarget(name: "FilterLanguageTests", dependencies: ["FilterLanguage"], swiftSettings: strict),
    .testTarget(name: "YAMLTests", dependencies: ["YAML"], swiftSettings: strict),
    .testTarget(name: "RuleCompilerTests", dependencies: ["RuleCompiler", "FilterLanguage"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
