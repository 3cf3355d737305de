import Capture
import FoundationEssentials
import Glibc
import Testing

@testable import DriverBuild

/// Builds the legacy eBPF driver for the kernel that runs, as a user would.
@Suite(.serialized) struct BuildTests {
  @Test func theDriverIsBuiltOnceAndFoundAgain() throws {
    let scratch = try Scratch()
    let builder = DriverBuilder(.ebpf, cache: DriverCache(root: scratch.path))
    var steps: [String] = []
    let first = try builder.build { steps.append($0) }
    #expect(!first.isCached)
    #expect(first.path == builder.cache.path(of: .ebpf, kernel: .running))
    #expect(steps.contains { $0.hasPrefix("compiling with ") })
    let object = try Data(contentsOf: URL(fileURLWithPath: first.path))
    #expect(Array(object.prefix(4)) == [0x7f, 0x45, 0x4c, 0x46])
    #expect(UInt16(object[18]) | UInt16(object[19]) << 8 == 247, "EM_BPF")
    // Nothing of the build stays but the object.
    let folder = String(first.path[..<first.path.lastIndex(of: "/")!])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["windhover-\(KernelRelease.running).bpf.o"])

    let second = try builder.build { _ in Issue.record("built again") }
    #expect(second == DriverBuilder.Built(path: first.path, isCached: true))
  }

  @Test func aFailedBuildShowsTheCompilersWords() throws {
    let scratch = try Scratch()
    // Headers that say they are ready, and are not.
    try FileManager.default.createDirectory(
      atPath: scratch.path + "/headers/include/generated", withIntermediateDirectories: true)
    try Data().write(to: URL(fileURLWithPath: scratch.path + "/headers/include/generated/autoconf.h"))
    let builder = DriverBuilder(
      .ebpf, kernel: KernelRelease("1.2.3")!, headers: scratch.path + "/headers", output: scratch.path + "/out")
    do {
      _ = try builder.build { _ in }
      Issue.record("built without headers")
    } catch {
      guard case .failed(.ebpf, let kernel, let lines, let log) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(kernel.description == "1.2.3")
      #expect(lines.contains { $0.contains("error: 'linux/types.h' file not found") }, "\(lines)")
      #expect(try String(contentsOfFile: log, encoding: .utf8).contains("linux/types.h"))
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/out") == ["build-1.2.3.log"])
  }

  @Test func whatCannotBeBuiltSaysWhatToDo() throws {
    let scratch = try Scratch()
    let other = KernelRelease("9.9.9-none")!
    #expect(throws: DriverBuildError.missingHeaders(other, package: Packages.ofThisHost.headers(other))) {
      try DriverBuilder(.ebpf, kernel: other, output: scratch.path).build { _ in }
    }
    #expect(throws: DriverBuildError.notHeaders(scratch.path)) {
      try DriverBuilder(.ebpf, kernel: other, headers: scratch.path, output: scratch.path).build { _ in }
    }
    #expect(throws: DriverBuildError.nothingToBuild(.ptrace)) {
      try DriverBuilder(.ptrace, output: scratch.path).build { _ in }
    }
    #expect("\(DriverBuildError.missingHeaders(other, package: "apt-get install x"))".contains("apt-get install x"))
  }
}
