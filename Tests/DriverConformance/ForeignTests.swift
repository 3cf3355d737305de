import CCalls
import Capture
import EventSchema
import Glibc
import Testing

/// Whether the kernel takes 32-bit calls at all: asked of the kernel, because CONFIG_IA32_EMULATION and the boot
/// parameter `ia32_emulation` both decide.
private let has32BitCalls = wh_has_foreign_calls() != 0

extension Conformance {
  /// 32-bit calls on a 64-bit kernel, by int 0x80 from this process: other numbers, registers and structures, and the
  /// same events. What they have to hold is what the same call gives a 64-bit caller.
  @Suite(.enabled(if: has32BitCalls, "this kernel takes no 32-bit calls (IA32 emulation is off)"))
  struct ForeignTests {
    /// Bytes that a 32-bit pointer can reach.
    private func low(_ bytes: [UInt8]) -> UInt32 {
      let memory = wh_low_memory(max(bytes.count, 1))
      precondition(memory != 0, "no memory below 4 GiB")
      UnsafeMutableRawPointer(bitPattern: UInt(memory))!.copyMemory(from: bytes, byteCount: bytes.count)
      return memory
    }
    private func low(_ text: String) -> UInt32 { low(Array(text.utf8) + [0]) }
    private func value<T>(_ at: UInt32, as: T.Type) -> T {
      UnsafeRawPointer(bitPattern: UInt(at))!.loadUnaligned(as: T.self)
    }

    /// Makes one 32-bit call by its own number and compares its only event of `type`.
    private func check(
      _ kind: DriverKind, _ type: EventType, _ number: Int64, _ arguments: UInt32...,
      sourceLocation: SourceLocation = #_sourceLocation, expected: (Int64) -> KeyValuePairs<String, Expected>
    ) throws {
      var result: Int64 = 0
      let a = arguments + [UInt32](repeating: 0, count: 6 - arguments.count)
      let events = try record(kind, [type]) { result = wh_foreign_call6(number, a[0], a[1], a[2], a[3], a[4], a[5]) }
      let values = expected(result)
      let found = events.of(type)
      #expect(found.count == 1, "call \(number) made \(found.count) events", sourceLocation: sourceLocation)
      found.first?.expect(values, sourceLocation: sourceLocation)
    }

    private let noDirectory = Expected.number(Int64(-ENOENT))

    @Test(arguments: drivers) func opens(_ kind: DriverKind) throws {
      let scratch = try Scratch()
      let path = scratch.file("new"), at = low(path)
      try check(kind, .open, 5, at, UInt32(O_CREAT | O_RDWR), 0o640) { descriptor in
        let file = status(of: descriptor)
        close(Int32(descriptor))
        return [
          "fd": .number(descriptor), "name": .text(path), "flags": 0x4007, "mode": 0o640,
          "dev": .number(Int64(wh_encoded_device(UInt64(file.st_dev)))), "ino": .number(Int64(file.st_ino)),
          "realpath": .empty,
        ]
      }
      try check(kind, .openat, 295, UInt32(bitPattern: -100), low("/no/such"), UInt32(O_RDONLY)) { _ in
        [
          "fd": noDirectory, "dirfd": -100, "name": "/no/such", "flags": 1, "mode": 0, "dev": 0, "ino": 0,
          "realpath": .empty,
        ]
      }
      try check(kind, .openat_enter, 295, UInt32(bitPattern: -100), low("/no/such"), UInt32(O_RDONLY)) { _ in
        ["dirfd": -100, "name": "/no/such", "flags": 1, "mode": 0]
      }
    }

