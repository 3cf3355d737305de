import EventSchema
import Glibc
import Testing

/// Numbers, names and types as the interface of capture files and drivers has them; kernel numbers from the kernel's
/// tables (arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h).
@Suite struct SchemaTests {
  @Test func eventsHaveTheCodesOfTheInterface() {
    #expect(EventType.generic.rawValue == 1)
    #expect(EventType.open.rawValue == 3)
    #expect(EventType.close.rawValue == 5)
    #expect(EventType.connect.rawValue == 23)
    #expect(EventType.sched_switch.rawValue == 152)
    #expect(EventType.procexit.rawValue == 186)
    #expect(EventType.clone.rawValue == 223)
    #expect(EventType.execve.rawValue == 293)
    #expect(EventType.openat_enter.rawValue == 306)
    #expect(EventType.openat.rawValue == 307)
    #expect(EventType.pluginevent.rawValue == 322)
    #expect(EventType.container.rawValue == 324)
    #expect(EventType.asyncevent.rawValue == 402)
  }

  @Test func everyCodeIsEvenForEntriesAndOddForFinishedCalls() {
    for event in Schema.events {
      let isExit = event.direction == .WH_DIRECTION_EXIT
      #expect((event.type.rawValue % 2 == 1) == isExit, "\(event.symbol)")
    }
  }

  @Test func execveHasThirtyOneParameters() throws {
    let execve = try #require(Schema.event(.execve))
    #expect(execve.name == "execve")
    #expect(execve.parameters.count == 31)
    #expect(execve.parameters.first?.name == "res")
    #expect(execve.parameters.map(\.name)[13...15] == ["comm", "cgroups", "env"])
    #expect(execve.parameters.last?.name == "filename")
    #expect(execve.parameters.last?.type == .WH_PT_FSPATH)
  }

