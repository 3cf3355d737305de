import FoundationEssentials
import Testing

@testable import DriverBuild

/// A folder of the test's own.
struct Scratch: ~Copyable {
  let path: String
  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/windhover-build-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct SourceArchiveTests {
  /// What tar itself makes of a few files.
  private func archive(_ make: (String) throws -> Void, _ names: [String]) throws -> [UInt8] {
    let scratch = try Scratch()
    try make(scratch.path)
    let arguments = ["tar", "--format=ustar", "-C", scratch.path, "-cf", scratch.path + "/made.tar"] + names
    #expect(try BuildProcess.run(arguments) { _ in } == 0)
    return [UInt8](try Data(contentsOf: URL(fileURLWithPath: scratch.path + "/made.tar")))
  }

  private func write(_ text: String, _ path: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) }

  @Test func whatTarPacksIsUnpacked() throws {
    let deep = String(repeating: "folder-with-a-long-name/", count: 6)
    let bytes = try archive(
      { root in
        try FileManager.default.createDirectory(atPath: root + "/" + deep, withIntermediateDirectories: true)
        try write("all:\n", root + "/Makefile")
        try write(String(repeating: "x", count: 1500), root + "/" + deep + "file.c")
        try write("#!/bin/sh\n", root + "/run")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: root + "/run")
      }, ["Makefile", "folder-with-a-long-name", "run"])
    let target = try Scratch()
    try SourceArchive(bytes).unpack(into: target.path)
    #expect(try String(contentsOfFile: target.path + "/Makefile", encoding: .utf8) == "all:\n")
    #expect(try Data(contentsOf: URL(fileURLWithPath: target.path + "/" + deep + "file.c")).count == 1500)
    #expect(FileManager.default.isExecutableFile(atPath: target.path + "/run"))
    #expect(try FileManager.default.attributesOfItem(atPath: target.path + "/Makefile")[.posixPermissions] as? Int == 0o644)
  }

  /// The header's fields, and a checksum that nothing looks at.
  private func header(_ name: String, type: Character, size: String = "00000000000") -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    block.replaceSubrange(0..<name.utf8.count, with: name.utf8)
    block.replaceSubrange(100..<107, with: "0000644".utf8)
    block.replaceSubrange(124..<135, with: size.utf8)
    block[156] = type.asciiValue!
    block.replaceSubrange(257..<262, with: "ustar".utf8)
    return block
  }

  @Test(arguments: ["/etc/x", "../x", "a/../../x", ".."])
  func pathsThatLeadOutAreRefused(path: String) throws {
    let target = try Scratch()
    #expect(throws: DriverBuildError.damagedSources("a path that leads out: \(path)")) {
      try SourceArchive(header(path, type: "0")).unpack(into: target.path)
    }
  }

  @Test(arguments: ["1", "2", "3", "6", "L"] as [Character])
  func linksAndDevicesAreRefused(type: Character) throws {
    #expect(throws: DriverBuildError.damagedSources("x is neither a file nor a folder")) {
      try SourceArchive(header("x", type: type)).entries()
    }
  }

  @Test func anArchiveThatEndsEarlyIsRefused() throws {
    #expect(throws: DriverBuildError.damagedSources("cut off at byte 512")) {
      try SourceArchive(header("x", type: "0", size: "00000000001")).entries()
    }
    #expect(throws: DriverBuildError.damagedSources("no header at byte 0")) {
      try SourceArchive([UInt8](repeating: 65, count: 1024)).entries()
    }
    #expect(throws: DriverBuildError.self) { try SourceArchive(header("x", type: "0", size: "77777777777")).entries() }
  }

  @Test func aFileThatIsThereIsNotWrittenTo() throws {
    let target = try Scratch()
    try FileManager.default.createSymbolicLink(atPath: target.path + "/x", withDestinationPath: "/dev/null")
    #expect(throws: DriverBuildError.self) { try SourceArchive(header("x", type: "0")).unpack(into: target.path) }
  }

  @Test func theDigestTellsSourcesApart() {
    #expect(SourceArchive([]).digest == "cbf29ce484222325", "the published start value of 64-bit FNV-1a")
    #expect(SourceArchive(Array("a".utf8)).digest == "af63dc4c8601ec8c", "a published test value")
  }
}

@Suite struct NameTests {
  @Test(arguments: ["6.1.0-18-cloud-amd64", "6.12.117+deb12-cloud-amd64", "5.15.0-1.el9_2~x", "6.18.44-fc-v657"])
  func releasesOfKernelsAreTaken(text: String) { #expect(KernelRelease(text)?.description == text) }

  @Test(arguments: ["", "..", "../6.1", "6.1/../..", "-x", ".6", "6.1 x", "6.1;reboot", "6.1\n", String(repeating: "6", count: 65)])
  func otherTextIsNot(text: String) { #expect(KernelRelease(text) == nil) }

  @Test func theNextStepFitsTheDistribution() {
    let kernel = KernelRelease("6.1.0-18-amd64")!
    #expect(Packages(osRelease: "ID=debian\n").headers(kernel) == "apt-get install linux-headers-6.1.0-18-amd64")
    #expect(Packages(osRelease: "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n").headers(kernel) == "dnf install kernel-devel-6.1.0-18-amd64")
    #expect(Packages(osRelease: "NAME=x\n").headers(kernel).contains("6.1.0-18-amd64"))
  }

  @Test func theTellingLinesAreTheCompilersErrors() {
    let printed = [
      "asking", "a.h:3:1: warning: odd", "a.h:4:9: error: unknown type name 'x'", "        x y;", "note: z",
      "make: *** [Makefile:70: y] Error 1",
    ]
    #expect(
      DriverBuilder.tellingLines(printed) == [
        "a.h:4:9: error: unknown type name 'x'", "        x y;", "make: *** [Makefile:70: y] Error 1",
      ])
    #expect(DriverBuilder.tellingLines(["a", "b"]) == ["a", "b"])
  }
}