    @Test(arguments: drivers) func readsAndWrites(_ kind: DriverKind) throws {
      let scratch = try Scratch()
      let descriptor = open(scratch.file("a"), O_RDWR | O_CREAT, 0o600)
      defer { close(descriptor) }
      let fd = UInt32(descriptor), number = Expected.number(Int64(descriptor))
      let data = low("0123456789"), buffer = low([UInt8](repeating: 0, count: 64))
      try check(kind, .write, 4, fd, data, 10) { _ in
        ["res": 10, "data": .bytes(Array("0123456789".utf8)), "fd": number, "size": 10]
      }
      // The position comes in two halves.
      try check(kind, .pwrite, 181, fd, data, 2, 5, 1) { _ in
        ["res": 2, "data": .bytes(Array("01".utf8)), "fd": number, "size": 2, "pos": 0x1_0000_0005]
      }
      try check(kind, .pread, 180, fd, buffer, 4, 3, 0) { _ in
        ["res": 4, "data": .bytes(Array("3456".utf8)), "fd": number, "size": 4, "pos": 3]
      }
      try check(kind, .lseek, 19, fd, UInt32(bitPattern: -4), 1) { result in
        ["res": .number(result), "fd": number, "offset": -4, "whence": 1]
      }
      try check(kind, .llseek, 140, fd, 1, 2, buffer, 0) { _ in
        ["res": 0, "fd": number, "offset": 0x1_0000_0002, "whence": 0]
      }
      lseek(descriptor, 0, SEEK_SET)
      let vectors = low(.wire(buffer, UInt32(3), buffer + 3, UInt32(4)))
      try check(kind, .readv, 145, fd, vectors, 2) { _ in
        ["res": 7, "size": 7, "data": .bytes(Array("0123456".utf8)), "fd": number]
      }
      try check(kind, .writev, 146, 999, low(.wire(data, UInt32(2), data + 5, UInt32(3))), 2) { _ in
        ["res": .number(Int64(-EBADF)), "data": .bytes(Array("01567".utf8)), "fd": 999, "size": 5]
      }
      try check(kind, .sendfile, 187, 999, fd, low(.wire(UInt32(7), UInt32(9))), 10) { _ in
        ["res": .number(Int64(-EBADF)), "offset": 7, "out_fd": 999, "in_fd": number, "size": 10]
      }
    }

    @Test(arguments: drivers) func memory(_ kind: DriverKind) throws {
      let any = Expected.satisfying { $0 > 0 }
      try check(kind, .mmap2, 192, 0, 4096, 1, 0x22, UInt32(bitPattern: -1), 3) {
        [
          "res": .number($0 & 0xffff_ffff), "vm_size": any, "vm_rss": any, "vm_swap": 0, "addr": 0, "length": 4096,
          "prot": 1, "flags": .satisfying { $0 & 0x2 != 0 }, "fd": -1, "pgoffset": 3,
        ]
      }
      let asked = low(.wire(UInt32(0), UInt32(8192), UInt32(3), UInt32(0x22), Int32(-1), UInt32(0x1000)))
      try check(kind, .mmap, 90, asked) {
        [
          "res": .number($0 & 0xffff_ffff), "vm_size": any, "vm_rss": any, "vm_swap": 0, "addr": 0, "length": 8192,
          "prot": 3, "flags": .satisfying { $0 & 0x2 != 0 }, "fd": -1, "offset": 0x1000,
        ]
      }
    }

