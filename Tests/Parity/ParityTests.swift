import Foundation
import Testing

/// The same script of system calls under each driver gives the same records. See README.md.
@Suite(.serialized)
struct ParityTests {
  /// `WINDHOVER_DRIVERS` names the drivers that this host can run, with commas between them.
  static let drivers: [String] =
    ProcessInfo.processInfo.environment["WINDHOVER_DRIVERS"]?.split(separator: ",").map(String.init) ?? ["modern_ebpf"]

  @Test(arguments: drivers) func theWorkloadGivesTheRecordsOfModernEBPF(_ driver: String) throws {
    let (status, output) = try Self.recorder(["compare", Self.built("ParityWorkload"), Self.differences, driver])
    #expect(status == 0, "\(output)")
  }

  /// The comparison itself: one changed value, one missing record, one row too many.
  @Test func aDifferenceIsFound() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("parity-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    func file(_ name: String, _ text: String) throws -> String {
      let place = folder.appendingPathComponent(name)
      try Data(text.utf8).write(to: place)
      return place.path
    }
    let stream = "T0 close res=0 fd=3\nT0 dup res=4 oldfd=3\nT1 close res=0 fd=4\n"
    let reference = try file("reference", stream)
    let none = try file("none", "# nothing\n")
    func differs(_ other: String, _ rows: String) throws -> String? {
      let (status, output) = try Self.recorder(["diff", rows, "ebpf", reference, try file("other", other)])
      return status == 0 ? nil : output
    }
    #expect(try differs(stream, none) == nil)
    let changed = stream.replacingOccurrences(of: "fd=4", with: "fd=5")
    #expect(try differs(changed, none)?.contains("fd: 4, here 5") == true)
    #expect(try differs(changed, file("row", "ebpf close fd why not\n")) == nil)
    #expect(try differs(changed, file("row", "ptrace close fd another driver\n"))?.contains("fd: 4") == true)
    #expect(try differs(stream, file("row", "ebpf close fd why not\n"))?.contains("remove the row") == true)
    let shorter = "T0 close res=0 fd=3\nT1 close res=0 fd=4\n"
    #expect(try differs(shorter, none)?.contains("- T0 dup res=4 oldfd=3") == true)
    #expect(try differs(shorter, file("row", "ebpf dup - not made\n")) == nil)
    #expect(try differs(stream + "T1 dup res=4 oldfd=3\n", none)?.contains("+ T1 dup") == true)
  }

  private static var differences: String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("differences").path
  }

  /// A program of this package, which lies beside the test bundle.
  private static func built(_ name: String) throws -> String {
    // The test process may be SwiftPM's own helper; the bundle is among its arguments then.
    let candidates = [Bundle.main.executablePath ?? ""] + CommandLine.arguments
    for candidate in candidates {
      var folder = URL(fileURLWithPath: candidate)
      for _ in 0..<4 {
        folder.deleteLastPathComponent()
        let path = folder.appendingPathComponent(name).path
        if FileManager.default.isExecutableFile(atPath: path) { return path }
      }
    }
    throw NotBuilt(description: "\(name) is not beside the tests; build them with `swift build --build-tests`")
  }

  private struct NotBuilt: Error, CustomStringConvertible { let description: String }

  private static func recorder(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process(), pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: try built("ParityRecorder"))
    process.arguments = arguments
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}
