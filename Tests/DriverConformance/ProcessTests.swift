import CCalls
import Capture
import EventSchema
import Glibc
import Testing

extension Conformance {
  /// The clone family, exec and the end of a process.
  @Suite struct ProcessTests {
    /// The parameters that clone, fork, vfork and clone3 events share, with values from /proc and getrlimit.
    private func checkTask(
      _ event: RecordedEvent, result: Int64, tid: Int64, pid: Int64, parent: Int64, flags: Int64,
      sourceLocation: SourceLocation = #_sourceLocation
    ) {
      let arguments = commandLine()
      // The kernel counts pages per CPU, and other threads of this process move them.
      let someMemory = Expected.satisfying { $0 >= 0 }
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(7), &limit)
      event.expect(
        [
          "res": .number(result), "exe": result < 0 ? .empty : .text(arguments[0]),
          "args": result < 0 ? .empty : .bytes(strings(Array(arguments.dropFirst()))), "tid": .number(tid),
          "pid": .number(pid),
          // The parent's thread that made the task, whichever it was.
          "ptid": .satisfying { processOf(thread: $0) == parent }, "cwd": .empty,
          "fdlimit": .number(Int64(bitPattern: UInt64(limit.rlim_cur))), "pgft_maj": someMemory, "pgft_min": someMemory,
          "vm_size": .satisfying { $0 > 0 }, "vm_rss": someMemory, "vm_swap": someMemory,
          "comm": .text(fileText("/proc/self/task/\(wh_thread_id())/comm").dropLast().description),
          "cgroups": .bytesSatisfying { $0.starts(with: Array("cpuset=/".utf8)) && $0.last == 0 },
          "flags": .number(flags), "uid": .number(Int64(geteuid())), "gid": .number(Int64(getegid())),
          "vtid": .number(tid), "vpid": .number(pid),
          // The start of the namespace's init on the monotonic clock; told to children only.
          "pidns_init_start_ts": .satisfying { result == 0 ? $0 > 0 : $0 == 0 },
        ], sourceLocation: sourceLocation)
    }

    @Test(arguments: drivers) func forkMakesOneEventInEachProcess(_ kind: DriverKind) throws {
      var child: Int64 = -1
      let events = try record(kind, [.fork, .procexit]) { child = wh_child_by(number(.fork), 0, 7) }
      checkTask(
        try events.only(.fork), result: child, tid: wh_thread_id(), pid: Int64(getpid()), parent: Int64(getppid()),
        flags: 0)
      checkTask(
        try events.only(.fork, thread: child), result: 0, tid: child, pid: child, parent: Int64(getpid()), flags: 0)
      let ended = try events.only(.procexit, thread: child)
      ended.expect(["status": 0x700, "ret": 7, "sig": 0, "core": 0, "reaper_tid": 0])
    }

    @Test(arguments: drivers, [SyscallCode.clone, .clone3, .vfork])
    func cloneReportsItsFlags(_ kind: DriverKind, _ code: SyscallCode) throws {
      let type = Schema.syscall(code)!.event
      let flags: UInt64 = code == .vfork ? 0 : 0x400 | 0x200  // CLONE_FILES and CLONE_FS
      var child: Int64 = -1
      let events = try record(kind, [type]) { child = wh_child_by(number(code), flags, 0) }
      try #require(child > 0)
      let shown: Int64 = code == .vfork ? 0 : 0x3
      checkTask(
        try events.only(type), result: child, tid: wh_thread_id(), pid: Int64(getpid()), parent: Int64(getppid()),
        flags: shown)
      checkTask(
        try events.only(type, thread: child), result: 0, tid: child, pid: child, parent: Int64(getpid()), flags: shown)
    }

    @Test(arguments: drivers) func failedCloneHasNoProgramName(_ kind: DriverKind) throws {
      // CLONE_THREAD without CLONE_SIGHAND is refused.
      let events = try record(kind, [.clone]) { call(.clone, 0x10000) }
      let event = try events.only(.clone)
      checkTask(
        event, result: Int64(-EINVAL), tid: wh_thread_id(), pid: Int64(getpid()), parent: Int64(getppid()),
        flags: 0x2000)
    }

