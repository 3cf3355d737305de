import CCalls
import Capture
import EventSchema
import Glibc
import Testing

extension Conformance {
  /// Ids, memory, modules, tracing, timers, waiting; and calls without an event of their own.
  @Suite struct OtherTests {
    private func check(
      _ kind: DriverKind, _ code: SyscallCode, _ arguments: [UInt64], sourceLocation: SourceLocation = #_sourceLocation,
      _ expected: (Int64) -> KeyValuePairs<String, Expected>
    ) throws {
      try checkCall(kind, code, arguments, expected, sourceLocation: sourceLocation)
    }

    @Test(arguments: drivers) func theKernelAcceptsEveryProgram(_ kind: DriverKind) throws {
      let refused = try refusals(kind)
      #expect(refused.isEmpty, "refused by the kernel: \(refused)")
    }

    @Test(arguments: drivers) func callsWithoutAnEventOfTheirOwnAreNamed(_ kind: DriverKind) throws {
      let events = try record(kind, [.generic], calls: [.getpid, .uname]) {
        call(.getpid)
        call(.getppid)
        call(.uname, 16)
      }
      let made = events.of(.generic)
      try #require(made.count == 2)
      made[0].expect(["ID": .number(Int64(SyscallCode.getpid.rawValue)), "nativeID": .number(number(.getpid))])
      made[1].expect(["ID": .number(Int64(SyscallCode.uname.rawValue)), "nativeID": .number(number(.uname))])
      #expect(made[0].timestamp <= made[1].timestamp)
      let now = Int64(time(nil))
      #expect(abs(Int64(made[0].timestamp / 1_000_000_000) - now) <= 2)
    }

    @Test(arguments: drivers) func ids(_ kind: DriverKind) throws {
      let same = UInt64(0xffff_ffff), shown = Expected.number(0xffff_ffff)
      try check(kind, .setresuid, [same, same, same]) { _ in ["res": 0, "ruid": shown, "euid": shown, "suid": shown] }
      try check(kind, .setresgid, [same, same, same]) { _ in ["res": 0, "rgid": shown, "egid": shown, "sgid": shown] }
      try check(kind, .setreuid, [same, same]) { _ in ["res": 0, "ruid": shown, "euid": shown] }
      try check(kind, .setregid, [same, same]) { _ in ["res": 0, "rgid": shown, "egid": shown] }
      try check(kind, .setuid, [same]) { _ in ["res": .number(Int64(-EINVAL)), "uid": shown] }
      try check(kind, .setgid, [same]) { _ in ["res": .number(Int64(-EINVAL)), "gid": shown] }
      try check(kind, .getuid, []) { _ in ["uid": .number(Int64(getuid()))] }
      try check(kind, .getegid, []) { _ in ["egid": .number(Int64(getegid()))] }
      let memory = leak([UInt8](repeating: 0xee, count: 12))
      try check(kind, .getresuid, [memory, memory + 4, memory + 8]) { _ in
        let id = Expected.number(Int64(getuid()))
        return ["res": 0, "ruid": id, "euid": id, "suid": id]
      }
      try check(kind, .setpgid, [negative(-5), 3]) { ["res": .number($0), "pid": -5, "pgid": 3] }
      try check(kind, .capset, [16, 0]) { _ in
        [
          "res": .number(Int64(-EFAULT)), "cap_inheritable": .number(capabilities("CapInh")),
          "cap_permitted": .number(capabilities("CapPrm")), "cap_effective": .number(capabilities("CapEff")),
        ]
      }
    }

    @Test(arguments: drivers) func sessionOfAChild(_ kind: DriverKind) throws {
      var child: Int64 = 0, result: Int64 = 0
      let events = try record(kind, [.setsid]) { child = wh_call_in_child(&result, number(.setsid), 0, 0, 0, 0, 0, 0) }
      try events.only(.setsid, thread: child).expect(["res": .number(child)])
    }

