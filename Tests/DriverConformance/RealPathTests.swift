import CCalls
import Capture
import EventSchema
import Glibc
import Testing

extension Conformance {
  /// The path of an opened file as the kernel knows it, against what /proc says of the descriptor.
  @Suite struct RealPathTests {
    /// Where the kernel says that a descriptor leads, without the mark of a deleted file. Asked of this thread: another
    /// test may have given it a table of its own.
    private func link(of descriptor: Int64) throws -> String {
      var bytes = [CChar](repeating: 0, count: 8192)
      let count = readlink("/proc/thread-self/fd/\(descriptor)", &bytes, bytes.count)
      try #require(count > 0)
      let text = String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      return text.hasSuffix(" (deleted)") ? String(text.dropLast(10)) : text
    }

    /// Opens by each of the calls and compares the path in the event with `expected`, by default what /proc says.
    private func check(
      _ kind: DriverKind, _ path: String, directory: UInt64 = currentDirectory, flags: Int32 = O_RDONLY,
      expected: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let how: [UInt64] = [UInt64(flags), 0, 0]
      var descriptors: [Int64] = []
      let events = try record(kind, [.open, .openat, .openat2], resolvesPaths: true) {
        if directory == currentDirectory { descriptors.append(call(.open, text(path), UInt64(flags))) }
        descriptors.append(call(.openat, directory, text(path), UInt64(flags)))
        how.withUnsafeBytes { descriptors.append(call(.openat2, directory, text(path), address($0.baseAddress!), 24)) }
      }
      let made = events.of(.open) + events.of(.openat) + events.of(.openat2)
      try #require(made.count == descriptors.count, sourceLocation: sourceLocation)
      for (event, descriptor) in zip(made, descriptors) {
        try #require(descriptor >= 0, sourceLocation: sourceLocation)
        let wanted = try expected ?? link(of: descriptor)
        #expect(event[text: "realpath"] == wanted, sourceLocation: sourceLocation)
        #expect(event[text: "name"] == path, sourceLocation: sourceLocation)
        close(Int32(descriptor))
      }
    }

    @Test(arguments: drivers) func symbolicLinksAreSeenThrough(_ kind: DriverKind) throws {
      let scratch = try Scratch()
      let file = scratch.file("file"), first = scratch.file("first"), second = scratch.file("second")
      close(creat(file, 0o600))
      symlink("file", first)
      symlink(first, second)
      mkdir(scratch.file("real"), 0o700)
      symlink("real", scratch.file("shown"))
      close(creat(scratch.file("real/inside"), 0o600))
      try check(kind, second, expected: try realPath(file))
      try check(kind, scratch.file("shown/../shown/./inside"), expected: try realPath(scratch.file("real/inside")))
      try check(kind, scratch.file("shown"), flags: O_DIRECTORY, expected: try realPath(scratch.file("real")))
      try check(kind, "/", flags: O_DIRECTORY, expected: "/")
      try check(kind, "/proc/self/exe")
    }

    @Test(arguments: drivers) func relativePathsStartAtTheirDirectory(_ kind: DriverKind) throws {
      let scratch = try Scratch()
      mkdir(scratch.file("d"), 0o700)
      close(creat(scratch.file("file"), 0o600))
      symlink("../file", scratch.file("d/link"))
      let directory = open(scratch.file("d"), O_RDONLY | O_DIRECTORY)
      defer { close(directory) }
      try check(kind, "link", directory: UInt64(directory), expected: try realPath(scratch.file("file")))
    }

    @Test(arguments: drivers) func mountsAreCrossed(_ kind: DriverKind) throws {
      let scratch = try Scratch()
      mkdir(scratch.file("kept"), 0o700)
      mkdir(scratch.file("kept/below"), 0o700)
      mkdir(scratch.file("shown"), 0o700)
      close(creat(scratch.file("kept/below/file"), 0o600))
      try #require(mount(scratch.file("kept"), scratch.file("shown"), nil, UInt(MS_BIND), nil) == 0)
      defer { umount2(scratch.file("shown"), Int32(MNT_DETACH)) }
      try check(kind, scratch.file("shown/below/file"))
      try check(kind, scratch.file("shown"), flags: O_DIRECTORY)
      try check(kind, "/proc/self/../version", expected: "/proc/version")
    }

    @Test(arguments: drivers) func deletedFilesKeepTheirPath(_ kind: DriverKind) throws {
      let scratch = try Scratch()
      let path = scratch.file("gone")
      let kept = Int64(creat(path, 0o600))
      unlink(path)
      defer { close(Int32(kept)) }
      try check(kind, "/proc/thread-self/fd/\(kept)")
      // O_TMPFILE: a file that never had a name.
      try check(kind, scratch.path, flags: Int32(0o20200000) | O_RDWR)
    }

    @Test(arguments: drivers) func aChangedRootDoesNotHideWhereTheFileIs(_ kind: DriverKind) throws {
      let scratch = try Scratch()
      mkdir(scratch.file("etc"), 0o700)
      close(creat(scratch.file("etc/secret"), 0o600))
      symlink("/etc/secret", scratch.file("link"))
      var child: Int64 = 0, result: Int64 = 0
      let events = try record(kind, [.openat], resolvesPaths: true) {
        child = wh_call_below(scratch.path, &result, number(.openat), currentDirectory, text("/link"), 0, 0, 0, 0)
      }
      try #require(result >= 0)
      #expect(try events.only(.openat, thread: child)[text: "realpath"] == (try realPath(scratch.file("etc/secret"))))
    }

    @Test(arguments: drivers) func creatNamesTheFileItMadeAndDescriptorZeroCounts(_ kind: DriverKind) throws {
      let scratch = try Scratch()
      symlink(scratch.file("target"), scratch.file("link"))
      let kept = dup(0)
      close(0)
      defer {
        dup2(kept, 0)
        close(kept)
      }
      var descriptor: Int64 = -1
      let events = try record(kind, [.creat], resolvesPaths: true) {
        descriptor = call(.creat, text(scratch.file("link")), 0o600)
        call(.creat, text("/no/such/directory/file"), 0o600)
      }
      close(0)
      try #require(descriptor == 0)
      let made = events.of(.creat)
      try #require(made.count == 2)
      #expect(made[0][text: "realpath"] == (try realPath(scratch.file("target"))))
      #expect(made[1][bytes: "realpath"].isEmpty)
    }

    /// Of a path deeper than any real one the end stays, as an absolute path.
    @Test(arguments: drivers) func veryDeepPathsKeepTheirEnd(_ kind: DriverKind) throws {
      let scratch = try Scratch()
      var directory = open(scratch.path, O_RDONLY | O_DIRECTORY)
      for level in 0..<120 {
        try #require(mkdirat(directory, "d\(level)", 0o700) == 0)
        let next = openat(directory, "d\(level)", O_RDONLY | O_DIRECTORY)
        close(directory)
        directory = next
      }
      defer { close(directory) }
      var descriptor: Int64 = -1
      let events = try record(kind, [.openat], resolvesPaths: true) {
        descriptor = call(.openat, UInt64(directory), text("."), UInt64(O_DIRECTORY))
      }
      let whole = try link(of: descriptor)
      let shown = try #require(events.only(.openat)[text: "realpath"])
      close(Int32(descriptor))
      #expect(shown.hasPrefix("/") && whole.hasSuffix(shown))
      #expect(shown.split(separator: "/").count >= 90)
    }
  }
}
