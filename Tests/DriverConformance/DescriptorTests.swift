import CCalls
import Capture
import EventSchema
import Glibc
import Testing

extension Conformance {
  /// Calls that make or wait for descriptors that are no files, and calls that ask about files.
  @Suite struct DescriptorTests {
    private func check(
      _ kind: DriverKind, _ code: SyscallCode, _ arguments: [UInt64], sourceLocation: SourceLocation = #_sourceLocation,
      _ expected: (Int64) -> KeyValuePairs<String, Expected>
    ) throws {
      try checkCall(kind, code, arguments, expected, sourceLocation: sourceLocation)
    }

    @Test(arguments: drivers) func counters(_ kind: DriverKind) throws {
      try check(kind, .eventfd, [7]) { result in
        close(Int32(result))
        return ["res": .number(result), "initval": 7, "flags": 0]
      }
      let mask = leak(.wire(UInt64(1)))
      try check(kind, .signalfd, [negative(-1), mask, 8]) { result in
        close(Int32(result))
        return ["res": .number(result), "fd": -1, "mask": 0, "flags": 0]
      }
      try check(kind, .signalfd4, [negative(-1), mask, 8, 0x80800]) { result in
        close(Int32(result))
        return ["res": .number(result), "flags": 0x1040, "fd": -1, "mask": 0]
      }
      // One byte holds the flags: close-on-exec does not fit.
      try check(kind, .timerfd_create, [1, 0x80800]) { result in
        close(Int32(result))
        return ["res": .number(result), "clockid": 1, "flags": 0x40]
      }
      try check(kind, .inotify_init, []) { result in
        close(Int32(result))
        return ["res": .number(result), "flags": 0]
      }
      try check(kind, .inotify_init1, [0x800]) { result in
        close(Int32(result))
        return ["res": .number(result), "flags": 0x40]
      }
      try check(kind, .userfaultfd, [0x80800]) { result in
        if result >= 0 { close(Int32(result)) }
        return ["res": .number(result), "flags": 0x80800]
      }
    }

    @Test(arguments: drivers) func waitingForDescriptors(_ kind: DriverKind) throws {
      try check(kind, .epoll_create, [5]) { result in
        close(Int32(result))
        return ["res": .number(result), "size": 5]
      }
      let poll = Int32(call(.epoll_create1, 0))
      defer { close(poll) }
      try check(kind, .epoll_wait, [UInt64(poll), leak([UInt8](repeating: 0, count: 48)), 4, 0]) { _ in
        ["res": 0, "maxevents": 4]
      }
      try check(kind, .select, [0, 0, 0, 0, leak(.wire(UInt64(0), UInt64(0)))]) { _ in ["res": 0] }
    }

    @Test(arguments: drivers) func closingMany(_ kind: DriverKind) throws {
      // CLOSE_RANGE_CLOEXEC came with 5.11.
      try check(kind, .close_range, [4000, 4100, 4]) { result in
        #expect([0, Int64(-EINVAL)].contains(result))
        return ["res": .number(result), "first": 4000, "last": 4100, "flags": 4]
      }
      try check(kind, .close_range, [9, 8, 2]) { _ in
        ["res": .number(Int64(-EINVAL)), "first": 9, "last": 8, "flags": 2]
      }
    }

    @Test(arguments: drivers) func questionsAboutFiles(_ kind: DriverKind) throws {
      let memory = leak([UInt8](repeating: 0, count: 256))
      try check(kind, .stat, [text("/etc/passwd"), memory]) { _ in ["res": 0, "path": "/etc/passwd"] }
      try check(kind, .lstat, [text("/no/such"), memory]) { _ in
        ["res": .number(Int64(-ENOENT)), "path": "/no/such"]
      }
      try check(kind, .fstat, [999, memory]) { _ in ["res": .number(Int64(-EBADF)), "fd": 999] }
      try check(kind, .newfstatat, [currentDirectory, text("/etc"), memory, 0x100]) { _ in
        ["res": 0, "dirfd": -100, "path": "/etc", "flags": 0x100]
      }
      let directory = open("/etc", O_RDONLY | O_DIRECTORY)
      defer { close(directory) }
      let room = leak([UInt8](repeating: 0, count: 4096)), fd = Expected.number(Int64(directory))
      try check(kind, .getdents64, [UInt64(directory), room, 4096]) {
        #expect($0 > 0)
        return ["res": .number($0), "fd": fd]
      }
      try check(kind, .getdents, [UInt64(directory), room, 4096]) { ["res": .number($0), "fd": fd] }
    }

    @Test(arguments: drivers) func lockedMemory(_ kind: DriverKind) throws {
      let page = UInt64(UInt(bitPattern: mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!))
      let at = Expected.number(Int64(page))
      try check(kind, .mlock2, [page, 4096, 1]) { ["res": .number($0), "addr": at, "len": 4096, "flags": 1] }
      try check(kind, .munlock, [page, 4096]) { _ in ["res": 0, "addr": at, "len": 4096] }
      // MCL_ONFAULT alone is refused: nothing of this process is locked.
      try check(kind, .mlockall, [4]) { _ in ["res": .number(Int64(-EINVAL)), "flags": 4] }
      try check(kind, .munlockall, []) { _ in ["res": 0] }
    }

    @Test(arguments: drivers) func idsAndLimitsThatOtherTestsLeaveOut(_ kind: DriverKind) throws {
      try check(kind, .geteuid, []) { _ in ["euid": .number(Int64(geteuid()))] }
      try check(kind, .getgid, []) { _ in ["gid": .number(Int64(getgid()))] }
      let memory = leak([UInt8](repeating: 0xee, count: 12))
      try check(kind, .getresgid, [memory, memory + 4, memory + 8]) { _ in
        let id = Expected.number(Int64(getgid()))
        return ["res": 0, "rgid": id, "egid": id, "sgid": id]
      }
      try check(kind, .setrlimit, [99, leak(.wire(Int64(5), Int64(-1)))]) { _ in
        ["res": .number(Int64(-EINVAL)), "cur": 5, "max": -1, "resource": 255]
      }
      try check(kind, .tkill, [UInt64(wh_thread_id()), 0]) { _ in
        ["res": 0, "tid": .number(wh_thread_id()), "sig": 0]
      }
    }
  }
}
