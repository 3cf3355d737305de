import Agent
import ArgumentParser
import Capture
import DriverBuild
@preconcurrency import Glibc

extension DriverCommand {
  struct Build: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Build a capture driver for a kernel.",
      discussion: """
        The sources are part of windhover. What is needed besides: make, clang, and the headers of the kernel; without \
        headers the ebpf driver is built from the running kernel's BTF. A driver that was built from the \
        same sources for the same kernel is kept and found again.
        """)

    @Option(help: "Which driver: ebpf or kmod.")
    var kind = "ebpf"

    @Option(help: ArgumentHelp("The kernel to build for. (default: the running one)", valueName: "release"))
    var kernel: String?

    @Option(help: ArgumentHelp("The kernel's headers. (default: /lib/modules/RELEASE/build)", valueName: "folder"))
    var headers: String?

    @Option(
      help: ArgumentHelp(
        "Build the ebpf driver from the kernel's types in this file (BTF, or an uncompressed vmlinux that has it) instead of headers.",
        valueName: "file"))
    var btf: String?

    @Option(help: ArgumentHelp("Put the driver into this folder instead of where windhover looks for it.", valueName: "folder"))
    var output: String?

    @Flag(help: "Build even if the driver is there.")
    var force = false

    @Flag(help: "Print where the driver is looked for, and build nothing.")
    var printPath = false

    func validate() throws {
      guard let parsed = DriverKind(rawValue: kind), parsed == .ebpf || parsed == .kmod else {
        throw ValidationError("--kind \(kind): there is nothing to build; ebpf and kmod are built for a kernel")
      }
      if btf != nil, parsed != .ebpf || headers != nil {
        throw ValidationError("--btf is for --kind ebpf without --headers: the module needs headers")
      }
      if let kernel, KernelRelease(kernel) == nil {
        throw ValidationError("--kernel \(kernel): not a kernel's release, such as 6.1.0-18-amd64")
      }
    }

    func run() throws {
      if printPath {
        print(DriverCache.own.path(of: DriverKind(rawValue: kind)!, kernel: kernel.flatMap(KernelRelease.init) ?? .running))
        return
      }
      let builder = DriverBuilder(
        DriverKind(rawValue: kind)!, kernel: kernel.flatMap(KernelRelease.init) ?? .running, headers: headers.map(absolute),
        types: btf.map(absolute), output: output.map(absolute), isForced: force)
      do {
        let built = try builder.build { line in writeToStandardError(line + "\n") }
        print((built.isCached ? "already built: " : "built: ") + built.path)
      } catch {
        writeToStandardError("windhover: \(error)\n")
        throw ExitCode(1)
      }
    }

    /// The build runs in a folder of its own.
    private func absolute(_ path: String) -> String {
      guard !path.hasPrefix("/"), let current = getcwd(nil, 0) else { return path }
      defer { free(current) }
      return String(cString: current) + "/" + path
    }
  }
}
