// swift-tools-version: 6.2
import PackageDescription

// A package of its own: it links libFuzzer, which only an instrumented build has. `make fuzz` builds and runs it.
let package = Package(
  name: "windhover-fuzz",
  dependencies: [.package(name: "windhover", path: "../..")],
  targets: [
    .executableTarget(
      name: "Fuzz",
      dependencies: [
        .product(name: "WindhoverParsers", package: "windhover")
      ])
  ],
  swiftLanguageModes: [.v6]
)