    @Test(arguments: drivers) func execveDescribesTheNewImage(_ kind: DriverKind) throws {
      var child: pid_t = 0
      var status: Int32 = 0
      let arguments = ["true-by-another-name", "-x", "two words", ""]
      let environment = ["A=1", "LONGER=value with blanks"]
      let events = try record(kind, [.execve, .procexit]) {
        child = try spawn("/bin/true", arguments, environment)
        waitpid(child, &status, 0)
      }
      let file = fileStatus("/bin/true")
      let event = try events.only(.execve, thread: Int64(child))
      let path = try realPath("/bin/true")
      event.expect([
        "res": 0, "exe": "true-by-another-name", "args": .bytes(strings(Array(arguments.dropFirst()))),
        "tid": .number(Int64(child)), "pid": .number(Int64(child)), "ptid": .satisfying { $0 > 0 }, "cwd": .empty,
        "fdlimit": .satisfying { $0 > 0 }, "pgft_maj": .satisfying { $0 >= 0 }, "pgft_min": .satisfying { $0 > 0 },
        // The kernel counts pages per CPU: a new image's few pages may not show yet.
        "vm_size": .satisfying { $0 > 0 }, "vm_rss": .satisfying { $0 >= 0 }, "vm_swap": 0, "comm": "true",
        "cgroups": .bytesSatisfying { $0.starts(with: Array("cpuset=/".utf8)) }, "env": .bytes(strings(environment)),
        "tty": .satisfying { $0 >= 0 }, "vpgid": .number(Int64(getpgrp())),
        "loginuid": .number(Int64(UInt32(fileText("/proc/self/loginuid")) ?? .max)),
        "flags": .satisfying { $0 & ~0xb == 0 && ($0 & 1 != 0) == (geteuid() == 0) },
        "cap_inheritable": .number(capabilities("CapInh")), "cap_permitted": .number(capabilities("CapPrm")),
        "cap_effective": .number(capabilities("CapEff")), "exe_ino": .number(Int64(file.st_ino)),
        "exe_ino_ctime": .number(nanoseconds(file.st_ctim)), "exe_ino_mtime": .number(nanoseconds(file.st_mtim)),
        "uid": .number(Int64(geteuid())), "trusted_exepath": .text(path), "pgid": .number(Int64(getpgrp())),
        "gid": .number(Int64(getegid())), "filename": "/bin/true",
      ])
    }

    @Test(arguments: drivers) func failedExecveShowsWhatItAskedFor(_ kind: DriverKind) throws {
      var child: Int64 = 0
      var result: Int64 = 0
      let arguments = ["zero", "one", "two"], environment = ["E=5"]
      let events = try record(kind, [.execve]) {
        child = wh_call_in_child(
          &result, number(.execve), text("/no/such/program"), vector(arguments), vector(environment), 0, 0, 0)
      }
      #expect(result == Int64(-ENOENT))
      let event = try events.only(.execve, thread: child)
      #expect(event["res"] == Int64(-ENOENT))
      #expect(event[text: "exe"] == "zero")
      #expect(event[bytes: "args"] == strings(["one", "two"]))
      #expect(event[bytes: "env"] == strings(environment))
      #expect(event[text: "filename"] == "/no/such/program")
      #expect(event["tid"] == child)
      #expect(event[text: "trusted_exepath"] == (try realPath("/proc/self/exe")))
    }

    @Test(arguments: drivers) func failedExecveWithoutVectorsHasAnEmptyName(_ kind: DriverKind) throws {
      var child: Int64 = 0
      var result: Int64 = 0
      let events = try record(kind, [.execve]) {
        child = wh_call_in_child(&result, number(.execve), text("/no/such"), 0, 0, 0, 0, 0)
      }
      let event = try events.only(.execve, thread: child)
      #expect(event[bytes: "exe"] == [0])
      #expect(event[bytes: "args"].isEmpty)
      #expect(event[bytes: "env"].isEmpty)
    }

    @Test(arguments: drivers) func argumentsAndEnvironmentStopAt4096Bytes(_ kind: DriverKind) throws {
      var child: pid_t = 0
      let long = String(repeating: "a", count: 6000)
      let events = try record(kind, [.execve]) {
        child = try spawn("/bin/true", ["true", long], ["LONG=\(long)"])
        var status: Int32 = 0
        waitpid(child, &status, 0)
      }
      let event = try events.only(.execve, thread: Int64(child))
      #expect(event[text: "exe"] == "true")
      #expect(event[bytes: "args"] == strings([String(long.prefix(4096 - 5 - 1))]))
      #expect(event[bytes: "env"] == strings([String("LONG=\(long)".prefix(4095))]))
    }