  @Test func openatHasItsParametersInTheOrderOfTheWire() throws {
    let openat = try #require(Schema.event(.openat))
    #expect(openat.parameters.map(\.name) == ["fd", "dirfd", "name", "flags", "mode", "dev", "ino", "realpath"])
    #expect(
      openat.parameters.map(\.type) == [
        .WH_PT_FD, .WH_PT_FD, .WH_PT_FSRELPATH, .WH_PT_FLAGS32, .WH_PT_UINT32, .WH_PT_UINT32, .WH_PT_UINT64,
        .WH_PT_FSPATH,
      ])
    #expect(openat.parameters.map(\.byteCount) == [8, 8, 0, 4, 4, 4, 8, 0])
    #expect(openat.parameters[3].flagGroup == .file_flags)
    #expect(openat.flags.contains([.createsDescriptor, .modifiesState]))
    #expect(!openat.flags.contains(.largePayload))
  }

  @Test func entryAndExitOfACallShareItsName() {
    #expect(Schema.events(named: "openat").map(\.type) == [.openat_enter, .openat])
    #expect(Schema.events(named: "connect").map(\.type) == [.connect_enter, .connect])
    #expect(Schema.events(named: "nosuchcall").isEmpty)
  }

  /// The five calls whose arguments another thread could rewrite before the call ends.
  @Test func fiveCallsHaveAnEntryEvent() {
    let entries = Schema.events.filter { $0.symbol == $0.name + "_enter" && $0.category != .WH_CATEGORY_INTERNAL }
    #expect(Set(entries.map(\.name)) == ["open", "connect", "creat", "openat", "openat2"])
  }

  @Test(arguments: [
    ("read", 0, 63), ("openat", 257, 56), ("execve", 59, 221), ("getpid", 39, 172), ("connect", 42, 203),
    ("openat2", 437, 437), ("clone3", 435, 435), ("ptrace", 101, 117),
  ])
  func systemCallsHaveTheNumbersOfTheKernel(name: String, x86: Int, arm: Int) throws {
    let call = try #require(Schema.syscall(named: name))
    #expect(call.x86_64 == x86)
    #expect(call.aarch64 == arm)
    #expect(Schema.syscall(call.code)?.name == name)
  }

  @Test func callsThatAnArchitectureLacksHaveNoNumberThere() throws {
    let open = try #require(Schema.syscall(named: "open"))
    #expect(open.x86_64 == 2)
    #expect(open.aarch64 == nil)
  }

  @Test func callsWithoutAnEventOfTheirOwnAreGeneric() throws {
    #expect(Schema.syscall(named: "getpid")?.event == .generic)
    #expect(Schema.syscall(named: "openat")?.event == .openat)
    #expect(Schema.syscall(named: "getpid")?.code.rawValue == 16)
    #expect(Schema.syscall(named: "execve")?.code.rawValue == 324)
  }

  @Test func namesOfCallsAndTheirNumbersAreUnique() {
    #expect(Set(Schema.syscalls.map(\.name)).count == Schema.syscalls.count)
    for numbers in [Schema.syscalls.compactMap(\.x86_64), Schema.syscalls.compactMap(\.aarch64)] {
      #expect(Set(numbers).count == numbers.count)
    }
  }

  @Test func openFlagsHaveTheirPortableValues() throws {
    let group = try #require(Schema.flags(.file_flags))
    let values = Dictionary(uniqueKeysWithValues: group.flags.map { ($0.text, $0.value) })
    #expect(values["O_RDONLY"] == 0x1)
    #expect(values["O_WRONLY"] == 0x2)
    #expect(values["O_RDWR"] == 0x3)
    #expect(values["O_CREAT"] == 0x4)
    #expect(values["O_CLOEXEC"] == 0x1000)
    #expect(values["O_TMPFILE"] == 0x2000)
    #expect(values["O_F_CREATED"] == 0x4000)
    #expect(values["O_RDONLY"]! | values["O_CLOEXEC"]! == 0x1001)
    #expect(group.kind == .WH_KIND_MASK)
    // O_RDWR absorbs its two halves, so it must print before them.
    let order = group.flags.map(\.text)
    #expect(order.firstIndex(of: "O_RDWR")! < order.firstIndex(of: "O_WRONLY")!)
    #expect(order.firstIndex(of: "O_WRONLY")! < order.firstIndex(of: "O_RDONLY")!)
  }

  @Test func parametersThatNameAGroupNameOneThatExists() {
    for event in Schema.events {
      for parameter in event.parameters where parameter.flagGroup != .none {
        #expect(Schema.flags(parameter.flagGroup)?.flags.isEmpty == false, "\(event.symbol) \(parameter.name)")
      }
    }
  }

  @Test(arguments: [
    (ParameterType.WH_PT_BOOL, UInt32(4)), (.WH_PT_FD, 8), (.WH_PT_FD32, 4), (.WH_PT_SIGTYPE, 1), (.WH_PT_SYSCALLID, 2),
    (.WH_PT_PORT, 2), (.WH_PT_UID, 4), (.WH_PT_IPV6ADDR, 16), (.WH_PT_CHARBUF, 0), (.WH_PT_SOCKTUPLE, 0),
  ])
  func typesHaveTheirSizeOnTheWire(type: ParameterType, bytes: UInt32) {
    #expect(wh_param_size(type.rawValue) == bytes)
  }

  @Test func numbersBeyondTheTablesYieldNothing() {
    #expect(Schema.event(EventType(rawValue: 4)!)?.name == nil, "an old version of close")
    #expect(Schema.event(EventType(rawValue: 60_000)!)?.name == nil)
    #expect(EventType(rawValue: 60_000)!.flags == [])
    #expect(Schema.syscall(SyscallCode(rawValue: 60_000)!)?.name == nil)
    #expect(Schema.flags(FlagGroup(rawValue: 250)!)?.name == nil)
  }

  /// The kernel's own list is what the table must agree with. On x86 only: elsewhere the header is not installed.
  #if arch(x86_64)
  @Test func numbersOf32BitCallsAreTheKernels() throws {
    let places = ["/usr/include/x86_64-linux-gnu/asm/unistd_32.h", "/usr/include/asm/unistd_32.h"]
    let text = try #require(places.compactMap { contents($0) }.first, "linux-libc-dev is not installed")
    var known = 0
    for line in text.split(separator: "\n") where line.hasPrefix("#define __NR_") {
      let words = line.split(separator: " ")
      guard words.count == 3, let number = Int(words[2]) else { continue }
      let name = String(words[1].dropFirst("__NR_".count))
      guard let ours = Schema.ia32Name(number) else {
        #expect(Self.neverCalls.contains(name), "\(name) (\(number)) has no row")
        continue
      }
      #expect(ours == name)
      known += 1
    }
    #expect(known > 400)
    let slots = Schema.callSlots
    #expect(Set(slots.map(\.slot)).count == slots.count)
    func event(_ slot: Int) -> EventType? { slots.first { $0.slot == slot }?.syscall.event }
    #expect(event(1) == .write && event(512 + 5) == .open && event(512 + 11) == .execve && event(512 + 295) == .openat)
    #expect(event(1024 + 3) == .connect && event(1024 + 9) == .send && event(1056 + 1) == .semop)
  }

  /// Of the generic table, which aarch64 uses as it is.
  @Test func numbersOfAarch64AreTheKernels() throws {
    let text = try #require(contents("/usr/include/asm-generic/unistd.h"), "linux-libc-dev is not installed")
    var names: [Int: String] = [:]
    for line in text.split(separator: "\n") where line.hasPrefix("#define __NR") {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      guard words.count == 3, let number = Int(words[2]) else { continue }
      let name = words[1].dropFirst(words[1].hasPrefix("__NR3264_") ? 9 : 5)
      // Of two names for a number the second is for architectures without wishes of their own.
      if name != "syscalls" { names[number] = name == "fstatat" ? "newfstatat" : String(name) }
    }
    var known = 0
    for call in Schema.syscalls {
      guard let number = call.aarch64, let name = names[number] else { continue }
      #expect(call.name == name, "\(number)")
      known += 1
    }
    #expect(known > 280)
  }

  /// Numbers that 64-bit kernels have always answered with ENOSYS.
  private static let neverCalls: Set = [
    "break", "stty", "gtty", "ftime", "prof", "lock", "mpx", "ulimit", "profil", "afs_syscall", "putpmsg", "vserver",
  ]

  private func contents(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
    return String(decoding: bytes, as: UTF8.self)
  }
  #endif
}
