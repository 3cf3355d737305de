public import Capture

/// Why a driver was not built, with what to do about it.
public enum DriverBuildError: Error, Sendable, Equatable {
  case system(errno: Int32, during: String)
  /// This program was built without the sources.
  case noSources
  case damagedSources(String)
  /// There is nothing to build for this kind: it is inside the program.
  case nothingToBuild(DriverKind)
  /// A program that the build needs is not installed.
  case missingTool(String, package: String)
  /// Neither headers nor BTF of the kernel are there.
  case missingHeaders(KernelRelease, package: String)
  case notHeaders(String)
  /// The build failed: the lines that say why.
  case failed(DriverKind, KernelRelease, lines: [String], log: String)
}

extension DriverBuildError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .system(let errno, let operation): "\(operation): \(errorText(errno))"
    case .noSources:
      "this windhover was built without the drivers' sources; build it with make, which puts them in"
    case .damagedSources(let how): "the drivers' sources in this program are damaged: \(how)"
    case .nothingToBuild(let kind): "the \(kind.rawValue) driver is part of windhover; only ebpf and kmod are built for a kernel"
    case .missingTool(let tool, let package): "\(tool) is missing; install it: \(package)"
    case .missingHeaders(let kernel, let package):
      "the headers of kernel \(kernel) are missing (/lib/modules/\(kernel)/build); install them: \(package); or name their folder with --headers"
    case .notHeaders(let folder):
      "\(folder) holds no kernel headers that are ready to build with (include/generated/autoconf.h is missing)"
    case .failed(let kind, let kernel, let lines, let log):
      "building the \(kind.rawValue) driver for \(kernel) failed\n"
        + lines.map { "  \($0)\n" }.joined() + "all that was printed: \(log)"
    }
  }
}
