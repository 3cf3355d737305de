import CCalls
import Capture
import EventSchema
import Glibc
import Testing

extension Conformance {
  /// Calls that change names, modes, owners, descriptors and mounts.
  @Suite struct FileTests {
    /// Makes one call with the given arguments and compares its only event.
    private func check(
      _ kind: DriverKind, _ code: SyscallCode, _ arguments: [UInt64],
      _ expected: (Int64) -> KeyValuePairs<String, Expected>,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      try checkCall(kind, code, arguments, expected, sourceLocation: sourceLocation)
    }

    @Test(arguments: drivers) func closeReportsItsDescriptorAndFailure(_ kind: DriverKind) throws {
      let descriptor = dup(1)
      try check(kind, .close, [UInt64(descriptor)]) { _ in ["res": 0, "fd": .number(Int64(descriptor))] }
      try check(kind, .close, [negative(-7)]) { _ in ["res": .number(Int64(-EBADF)), "fd": -7] }
    }

    @Test(arguments: drivers) func duplicatesNameOldAndNew(_ kind: DriverKind) throws {
      try check(kind, .dup, [1]) { ["res": .number($0), "oldfd": 1] }
      try check(kind, .dup, [999]) { _ in ["res": .number(Int64(-EBADF)), "oldfd": 999] }
      try check(kind, .dup2, [1, 1000]) { _ in ["res": 1000, "oldfd": 1, "newfd": 1000] }
      try check(kind, .dup3, [1, 1001, 0x80000]) { _ in ["res": 1001, "oldfd": 1, "newfd": 1001, "flags": 0x1000] }
      try check(kind, .dup3, [1, 1, 0x800]) { _ in ["res": .number(Int64(-EINVAL)), "oldfd": 1, "newfd": 1, "flags": 0]
      }
      close(1000)
      close(1001)
    }

    @Test(arguments: drivers) func pipesTellBothEndsAndTheInode(_ kind: DriverKind) throws {
      let ends = UnsafeMutablePointer<Int32>.allocate(capacity: 2)
      ends.initialize(repeating: 0, count: 2)
      for (code, flags) in [(SyscallCode.pipe, UInt64(0)), (.pipe2, 0x80800)] {
        try check(kind, code, [address(ends), flags]) { _ in
          let inode = Expected.number(Int64(status(of: Int64(ends[0])).st_ino))
          let first = Expected.number(Int64(ends[0])), second = Expected.number(Int64(ends[1]))
          return code == .pipe
            ? ["res": 0, "fd1": first, "fd2": second, "ino": inode]
            : ["res": 0, "fd1": first, "fd2": second, "ino": inode, "flags": 0x1040]
        }
        close(ends[0])
        close(ends[1])
      }
      try check(kind, .pipe, [16]) { _ in ["res": .number(Int64(-EFAULT)), "fd1": -1, "fd2": -1, "ino": 0] }
    }

    @Test(arguments: drivers) func renamesKeepBothPaths(_ kind: DriverKind) throws {
      let scratch = try Scratch()
      let a = scratch.file("a"), b = scratch.file("b")
      close(creat(a, 0o600))
      try check(kind, .rename, [text(a), text(b)]) { _ in ["res": 0, "oldpath": .text(a), "newpath": .text(b)] }
      try check(kind, .renameat, [currentDirectory, text(b), 5, text(a)]) { _ in
        ["res": 0, "olddirfd": -100, "oldpath": .text(b), "newdirfd": 5, "newpath": .text(a)]
      }
      try check(kind, .renameat2, [3, text("/no/such"), currentDirectory, text(b), 1]) { _ in
        [
          "res": .number(Int64(-ENOENT)), "olddirfd": 3, "oldpath": "/no/such", "newdirfd": -100, "newpath": .text(b),
          "flags": 1,
        ]
      }
    }