    @Test(arguments: drivers) func namespaces(_ kind: DriverKind) throws {
      // In a child: a thread with a descriptor table of its own could not close what the others have opened.
      var child: Int64 = 0, result: Int64 = 0
      let events = try record(kind, [.unshare]) {
        child = wh_call_in_child(&result, number(.unshare), 0x0200_0000 | 0x400, 0, 0, 0, 0, 0)
      }
      try events.only(.unshare, thread: child).expect(["res": .number(result), "flags": .number(0x1000_0001)])
      try check(kind, .setns, [999, 0x4000_0000]) { _ in ["res": .number(Int64(-EBADF)), "fd": 999, "nstype": 0x10] }
    }

    @Test(arguments: drivers) func memory(_ kind: DriverKind) throws {
      let page = UInt64(4096)
      let any = Expected.satisfying { $0 > 0 }
      var mapped: Int64 = 0
      try check(kind, .mmap, [0, page, 3, 0x22, negative(-1), 0]) {
        mapped = $0
        return [
          "res": .number($0), "vm_size": any, "vm_rss": any, "vm_swap": 0, "addr": 0, "length": 4096, "prot": 3,
          "flags": .satisfying { $0 & 0x2 != 0 }, "fd": -1, "offset": 0,
        ]
      }
      try check(kind, .mprotect, [UInt64(mapped), page, 1]) { _ in
        ["res": 0, "addr": .number(mapped), "length": 4096, "prot": 1]
      }
      try check(kind, .munmap, [UInt64(mapped), page]) { _ in
        ["res": 0, "vm_size": any, "vm_rss": any, "vm_swap": 0, "addr": .number(mapped), "length": 4096]
      }
      var size = 0
      try check(kind, .brk, [0]) {
        size = statusKiB("VmSize")  // Read later: what was recorded takes memory too.
        return [
          "res": .number($0), "vm_size": .satisfying { abs($0 - Int64(size)) < 65_536 }, "vm_rss": any, "vm_swap": 0,
          "addr": 0,
        ]
      }
      try check(kind, .mlock, [16, 0]) { ["res": .number($0), "addr": 16, "len": 0] }
      try check(kind, .memfd_create, [text("name of it"), 3]) { result in
        close(Int32(result))
        return ["fd": .number(result), "name": "name of it", "flags": .satisfying { $0 != 0 }]
      }
    }

    /// A size from /proc/self/status.
    private func statusKiB(_ name: String) -> Int {
      let line = fileText("/proc/self/status").split(separator: "\n").first { $0.hasPrefix("\(name):") } ?? ""
      return Int(line.filter(\.isNumber)) ?? -1
    }

    @Test(arguments: drivers) func modulesAreRefusedWithTheirNames(_ kind: DriverKind) throws {
      let image = leak(Array("not a module".utf8))
      try check(kind, .init_module, [image, 12, text("a=1")]) {
        [
          "res": .satisfying { $0 < 0 }, "img": .bytes(Array("not a module".utf8)), "length": 12,
          "uargs": .text($0 < 0 ? "a=1" : ""),
        ]
      }
      try check(kind, .finit_module, [999, text("b=2"), 2]) {
        ["res": .number($0), "fd": 999, "uargs": "b=2", "flags": .satisfying { $0 != 0 }]
      }
      try check(kind, .delete_module, [text("no_such_module"), 0x800]) {
        ["res": .number($0), "name": "no_such_module", "flags": 2]
      }
      // A driver may make bpf calls itself while it attaches.
      var result: Int64 = 0
      let events = try record(kind, [.bpf]) { result = call(.bpf, 7, 0, 0) }
      let made = events.of(.bpf).filter { $0["cmd"] == Int64(7) }
      #expect(made.count == 1)
      made.first?.expect(["fd": .number(result), "cmd": 7])
    }

