// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]
/// For modules that lend values tied to the life of another.
let lending: [SwiftSetting] = strict + [.enableExperimentalFeature("Lifetimes")]
/// For modules that see raw memory.
let raw: [SwiftSetting] = lending + [.strictMemorySafety()]

let package = Package(
  name: "windhover",
  products: [
    .executable(name: "windhover", targets: ["windhover"]),
    .executable(name: "windhover-bench", targets: ["Benchmarks"]),
    // For Tests/Fuzz, which is a package of its own.
    .library(
      name: "WindhoverParsers",
      targets: [
        "Agent", "Capture", "CaptureFile", "ContainerRuntimes", "EventSchema", "FilterLanguage", "Outputs", "ProcFS",
        "RuleCompiler", "RuleTesting", "SystemState",
      ]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    // Events and where they come from.
    .target(name: "CEventSchema", path: "drivers/schema", publicHeadersPath: "."),
    .target(name: "EventSchema", dependencies: ["CEventSchema"], swiftSettings: raw),
    .target(name: "CLinux"),
    .target(name: "Capture", dependencies: ["EventSchema", "CLinux"], swiftSettings: raw),

    // Drivers.
    .target(
      name: "CBPF",
      linkerSettings: [
        .linkedLibrary(":libbpf.a"), .linkedLibrary(":libelf.a"), .linkedLibrary(":libz.a"),
        // See the end of cbpf.c.
        .unsafeFlags(["-Xlinker", "--wrap=bpf_btf_get_next_id"]),
      ]),
    .target(name: "CBPFObjects", dependencies: ["CEventSchema"], path: "drivers/objects", publicHeadersPath: "."),
    .target(
      name: "BPFLoader", dependencies: ["CBPF", "CBPFObjects", "CLinux", "Capture", "EventSchema"],
      swiftSettings: raw),
    .target(
      name: "ModernBPFDriver", dependencies: ["BPFLoader", "CBPFObjects", "CLinux", "Capture", "EventSchema"],
      swiftSettings: raw),
    .target(name: "DriverBuild", dependencies: ["Capture", "CBPF", "CBPFObjects", "CLinux"], swiftSettings: raw),
    .target(
      name: "BPFDriver", dependencies: ["BPFLoader", "CBPFObjects", "CLinux", "Capture", "DriverBuild", "EventSchema"],
      swiftSettings: raw),
    .target(name: "CKmod"),
    .target(
      name: "KmodDriver", dependencies: ["CKmod", "CLinux", "Capture", "DriverBuild", "EventSchema"], swiftSettings: raw),
    .target(name: "CPtrace", dependencies: ["CEventSchema", "CLinux"], path: "drivers/ptrace", publicHeadersPath: "."),
    .target(
      name: "PtraceDriver", dependencies: ["CPtrace", "CLinux", "Capture", "EventSchema"], swiftSettings: raw),
    .target(name: "CHostFacts", linkerSettings: [.linkedLibrary(":libz.a")]),
    .target(
      name: "DriverSelection",
      dependencies: [
        "BPFDriver", "Capture", "CHostFacts", "CLinux", "EventSchema", "KmodDriver", "ModernBPFDriver", "PtraceDriver",
      ],
      swiftSettings: lending),

    // Threads.
    .target(name: "BackgroundWork", swiftSettings: raw),

    // Capture files.
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CCaptureFormat", exclude: ["past_events.def", "conversions.def"]),
    .target(
      name: "CaptureFile", dependencies: ["CCaptureFormat", "CZlib", "Capture", "EventSchema", "ProcFS"],
      swiftSettings: raw, linkerSettings: [.linkedLibrary(":libz.a")]),

    .target(
      name: "Recordings",
      dependencies: ["BackgroundWork", "Capture", "CaptureFile", "EventSchema", "JSONText", "ProcFS", "SystemState"],
      swiftSettings: raw),

    // State and fields.
    .target(name: "ProcFS", dependencies: ["CLinux"], swiftSettings: raw),
    .target(name: "SystemState", dependencies: ["EventSchema", "JSONText", "ProcFS", "CLinux"], swiftSettings: raw),
    .target(name: "ByteText", dependencies: ["CLinux"], swiftSettings: raw),
    .target(
      name: "Fields", dependencies: ["EventSchema", "SystemState", "ByteText", "JSONText", "FilterLanguage"],
      swiftSettings: raw),

    // Containers.
    .target(name: "CRuntimeSockets", linkerSettings: [.linkedLibrary(":libnghttp2.a")]),
    .target(
      name: "ContainerRuntimes",
      dependencies: [
        "BackgroundWork", "CLinux", "CRuntimeSockets", "EventSchema", "JSONText", "ProcFS", "SystemState",
      ],
      swiftSettings: raw),

    // Executables.
    .target(name: "CDigest"),
    .target(
      name: "ExecutableDigests", dependencies: ["BackgroundWork", "CDigest", "CLinux", "SystemState"],
      swiftSettings: raw),

    // Rules.
    .systemLibrary(name: "CYAML", providers: [.apt(["libyaml-dev"])]),
    .target(name: "YAML", dependencies: ["CYAML"], swiftSettings: raw),
    .target(name: "FilterLanguage", swiftSettings: strict),
    .target(name: "CRegex", linkerSettings: [.linkedLibrary(":libre2.a")]),
    .target(
      name: "RuleEngine", dependencies: ["CLinux", "CRegex", "EventSchema", "SystemState", "Fields"], swiftSettings: raw),
    .target(
      name: "RuleCompiler",
      dependencies: ["FilterLanguage", "YAML", "JSONText", "EventSchema", "Fields", "RuleEngine", "Outputs"],
      swiftSettings: strict),
    .target(
      name: "CDefaultRules", path: "rules",
      exclude: ["windhover_rules.yaml", "windhover_incubating.yaml", "windhover_sandbox.yaml", "tests"]),
    .target(
      name: "RuleTesting",
      dependencies: [
        "CLinux", "Capture", "EventSchema", "Fields", "FilterLanguage", "JSONText", "Outputs", "ProcFS", "Recordings",
        "RuleCompiler", "RuleEngine", "SystemState", "YAML",
      ], swiftSettings: lending),

    // Output.
    .target(name: "JSONText", dependencies: ["ByteText"], swiftSettings: raw),
    .target(
      name: "Outputs",
      dependencies: [
        "BackgroundWork", "Fields", "FilterLanguage", "JSONText", "ByteText", "EventSchema", "SystemState", "CLinux",
      ], swiftSettings: raw),

    // The program.
    .target(
      name: "Agent",
      dependencies: [
        "Capture", "CaptureFile", "CDefaultRules", "CLinux", "ContainerRuntimes", "DriverSelection", "EventSchema",
        "ExecutableDigests", "Fields", "FilterLanguage", "JSONText", "Outputs", "ProcFS", "Recordings", "RuleCompiler",
        "RuleEngine", "RuleTesting", "SystemState", "YAML",
      ], swiftSettings: lending),
    .executableTarget(
      name: "windhover",
      dependencies: [
        "Agent", "Capture", "CLinux", "DriverBuild", "DriverSelection", "EventSchema", "Fields", "FilterLanguage",
        "JSONText", "KmodDriver", "Outputs", "Recordings", "RuleCompiler", "RuleEngine", "RuleTesting", "SystemState",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: lending),

    .executableTarget(
      name: "Benchmarks",
      dependencies: ["Agent", "CLinux", "Capture", "CaptureFile", "DriverSelection", "EventSchema", "Outputs", "Recordings", "RuleCompiler", "RuleEngine", "SystemState"],
      swiftSettings: raw),

    // Tests and measurements.
    .target(name: "CaptureTesting", dependencies: ["EventSchema"], swiftSettings: strict),
    .executableTarget(
      name: "StateBenchmark", dependencies: ["ProcFS", "SystemState", "CaptureTesting", "EventSchema"],
      path: "Tests/Benchmarks/State", swiftSettings: lending),
    .testTarget(name: "EventSchemaTests", dependencies: ["EventSchema"], swiftSettings: lending),
    .testTarget(
      name: "CaptureTests", dependencies: ["Capture", "CaptureTesting", "EventSchema"], swiftSettings: lending),
    .target(name: "CAllocations", path: "Tests/CAllocations"),
    .testTarget(
      name: "RuleEngineTests",
      dependencies: [
        "CAllocations", "CaptureTesting", "EventSchema", "Fields", "FilterLanguage", "Outputs", "RuleCompiler",
        "RuleEngine", "SystemState",
      ], exclude: ["Conformance/cases"], swiftSettings: lending),
    .testTarget(
      name: "AgentTests",
      dependencies: [
        "Agent", "CAllocations", "Capture", "CaptureTesting", "ContainerRuntimes", "DriverSelection", "EventSchema", "Fields",
        "Outputs",
        "ProcFS", "RuleCompiler", "RuleEngine", "SystemState",
      ], swiftSettings: lending),
    .testTarget(
      name: "DriverSelectionTests",
      dependencies: ["Capture", "CaptureTesting", "CCalls", "DriverSelection", "EventSchema", "ModernBPFDriver"],
      swiftSettings: lending),
    .testTarget(
      name: "SystemStateTests", dependencies: ["SystemState", "CaptureTesting", "EventSchema", "JSONText", "ProcFS"], swiftSettings: lending),
    .testTarget(
      name: "ExecutableDigestsTests", dependencies: ["CDigest", "ExecutableDigests", "SystemState"], swiftSettings: lending),
    .executableTarget(
      name: "StateChecker",
      dependencies: [
        "Agent", "BPFDriver", "CCalls", "Capture", "EventSchema", "ModernBPFDriver", "ProcFS", "PtraceDriver", "SystemState",
      ],
      path: "Tests/StateChecker", swiftSettings: lending),
    .testTarget(
      name: "ProcFSTests", dependencies: ["ProcFS", "SystemState", "CaptureTesting", "CCalls"], swiftSettings: lending),
    .testTarget(name: "FilterLanguageTests", dependencies: ["FilterLanguage"], swiftSettings: strict),
    .testTarget(
      name: "CaptureFileTests", dependencies: ["Capture", "CaptureFile", "EventSchema", "ProcFS"], swiftSettings: lending),
    .testTarget(
      name: "RecordingsTests",
      dependencies: ["Capture", "CaptureFile", "CaptureTesting", "EventSchema", "Recordings", "SystemState"],
      swiftSettings: lending),
    .testTarget(name: "YAMLTests", dependencies: ["YAML"], swiftSettings: strict),
    .testTarget(name: "RuleTestingTests", dependencies: ["Agent", "RuleCompiler", "RuleTesting"], swiftSettings: strict),
    .testTarget(name: "RuleCompilerTests", dependencies: ["RuleCompiler", "FilterLanguage"], swiftSettings: strict),
    .testTarget(
      name: "FieldsTests",
      dependencies: [
        "Capture", "Fields", "ByteText", "ExecutableDigests", "JSONText", "ModernBPFDriver", "ProcFS", "SystemState",
        "CaptureTesting", "EventSchema", "TracePrograms",
      ],
      swiftSettings: lending),
    .testTarget(
      name: "OutputsTests",
      dependencies: ["Outputs", "Fields", "JSONText", "SystemState", "CaptureTesting", "EventSchema"],
      swiftSettings: lending),
    .executableTarget(
      name: "FieldPrinter", dependencies: ["EventSchema", "Fields", "Outputs", "JSONText", "Recordings", "SystemState"],
      path: "Tests/Oracle/FieldPrinter", swiftSettings: lending),
    .executableTarget(
      name: "RuleCounter",
      dependencies: ["EventSchema", "Recordings", "RuleCompiler", "RuleEngine", "SystemState"],
      path: "Tests/Oracle/RuleCounter", swiftSettings: lending),
    .executableTarget(
      name: "FieldsBenchmark", dependencies: ["Fields", "SystemState", "CaptureTesting", "EventSchema", "CLinux"],
      path: "Tests/Benchmarks/Fields", swiftSettings: lending),
    .target(name: "CCalls", path: "Tests/CCalls"),
    .target(name: "CEmptyProgram", dependencies: ["CBPF"], path: "Tests/Benchmarks/CEmptyProgram"),
    .executableTarget(
      name: "CaptureCost",
      dependencies: ["BPFDriver", "ModernBPFDriver", "Capture", "EventSchema", "CCalls", "CEmptyProgram"],
      path: "Tests/Benchmarks/CaptureCost", swiftSettings: lending),
    .executableTarget(name: "BareTracer", path: "Tests/Benchmarks/BareTracer"),
    .testTarget(name: "KmodDriverTests", dependencies: ["Capture", "KmodDriver"], swiftSettings: strict),
    .testTarget(name: "BPFLoaderTests", dependencies: ["BPFLoader"], swiftSettings: strict),
    .testTarget(
      name: "ModernBPFDriverTests", dependencies: ["ModernBPFDriver", "Capture", "EventSchema"], swiftSettings: strict),
    .testTarget(name: "BPFDriverTests", dependencies: ["BPFDriver", "Capture"], swiftSettings: strict),
    .testTarget(name: "DriverBuildTests", dependencies: ["Capture", "DriverBuild"], swiftSettings: strict),
    .testTarget(
      name: "DriverConformance",
      dependencies: [
        "BPFDriver", "CBPFObjects", "KmodDriver", "ModernBPFDriver", "PtraceRecorder", "Capture", "EventSchema", "CCalls",
      ],
      path: "Tests/DriverConformance", swiftSettings: lending),
    // Without the Swift runtime, which would start before main(), read files and catch signals.
    .executableTarget(
      name: "ParityWorkload", path: "Tests/Parity/Workload",
      linkerSettings: [.unsafeFlags(["-nostartfiles", "-static-stdlib"])]),
    .executableTarget(
      name: "ParityRecorder",
      dependencies: ["BPFDriver", "KmodDriver", "ModernBPFDriver", "PtraceDriver", "Capture", "EventSchema"],
      path: "Tests/Parity/Recorder", swiftSettings: raw),
    .testTarget(
      name: "Parity", path: "Tests/Parity", exclude: ["README.md", "Recorder", "Workload", "differences"],
      swiftSettings: strict),
    .executableTarget(
      name: "PtraceRecorder", dependencies: ["PtraceDriver", "Capture", "EventSchema", "CCalls"],
      path: "Tests/PtraceRecorder", swiftSettings: lending),
    .executableTarget(name: "TracePrograms", path: "Tests/TracePrograms"),
    .target(name: "CTracee", path: "Tests/CTracee"),
    .testTarget(
      name: "PtraceDriverTests",
      dependencies: [
        "CPtrace", "CTracee", "PtraceDriver", "PtraceRecorder", "TracePrograms", "windhover", "Capture", "EventSchema",
      ],
      swiftSettings: lending),
    .executableTarget(
      name: "PodClient", dependencies: ["ContainerRuntimes"], path: "Tests/Containers/PodClient", swiftSettings: strict),
    .testTarget(
      name: "ContainerRuntimesTests",
      dependencies: [
        "BackgroundWork",
        "CRuntimeSockets", "ContainerRuntimes", "EndToEndActions", "JSONText", "PodClient", "SystemState", "windhover",
      ],
      swiftSettings: strict),
    .testTarget(name: "CommandLineTests", dependencies: ["windhover"], swiftSettings: strict),
    .executableTarget(name: "EndToEndActions", path: "Tests/EndToEnd/actions"),
    .testTarget(
      name: "EndToEnd", path: "Tests/EndToEnd", exclude: ["README.md", "actions", "cases", "rules"],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