    @Test(arguments: drivers) func linksAndRemovals(_ kind: DriverKind) throws {
      let scratch = try Scratch()
      let a = scratch.file("a"), b = scratch.file("b"), c = scratch.file("c"), d = scratch.file("d")
      close(creat(a, 0o600))
      try check(kind, .link, [text(a), text(b)]) { _ in ["res": 0, "oldpath": .text(a), "newpath": .text(b)] }
      try check(kind, .linkat, [currentDirectory, text(a), currentDirectory, text(c), 0x400]) { _ in
        [
          "res": 0, "olddir": -100, "oldpath": .text(a), "newdir": -100, "newpath": .text(c),
          "flags": .number(linkFollow),
        ]
      }
      try check(kind, .symlink, [text("target"), text(d)]) { _ in ["res": 0, "target": "target", "linkpath": .text(d)] }
      try check(kind, .symlinkat, [text("t"), currentDirectory, text(a)]) { _ in
        ["res": .number(Int64(-EEXIST)), "target": "t", "linkdirfd": -100, "linkpath": .text(a)]
      }
      try check(kind, .unlink, [text(b)]) { _ in ["res": 0, "path": .text(b)] }
      try check(kind, .unlink, [0]) { _ in ["res": .number(Int64(-EFAULT)), "path": .empty] }
      try check(kind, .unlinkat, [currentDirectory, text(c), 0x200]) { _ in
        ["res": .number(Int64(-ENOTDIR)), "dirfd": -100, "name": .text(c), "flags": .number(removeDirectory)]
      }
    }

    private var linkFollow: Int64 { Schema.flags(.linkat_flags)!.flags.first { $0.text == "AT_SYMLINK_FOLLOW" }!.value }
    private var removeDirectory: Int64 {
      Schema.flags(.unlinkat_flags)!.flags.first { $0.text == "AT_REMOVEDIR" }!.value
    }

    @Test(arguments: drivers) func directories(_ kind: DriverKind) throws {
      let scratch = try Scratch()
      let a = scratch.file("a"), b = scratch.file("b")
      let here = String(cString: getcwd(nil, 0)!)
      try check(kind, .mkdir, [text(a), 0o755]) { _ in ["res": 0, "path": .text(a), "mode": 0o755] }
      try check(kind, .mkdirat, [currentDirectory, text(b), 0o1777]) { _ in
        ["res": 0, "dirfd": -100, "path": .text(b), "mode": 0o1777]
      }
      try check(kind, .chdir, [text(a)]) { _ in ["res": 0, "path": .text(a)] }
      let back = open(here, O_RDONLY)
      try check(kind, .fchdir, [UInt64(back)]) { _ in ["res": 0, "fd": .number(Int64(back))] }
      close(back)
      try check(kind, .rmdir, [text(b)]) { _ in ["res": 0, "path": .text(b)] }
      try check(kind, .chroot, [text("/no/such")]) { _ in ["res": .number(Int64(-ENOENT)), "path": "/no/such"] }
      try check(kind, .getcwd, [leak([UInt8](repeating: 0, count: 4096)), 4096]) {
        ["res": .number($0), "path": .text(here)]
      }
    }

    @Test(arguments: drivers) func modesAndOwners(_ kind: DriverKind) throws {
      let scratch = try Scratch()
      let a = scratch.file("a")
      let descriptor = creat(a, 0o600)
      let fd = Expected.number(Int64(descriptor))
      try check(kind, .chmod, [text(a), 0o104755]) { _ in ["res": 0, "filename": .text(a), "mode": 0o4755] }
      try check(kind, .fchmod, [UInt64(descriptor), 0o640]) { _ in ["res": 0, "fd": fd, "mode": 0o640] }
      try check(kind, .fchmodat, [currentDirectory, text(a), 0o1]) { _ in
        ["res": 0, "dirfd": -100, "filename": .text(a), "mode": 1]
      }
      try check(kind, .chown, [text(a), 0xffff_ffff, 12]) {
        ["res": .number($0), "path": .text(a), "uid": 0xffff_ffff, "gid": 12]
      }
      try check(kind, .lchown, [text("/no/such"), 1, 2]) { _ in
        ["res": .number(Int64(-ENOENT)), "path": "/no/such", "uid": 1, "gid": 2]
      }
      try check(kind, .fchown, [UInt64(descriptor), 3, 0xffff_ffff]) {
        ["res": .number($0), "fd": fd, "uid": 3, "gid": 0xffff_ffff]
      }
      try check(kind, .fchownat, [currentDirectory, text(a), 5, 6, 0x1000]) {
        [
          "res": .number($0), "dirfd": -100, "pathname": .text(a), "uid": 5, "gid": 6,
          "flags": .satisfying { $0 & 0x400 == 0 },
        ]
      }
      close(descriptor)
    }