    @Test(arguments: drivers) func tracing(_ kind: DriverKind) throws {
      try check(kind, .ptrace, [7, 999_999, 5, 9]) { result in
        [
          "res": .number(result), "addr": .bytes([0] + .wire(UInt64(0))), "data": .bytes([0] + .wire(UInt64(0))),
          "request": .number(Schema.flags(.ptrace_requests)!.flags.first { $0.text == "PTRACE_CONT" }!.value),
          "pid": 999_999,
        ]
      }
      try check(kind, .prctl, [15, text("newname")]) { _ in
        ["res": 0, "option": 15, "arg2_str": "newname", "arg2_int": 0]
      }
      try check(kind, .prctl, [38, 1]) { ["res": .number($0), "option": 38, "arg2_str": .empty, "arg2_int": 1] }
      try check(kind, .pidfd_open, [UInt64(getpid()), 0]) { result in
        close(Int32(result))
        return ["fd": .number(result), "pid": .number(Int64(getpid())), "flags": 0]
      }
      try check(kind, .pidfd_getfd, [999, 1, 0]) { _ in
        ["fd": .number(Int64(-EBADF)), "pid_fd": 999, "target_fd": 1, "flags": 0]
      }
      let local = leak(.wire(leak(Array("local".utf8)), UInt64(5)))
      let remote = leak(.wire(leak([UInt8](repeating: 0, count: 8)), UInt64(5)))
      try check(kind, .process_vm_writev, [UInt64(getpid()), local, 1, remote, 1, 0]) { _ in
        ["res": 5, "pid": .number(Int64(getpid())), "data": .bytes(Array("local".utf8))]
      }
      try check(kind, .process_vm_readv, [999_999, local, 1, remote, 1, 0]) { _ in
        ["res": .number(Int64(-ESRCH)), "pid": 999_999, "data": .empty]
      }
      try check(kind, .seccomp, [99, 7]) { ["res": .number($0), "op": 99, "flags": 7] }
    }

    @Test(arguments: drivers) func controls(_ kind: DriverKind) throws {
      try check(kind, .ioctl, [1, 0x5401, leak([UInt8](repeating: 0, count: 64))]) {
        ["res": .number($0), "fd": 1, "request": 0x5401, "argument": .satisfying { $0 != 0 }]
      }
      try check(kind, .fcntl, [1, 3]) { ["res": .number($0), "fd": 1, "cmd": 4, "arg": 0] }
      try check(kind, .fcntl, [1, 1034, 9]) { ["res": .number($0), "fd": 1, "cmd": 0, "arg": 9] }
      try check(kind, .flock, [999, 2 | 4]) { _ in ["res": .number(Int64(-EBADF)), "fd": 999, "operation": 6] }
      try check(kind, .io_uring_setup, [4, 16]) {
        [
          "res": .number($0), "entries": 4, "sq_entries": 0, "cq_entries": 0, "flags": 0, "sq_thread_cpu": 0,
          "sq_thread_idle": 0, "features": 0,
        ]
      }
      try check(kind, .access, [text("/etc"), 4]) { _ in ["res": 0, "name": "/etc", "mode": 4] }
      try check(kind, .futex, [16, 0x81, 1]) { ["res": .number($0), "addr": 16, "op": 0x81, "val": 1] }
    }