    @Test(arguments: drivers) func failedExecveatHasNoFilename(_ kind: DriverKind) throws {
      var child: Int64 = 0
      var result: Int64 = 0
      let events = try record(kind, [.execveat]) {
        child = wh_call_in_child(
          &result, number(.execveat), negative(-100), text("/no/such"), vector(["me", "x"]), vector(["V=1"]), 0, 0)
      }
      let event = try events.only(.execveat, thread: child)
      let own = fileStatus("/proc/self/exe")
      let some = Expected.satisfying { $0 >= 0 }
      // What was asked for, and of the rest what the unchanged caller is.
      event.expect([
        "res": .number(Int64(-ENOENT)), "exe": "me", "args": .bytes(strings(["x"])), "tid": .number(child),
        "pid": .number(child), "ptid": .satisfying { processOf(thread: $0) == Int64(getpid()) }, "cwd": .empty,
        "fdlimit": .satisfying { $0 > 0 }, "pgft_maj": some, "pgft_min": some, "vm_size": .satisfying { $0 > 0 },
        "vm_rss": some, "vm_swap": some,
        "comm": .text(fileText("/proc/self/task/\(wh_thread_id())/comm").dropLast().description),
        "cgroups": .bytesSatisfying { $0.starts(with: Array("cpuset=/".utf8)) }, "env": .bytes(strings(["V=1"])),
        "tty": some, "vpgid": .number(Int64(getpgrp())),
        "loginuid": .number(Int64(UInt32(fileText("/proc/self/loginuid")) ?? .max)),
        "flags": .satisfying { $0 & ~0xb == 0 && ($0 & 1 != 0) == (geteuid() == 0) },
        "cap_inheritable": .number(capabilities("CapInh")), "cap_permitted": .number(capabilities("CapPrm")),
        "cap_effective": .number(capabilities("CapEff")), "exe_ino": .number(Int64(own.st_ino)),
        "exe_ino_ctime": .number(nanoseconds(own.st_ctim)), "exe_ino_mtime": .number(nanoseconds(own.st_mtim)),
        "uid": .number(Int64(geteuid())), "trusted_exepath": .text(try realPath("/proc/self/exe")),
        "pgid": .number(Int64(getpgrp())), "gid": .number(Int64(getegid())),
      ])
    }

    @Test(arguments: drivers) func executableFromMemoryIsMarked(_ kind: DriverKind) throws {
      var child: Int64 = 0
      var result: Int64 = 0
      let descriptor = Int32(call(.memfd_create, text("hidden"), 1))
      let program = open("/bin/true", O_RDONLY)
      var offset = 0
      while sendfile(descriptor, program, &offset, 1 << 20) > 0 {}
      let events = try record(kind, [.execveat]) {
        child = wh_call_in_child(
          &result, number(.execveat), UInt64(descriptor), text(""), vector(["me"]), vector([]), 0x1000, 0)
      }
      close(descriptor)
      close(program)
      let event = try events.only(.execve, thread: child)
      #expect(event["res"] == Int64(0))
      #expect(event["flags"]! & 0x4 != 0)
      #expect(event[text: "trusted_exepath"] == "memfd:hidden")
      #expect(event[text: "filename"] == "/dev/fd/\(descriptor)")
    }

    @Test(arguments: drivers) func killedProcessReportsItsSignal(_ kind: DriverKind) throws {
      var child: pid_t = 0
      let events = try record(kind, [.procexit, .kill, .signaldeliver]) {
        child = try spawn("/bin/sleep", ["sleep", "100"], [])
        call(.kill, UInt64(child), UInt64(SIGTERM))
        var status: Int32 = 0
        waitpid(child, &status, 0)
      }
      try events.only(.procexit, thread: Int64(child)).expect([
        "status": 15, "ret": 0, "sig": 15, "core": 0, "reaper_tid": 0,
      ])
      try events.only(.kill).expect(["res": 0, "pid": .number(Int64(child)), "sig": 15])
      // A signal that ends the process is delivered as SIGKILL, whose siginfo the kernel does not keep
      // (complete_signal in kernel/signal.c, Linux 6.18).
      // It does so only while nobody traces the process: a tracer is asked about the signal that was sent.
      let isTraced = kind == .ptrace
      try events.only(.signaldeliver, thread: Int64(child)).expect([
        "spid": .number(isTraced ? Int64(getpid()) : 0), "dpid": .number(Int64(child)), "sig": .number(isTraced ? 15 : 9),
      ])
    }

    @Test(arguments: drivers) func handledSignalNamesItsSender(_ kind: DriverKind) throws {
      var hangUp = sigset_t(), before = sigset_t()
      sigemptyset(&hangUp)
      sigaddset(&hangUp, SIGHUP)
      let previous = signal(SIGHUP) { _ in }
      pthread_sigmask(SIG_UNBLOCK, &hangUp, &before)
      defer {
        pthread_sigmask(SIG_SETMASK, &before, nil)
        signal(SIGHUP, previous)
      }
      let pid = Int64(getpid()), tid = wh_thread_id()
      let events = try record(kind, [.tgkill, .signaldeliver]) {
        call(.tgkill, UInt64(pid), UInt64(tid), UInt64(SIGHUP))
        call(.tgkill, UInt64(pid), UInt64(tid), 99)
      }
      let made = events.of(.tgkill)
      try #require(made.count == 2)
      made[0].expect(["res": 0, "pid": .number(pid), "tid": .number(tid), "sig": 1])
      made[1].expect(["res": .number(Int64(-EINVAL)), "pid": .number(pid), "tid": .number(tid), "sig": 99])
      try events.only(.signaldeliver).expect(["spid": .number(pid), "dpid": .number(tid), "sig": 1])
    }