    @Test(arguments: drivers) func nodesAndMounts(_ kind: DriverKind) throws {
      let scratch = try Scratch()
      let a = scratch.file("a")
      try check(kind, .mknod, [text(a), 0o010644, 0x0301]) { _ in
        ["res": 0, "path": .text(a), "mode": 0o010644, "dev": 0x30_0001]
      }
      try check(kind, .mknodat, [currentDirectory, text("/no/such/x"), 0o600, 5]) { _ in
        ["res": .number(Int64(-ENOENT)), "dirfd": -100, "path": "/no/such/x", "mode": 0o100600, "dev": 5]
      }
      try check(kind, .mount, [text("none"), text("/no/such"), text("tmpfs"), 0xc0ed_0006, 0]) { _ in
        ["res": .number(Int64(-ENOENT)), "dev": "none", "dir": "/no/such", "type": "tmpfs", "flags": 6]
      }
      try check(kind, .umount2, [text("/no/such"), 2]) { _ in
        ["res": .number(Int64(-ENOENT)), "name": "/no/such", "flags": .satisfying { $0 != 0 }]
      }
    }

    @Test(arguments: drivers) func readsAndWritesCarryTheirData(_ kind: DriverKind) throws {
      let scratch = try Scratch()
      let descriptor = open(scratch.file("a"), O_RDWR | O_CREAT, 0o600)
      let fd = UInt64(descriptor), number = Expected.number(Int64(descriptor))
      let data = (0..<200).map { UInt8($0) }
      let source = leak(data), target = leak([UInt8](repeating: 0, count: 300))
      let head = Expected.bytes(Array(data.prefix(80)))
      try check(kind, .write, [fd, source, 200]) { _ in ["res": 200, "data": head, "fd": number, "size": 200] }
      try check(kind, .write, [999, source, 5]) { _ in
        ["res": .number(Int64(-EBADF)), "data": .bytes([0, 1, 2, 3, 4]), "fd": 999, "size": 5]
      }
      try check(kind, .pread64, [fd, target, 300, 190]) { _ in
        ["res": 10, "data": .bytes(Array(data.suffix(10))), "fd": number, "size": 300, "pos": 190]
      }
      try check(kind, .pwrite64, [fd, source, 3, 1]) { _ in
        ["res": 3, "data": .bytes([0, 1, 2]), "fd": number, "size": 3, "pos": 1]
      }
      try check(kind, .read, [fd, target, 300]) { _ in ["res": 0, "data": .empty, "fd": number, "size": 300] }
      try check(kind, .lseek, [fd, 0, 0]) { _ in ["res": 0, "fd": number, "offset": 0, "whence": 0] }
      let vectors = leak(.wire(target, UInt64(50), target + 50, UInt64(100)))
      try check(kind, .readv, [fd, vectors, 2]) { _ in
        ["res": 150, "size": 150, "data": .bytes([0, 0, 1, 2] + Array(data[4..<80])), "fd": number]
      }
      try check(kind, .writev, [fd, leak(.wire(source, UInt64(2), source + 10, UInt64(3))), 2]) { _ in
        ["res": 5, "data": .bytes([0, 1, 10, 11, 12]), "fd": number, "size": 5]
      }
      try check(kind, .preadv, [fd, vectors, 1, 100]) { _ in
        ["res": 50, "size": 50, "data": .bytes(Array(data[100..<150])), "fd": number, "pos": 100]
      }
      try check(kind, .sendfile, [999, fd, leak(.wire(UInt64(7))), 10]) { _ in
        ["res": .number(Int64(-EBADF)), "offset": 7, "out_fd": 999, "in_fd": number, "size": 10]
      }
      close(descriptor)
    }
  }
}

/// Makes one call with the given arguments and compares its only event.
///
/// - Parameter expected: From the call's result to every parameter; called after the call.
func checkCall(
  _ kind: DriverKind, _ code: SyscallCode, _ arguments: [UInt64],
  _ expected: (Int64) -> KeyValuePairs<String, Expected>,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let type = Schema.syscall(code)!.event
  var result: Int64 = 0
  let a = arguments + [UInt64](repeating: 0, count: 6 - arguments.count)
  let events = try record(kind, [type]) { result = wh_call(number(code), a[0], a[1], a[2], a[3], a[4], a[5]) }
  let values = expected(result)
  let found = events.of(type)
  #expect(found.count == 1, "\(code) made \(found.count) events", sourceLocation: sourceLocation)
  found.first?.expect(values, sourceLocation: sourceLocation)
}