    @Test(arguments: drivers) func socketcallIsWhatItAsksFor(_ kind: DriverKind) throws {
      var ends: [Int32] = [0, 0]
      let pair = low(.wire(UInt64(0)))
      try check(kind, .socketpair, 102, 8, low(.wire(UInt32(1), UInt32(1), UInt32(0), pair))) { _ in
        ends = [value(pair, as: Int32.self), value(pair + 4, as: Int32.self)]
        return [
          "res": 0, "fd1": .number(Int64(ends[0])), "fd2": .number(Int64(ends[1])), "source": .satisfying { $0 != 0 },
          "peer": .satisfying { $0 != 0 }, "domain": 1, "type": 1, "proto": 0,
        ]
      }
      defer { for end in ends { close(end) } }
      let (a, b) = (UInt32(ends[0]), UInt32(ends[1]))
      let data = low("hello"), buffer = low([UInt8](repeating: 0, count: 64))
      let isUnix: ([UInt8]) -> Bool = { $0.first == 1 && $0.count == 18 && $0.last == 0 }
      let hello = Expected.bytes(Array("hello".utf8))
      // send and recv are calls here only; on 64 bits they are sendto and recvfrom.
      try check(kind, .send, 102, 9, low(.wire(a, data, UInt32(5), UInt32(0)))) { _ in
        ["res": 5, "data": hello, "fd": .number(Int64(a)), "size": 5, "tuple": .bytesSatisfying(isUnix)]
      }
      try check(kind, .recv, 102, 10, low(.wire(b, buffer, UInt32(64), UInt32(0)))) { _ in
        ["res": 5, "data": hello, "fd": .number(Int64(b)), "size": 64, "tuple": .bytesSatisfying(isUnix)]
      }
      let message = low(
        .wire(
          UInt32(0), Int32(0), low(.wire(data, UInt32(2), data + 2, UInt32(3))), UInt32(2), UInt32(0), UInt32(0),
          UInt32(0)))
      try check(kind, .sendmsg, 102, 16, low(.wire(a, message, UInt32(0)))) { _ in
        ["res": 5, "data": hello, "fd": .number(Int64(a)), "size": 5, "tuple": .bytesSatisfying(isUnix)]
      }
      let room = low(
        .wire(UInt32(0), Int32(0), low(.wire(buffer, UInt32(64))), UInt32(1), UInt32(0), UInt32(0), UInt32(0)))
      try check(kind, .recvmsg, 372, b, room, 0) { _ in
        [
          "res": 5, "size": 5, "data": hello, "tuple": .bytesSatisfying(isUnix), "msgcontrol": .empty,
          "fd": .number(Int64(b)),
        ]
      }
      let loopback = low([2, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
      try check(kind, .connect, 102, 3, low(.wire(UInt32(999), loopback, UInt32(16)))) { _ in
        ["res": .number(Int64(-EBADF)), "tuple": .empty, "fd": 999, "addr": .bytes([2, 127, 0, 0, 1, 80, 0])]
      }
      try check(kind, .setsockopt, 366, a, 1, UInt32(SO_RCVTIMEO), low(.wire(Int32(2), Int32(500_000))), 8) { _ in
        [
          "res": 0, "fd": .number(Int64(a)), "level": 1, "optname": 20,
          "val": .bytes([4] + .wire(Int64(2_500_000_000))), "optlen": 8,
        ]
      }
    }

    @Test(arguments: drivers) func severalMessagesMakeOneEventEach(_ kind: DriverKind) throws {
      var ends: [Int32] = [0, 0]
      try #require(socketpair(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0, &ends) == 0)
      defer { for end in ends { close(end) } }
      var messages: [UInt8] = []
      for part in ["one", "three"] {
        let vectors = low(.wire(low(part), UInt32(part.utf8.count)))
        messages += .wire(UInt32(0), Int32(0), vectors, UInt32(1), UInt32(0), UInt32(0), UInt32(0), UInt32(0))
      }
      let vector = low(messages)
      let events = try record(kind, [.sendmmsg]) { _ = wh_foreign_call6(345, UInt32(ends[0]), vector, 2, 0, 0, 0) }
      let made = events.of(.sendmmsg)
      try #require(made.count == 2)
      for (index, part) in ["one", "three"].enumerated() {
        made[index].expect([
          "res": .number(Int64(part.utf8.count)), "fd": .number(Int64(ends[0])),
          "size": .number(Int64(part.utf8.count)), "data": .bytes(Array(part.utf8)),
          "tuple": .bytesSatisfying { $0.first == 1 },
        ])
      }
    }

    @Test(arguments: drivers) func ipcIsWhatItAsksFor(_ kind: DriverKind) throws {
      try check(kind, .semget, 117, 2, 0x1234, 1, 0o1600) {
        ["res": .number($0), "key": 0x1234, "nsems": 1, "semflg": 0x2000]
      }
      // The value lies where the pointer leads, the command carries a version bit.
      try check(kind, .semctl, 117, 3, 999_999, 0, 16 | 0x100, low(.wire(UInt32(5)))) {
        ["res": .number($0), "semid": 999_999, "semnum": 0, "cmd": 0x1000, "val": 5]
      }
      try check(kind, .semop, 117, 1, 999_999, 1, 0, low(.wire(UInt16(1), Int16(-1), Int16(0)))) {
        [
          "res": .number($0), "nsops": 1, "sem_num_0": 0, "sem_op_0": 0, "sem_flg_0": 0, "sem_num_1": 0, "sem_op_1": 0,
          "sem_flg_1": 0, "semid": 999_999,
        ]
      }
    }

    @Test(arguments: drivers) func idsOfBothWidths(_ kind: DriverKind) throws {
      let all = Expected.number(0xffff_ffff), own = Expected.number(Int64(getuid()))
      try check(kind, .setresuid, 164, 0xffff, 0xffff, 0xffff) { _ in
        ["res": 0, "ruid": all, "euid": all, "suid": all]
      }
      try check(kind, .setresuid, 208, .max, .max, .max) { _ in ["res": 0, "ruid": all, "euid": all, "suid": all] }
      try check(kind, .chown, 182, low("/no/such"), 7, 0xffff) { _ in
        ["res": noDirectory, "path": "/no/such", "uid": 7, "gid": all]
      }
      let ids = low([UInt8](repeating: 0xee, count: 12))
      try check(kind, .getresuid, 165, ids, ids + 4, ids + 8) { _ in ["res": 0, "ruid": own, "euid": own, "suid": own] }
      try check(kind, .getuid, 24) { _ in ["uid": own] }
      try check(kind, .getuid, 199) { _ in ["uid": own] }
    }

    @Test(arguments: drivers) func structuresOf32Bits(_ kind: DriverKind) throws {
      try check(kind, .nanosleep, 162, low(.wire(Int32(0), Int32(1000))), 0) { _ in ["res": 0, "interval": 1000] }
      let limit = low(.wire(UInt64(0)))
      try check(kind, .getrlimit, 191, 7, limit) { _ in
        let (soft, hard) = (value(limit, as: UInt32.self), value(limit + 4, as: UInt32.self))
        return [
          "res": 0, "cur": .number(soft == .max ? -1 : Int64(soft)), "max": .number(hard == .max ? -1 : Int64(hard)),
          "resource": 7,
        ]
      }
      let ends = low(.wire(UInt64(0)))
      try check(kind, .pipe, 42, ends) { _ in
        let (first, second) = (value(ends, as: Int32.self), value(ends + 4, as: Int32.self))
        defer {
          close(first)
          close(second)
        }
        return [
          "res": 0, "fd1": .number(Int64(first)), "fd2": .number(Int64(second)),
          "ino": .number(Int64(status(of: Int64(first)).st_ino)),
        ]
      }
    }

    @Test(arguments: drivers) func callsThatOnly32BitProgramsHave(_ kind: DriverKind) throws {
      let path = low("/no/such")
      try check(kind, .stat64, 195, path, 0) { _ in ["res": noDirectory, "path": "/no/such"] }
      try check(kind, .lstat64, 196, path, 0) { _ in ["res": noDirectory, "path": "/no/such"] }
      try check(kind, .fstat64, 197, 999, 0) { _ in ["res": .number(Int64(-EBADF))] }
      try check(kind, .umount, 22, path) { ["res": .number($0), "name": "/no/such"] }
      var result: Int64 = 0
      let events = try record(kind, [.generic], calls: [.getpid, .waitpid]) {
        result = wh_foreign_call6(20, 0, 0, 0, 0, 0, 0)
        _ = wh_foreign_call6(7, UInt32(bitPattern: -1), 0, 1, 0, 0, 0)
        // Number 20 is writev for 64 bits, 39 mkdir for 32: neither is asked for.
        _ = call(.writev, 999, 0, 0)
        _ = wh_foreign_call6(39, path, 0, 0, 0, 0, 0)
      }
      #expect(result == Int64(getpid()))
      let made = events.of(.generic)
      try #require(made.count == 2)
      // The native number is the one that the architecture itself has for the call.
      made[0].expect(["ID": .number(Int64(SyscallCode.getpid.rawValue)), "nativeID": .number(number(.getpid))])
      made[1].expect(["ID": .number(Int64(SyscallCode.waitpid.rawValue)), "nativeID": 0xffff])
    }

    @Test(arguments: drivers) func failedExecReadsSmallPointers(_ kind: DriverKind) throws {
      var child: Int64 = 0, result: Int64 = 0
      let arguments = low(.wire(low("zero"), low("one"), low("two"), UInt32(0)))
      let environment = low(.wire(low("E=5"), UInt32(0)))
      let events = try record(kind, [.execve]) {
        child = wh_foreign_call_in_child(&result, 11, low("/no/such/program"), arguments, environment)
      }
      #expect(result == Int64(-ENOENT))
      let event = try events.only(.execve, thread: child)
      #expect(event[text: "exe"] == "zero")
      #expect(event[bytes: "args"] == strings(["one", "two"]))
      #expect(event[bytes: "env"] == strings(["E=5"]))
      #expect(event[text: "filename"] == "/no/such/program")
    }

    @Test(arguments: drivers) func aWhole32BitProgramIsSeen(_ kind: DriverKind) throws {
      let scratch = try Scratch()
      let program = scratch.file("small")
      try #require(wh_write_ia32_program(program) == 0)
      var child: pid_t = 0
      let events = try record(kind, [.open, .socket, .connect, .execve, .procexit]) {
        child = try spawn(program, ["small"], [])
        var status: Int32 = 0
        waitpid(child, &status, 0)
      }
      let thread = Int64(child)
      let opened = try events.only(.open, thread: thread)
      #expect(opened[text: "name"] == "/etc/passwd" && opened["fd"]! >= 0)
      let socket = try events.only(.socket, thread: thread)
      #expect(socket["domain"] == Int64(2) && socket["type"] == Int64(1) && socket["fd"]! >= 0)
      try events.only(.connect, thread: thread).expect([
        "res": .number(Int64(-ECONNREFUSED)), "tuple": .empty, "fd": .number(socket["fd"]!),
        "addr": .bytes([2, 127, 0, 0, 1, 1, 0]),
      ])
      let execs = events.of(.execve, thread: thread)
      try #require(execs.count == 3)
      #expect(execs.map { $0["res"] } == [0, Int64(-ENOENT), 0])
      #expect(execs.map { $0[text: "filename"] } == [program, "/no/such/program", "/bin/true"])
      for exec in execs.dropFirst() {
        #expect(exec[text: "exe"] == "small")
        #expect(exec[bytes: "args"] == strings(["world"]))
        #expect(exec[bytes: "env"] == strings(["BITS=32"]))
      }
      #expect(try events.only(.procexit, thread: thread)["status"] == Int64(0))
    }
  }
}