    @Test(arguments: drivers) func endingParentNamesTheReaperOfItsChildren(_ kind: DriverKind) throws {
      // The shell ends while its child sleeps; this process adopts it.
      let setChildSubreaper: UInt64 = 36
      #expect(call(.prctl, setChildSubreaper, 1) == 0)
      defer { call(.prctl, setChildSubreaper, 0) }
      var shell: pid_t = 0
      let events = try record(kind, [.procexit]) {
        shell = try spawn("/bin/sh", ["sh", "-c", "sleep 0.3 & exit 0"], ["PATH=/bin:/usr/bin"])
        // Not wait(2): it would take the children of tests that run beside this one. The sleeper stays a zombie.
        var status: Int32 = 0
        waitpid(shell, &status, 0)
      }
      let reaper = try events.only(.procexit, thread: Int64(shell))["reaper_tid"]!
      #expect(
        fileText("/proc/self/task/\(reaper)/comm").isEmpty == false, "the reaper \(reaper) is a thread of this process")
    }
  }
}

// MARK: - Independent sources

/// The strings one after the other, each with its NUL.
func strings(_ list: [String]) -> [UInt8] { list.flatMap { Array($0.utf8) + [0] } }

func fileText(_ path: String) -> String {
  guard let file = fopen(path, "r") else { return "" }
  defer { fclose(file) }
  var bytes = [UInt8](repeating: 0, count: 1 << 16)
  let count = fread(&bytes, 1, bytes.count, file)
  return String(decoding: bytes[..<count], as: UTF8.self)
}

/// The process that a living thread belongs to.
func processOf(thread: Int64) -> Int64? {
  let line = fileText("/proc/\(thread)/status").split(separator: "\n").first { $0.hasPrefix("Tgid:") }
  return line?.split(separator: "\t").last.flatMap { Int64($0) }
}

func commandLine() -> [String] {
  fileText("/proc/self/cmdline").split(separator: "\0", omittingEmptySubsequences: false).dropLast().map(String.init)
}

/// A capability set of this thread from /proc.
func capabilities(_ name: String) -> Int64 {
  let line = fileText("/proc/thread-self/status").split(separator: "\n").first { $0.hasPrefix("\(name):") } ?? ""
  return Int64(line.split(separator: "\t").last.map(String.init) ?? "", radix: 16) ?? -1
}

func realPath(_ path: String) throws -> String {
  guard let resolved = realpath(path, nil) else { throw NoSuchEvent(description: "realpath \(path): errno \(errno)") }
  defer { free(resolved) }
  return String(cString: resolved)
}

func fileStatus(_ path: String) -> stat {
  let descriptor = open(path, O_RDONLY)
  defer { close(descriptor) }
  return status(of: Int64(descriptor))
}

func nanoseconds(_ time: timespec) -> Int64 { Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec) }

/// A NULL-terminated vector of strings that stays for the rest of the process.
func vector(_ list: [String]) -> UInt64 {
  let memory = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: list.count + 1)
  for (index, string) in list.enumerated() { memory[index] = strdup(string) }
  memory[list.count] = nil
  return address(memory)
}

func spawn(_ path: String, _ arguments: [String], _ environment: [String]) throws -> pid_t {
  var child: pid_t = 0
  let argv = UnsafePointer<UnsafeMutablePointer<CChar>?>(bitPattern: UInt(vector(arguments)))!
  let envp = UnsafePointer<UnsafeMutablePointer<CChar>?>(bitPattern: UInt(vector(environment)))!
  // Whoever runs the tests may have blocked or ignored signals; the child shall die of them.
  var attributes = posix_spawnattr_t()
  var none = sigset_t(), all = sigset_t()
  sigemptyset(&none)
  sigfillset(&all)
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  posix_spawnattr_setsigmask(&attributes, &none)
  posix_spawnattr_setsigdefault(&attributes, &all)
  posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
  let result = posix_spawn(&child, path, nil, &attributes, argv, envp)
  guard result == 0 else { throw NoSuchEvent(description: "posix_spawn \(path): errno \(result)") }
  return child
}