    @Test(arguments: drivers) func waiting(_ kind: DriverKind) throws {
      let ends = UnsafeMutablePointer<Int32>.allocate(capacity: 2)
      call(.pipe, address(ends))
      defer {
        close(ends[0])
        close(ends[1])
      }
      let entries = leak(.wire(ends[0], UInt16(1), UInt16(0)) + .wire(ends[1], UInt16(4), UInt16(0)))
      let list: [UInt8] = .wire(UInt16(2), Int64(ends[0]), UInt16(0), Int64(ends[1]), UInt16(4))
      try check(kind, .poll, [entries, 2, 0]) { _ in ["res": 1, "fds": .bytes(list), "timeout": 0] }
      try check(kind, .ppoll, [entries, 2, leak(.wire(UInt64(0), UInt64(5))), 0, 8]) { _ in
        // The kernel has written the time that was left into the caller's structure by then.
        ["res": 1, "fds": .bytes(list), "timeout": .satisfying { (0...5).contains($0) }, "sigmask": 0]
      }
      try check(kind, .nanosleep, [leak(.wire(UInt64(0), UInt64(1000))), 0]) { _ in ["res": 0, "interval": 1000] }
      try check(kind, .eventfd2, [3, 0x80800]) { result in
        close(Int32(result))
        return ["res": .number(result), "flags": 0x1040, "initval": 3]
      }
      try check(kind, .epoll_create1, [0x80000]) { result in
        close(Int32(result))
        return ["res": .number(result), "flags": .satisfying { $0 != 0 }]
      }
    }

    @Test(arguments: drivers) func limits(_ kind: DriverKind) throws {
      let memory = leak([UInt8](repeating: 0, count: 16))
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(7), &limit)
      let soft = Expected.number(Int64(bitPattern: UInt64(limit.rlim_cur))),
        hard = Expected.number(Int64(bitPattern: UInt64(limit.rlim_max)))
      try check(kind, .getrlimit, [7, memory]) { _ in ["res": 0, "cur": soft, "max": hard, "resource": 7] }
      try check(kind, .getrlimit, [99, memory]) { _ in
        ["res": .number(Int64(-EINVAL)), "cur": -1, "max": -1, "resource": 255]
      }
      try check(kind, .prlimit64, [0, 7, 0, memory]) { _ in
        ["res": 0, "newcur": 0, "newmax": 0, "oldcur": soft, "oldmax": hard, "pid": 0, "resource": 7]
      }
    }

    @Test(arguments: drivers) func keysAndSemaphores(_ kind: DriverKind) throws {
      try check(kind, .keyctl, [10, 1, text("user"), text("windhover")]) { result in
        [
          "res": .number(result), "operation": 10, "arg2": .bytes([0] + .wire(UInt64(1))),
          "arg3": .bytes([1] + strings(["user"])), "arg4": .bytes([1] + strings(["windhover"])),
          "arg5": .bytes([0] + .wire(UInt64(0))),
        ]
      }
      try check(kind, .semget, [0x1234, 1, 0o1600]) {
        ["res": .number($0), "key": 0x1234, "nsems": 1, "semflg": 0x2000]
      }
      try check(kind, .semctl, [999_999, 0, 16, 5]) {
        ["res": .number($0), "semid": 999_999, "semnum": 0, "cmd": 0x1000, "val": 5]
      }
      try check(kind, .semop, [999_999, leak(.wire(UInt16(1), Int16(-1), Int16(0))), 1]) {
        [
          "res": .number($0), "nsops": 1, "sem_num_0": 0, "sem_op_0": 0, "sem_flg_0": 0, "sem_num_1": 0, "sem_op_1": 0,
          "sem_flg_1": 0, "semid": 999_999,
        ]
      }
    }

    /// Number 20 is getpid for 32-bit calls and writev for 64-bit ones.
    @Test(arguments: drivers) func callsOfTheOtherABIAreNotMisread(_ kind: DriverKind) throws {
      var result: Int64 = 0
      let events = try record(kind, [.writev]) {
        result = wh_foreign_call(20, 1, 2, 3)
        call(.writev, 999, 0, 0)
      }
      #expect(result == Int64(getpid()) || result == Int64(-ENOSYS))
      #expect(try events.only(.writev)["fd"] == Int64(999))
    }

    @Test(arguments: drivers) func ownProcessIsLeftOut(_ kind: DriverKind) throws {
      var options = CaptureOptions()
      options.ignoredProcess = getpid()
      let events = try record(kind, [.getuid], options: options) { call(.getuid) }
      #expect(events.of(.getuid).isEmpty)
    }
  }
}
