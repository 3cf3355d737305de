internal import ProcFS

/// The lists before the events, block by block. Several process and descriptor lists add up; a second list of the other
/// kinds replaces the first.
struct MetadataReader {
  var contents = CaptureContents()
  /// Where in `contents.processes` a process, and each thread, is.
  private var processIndex: [Int64: Int] = [:]
  private var threadCount = 0
  private var descriptorCount = 0
  private var bytes = 0

  /// Takes memory for another entry, unless the lists have enough.
  private mutating func makesRoom(_ needed: Int) -> Bool {
    guard bytes + needed <= CaptureContents.Limits.bytes else {
      contents.refused += 1
      return false
    }
    bytes += needed
    return true
  }

  mutating func read(_ kind: BlockKind, _ body: RawSpan, at offset: UInt64) throws(CaptureFileError) {
    switch kind {
    case .machine: try readMachine(BodyCursor(body, of: "machine info", at: offset))
    case .processes(let version): try readProcesses(BodyCursor(body, of: "process list", at: offset), version)
    case .descriptors(let version): try readDescriptors(BodyCursor(body, of: "descriptor list", at: offset), version)
    case .interfaces(let version): try readInterfaces(BodyCursor(body, of: "interface list", at: offset), version)
    case .users(let version): try readAccounts(BodyCursor(body, of: "user list", at: offset), version)
    case .section, .event: break
    }
  }

  private mutating func readMachine(_ body: consuming BodyCursor) throws(CaptureFileError) {
    var machine = MachineRecord()
    machine.cpuCount = try body.integer()
    machine.memoryBytes = try body.integer()
    machine.largestProcessID = try body.integer()
    machine.hostName = Array(try body.take(128).prefix { $0 != 0 })
    machine.bootTime = try body.integer()
    machine.flags = try body.integer()
    contents.machine = machine
  }

  // MARK: - Processes

  private mutating func readProcesses(_ body: consuming BodyCursor, _ version: Int) throws(CaptureFileError) {
    while body.hasEntry {
      if version >= 9 {
        let length = Int(try body.integer(UInt32.self))
        try body.beginEntry(length: length - 4)
      }
      let reading = try readThread(&body, version)
      if version >= 9 { body.endEntry() }
      guard threadCount < CaptureContents.Limits.threads else {
        contents.refused += 1
        continue
      }
      guard makesRoom(reading.memoryBytes) else { continue }
      threadCount += 1
      add(reading)
    }
  }

  private mutating func add(_ reading: ThreadReading) {
    if reading.tid != reading.pid, let index = processIndex[Int64(reading.pid)],
      contents.processes[index].main.tid == reading.pid
    {
      contents.processes[index].threads.append(reading)
      return
    }
    if let index = processIndex[Int64(reading.tid)], contents.processes[index].main.tid == reading.tid {
      contents.processes[index].main = reading
      return
    }
    processIndex[Int64(reading.tid)] = contents.processes.count
    contents.processes.append(ProcessReading(main: reading))
  }

  /// Fields in the order of the file, with the version that brought each.
  private func readThread(_ body: inout BodyCursor, _ version: Int) throws(CaptureFileError) -> ThreadReading {
    var reading = ThreadReading(tid: Int32(truncatingIfNeeded: try body.integer(UInt64.self)))
    reading.pid = Int32(truncatingIfNeeded: try body.integer(UInt64.self))
    reading.ptid = Int32(truncatingIfNeeded: try body.integer(UInt64.self))
    if version >= 6 { reading.sid = Int32(truncatingIfNeeded: try body.integer(UInt64.self)) }
    if version >= 8 { reading.vpgid = Int32(truncatingIfNeeded: try body.integer(UInt64.self)) }
    reading.comm = try body.text(limit: 1024)
    reading.exe = try body.text(limit: 1024)
    if version >= 7 { reading.exepath = try body.text(limit: 1024) }
    reading.arguments = try body.strings(limit: 4096)
    reading.cwd = try body.text(limit: 1024)
    reading.descriptorLimit = try body.integer()
    reading.cloneFlags = try body.integer()
    reading.uid = try body.integer()
    reading.gid = try body.integer()
    if version >= 2 {
      reading.vmSize = try body.integer()
      reading.vmRSS = try body.integer()
      reading.vmSwap = try body.integer()
      reading.majorFaults = try body.integer()
      reading.minorFaults = try body.integer()
    }
    if version >= 3 { reading.environment = try body.strings(limit: 4096) }
    if version >= 4 {
      reading.vtid = Int32(truncatingIfNeeded: try body.integer(Int64.self))
      reading.vpid = Int32(truncatingIfNeeded: try body.integer(Int64.self))
      reading.cgroups = try body.strings(limit: 4096)
    }
    if version >= 5 { reading.root = try body.text(limit: 1024) }
    if version >= 9 { try readTail(&body, into: &reading) }
    return reading
  }

  /// Fields that were appended to version 9. The first two were put in before the others: a tail without them has at
  /// most 29 bytes.
  private func readTail(_ body: inout BodyCursor, into reading: inout ThreadReading) throws(CaptureFileError) {
    if body.remaining > 29 {
      reading.namespaceStart = try body.optional() ?? 0
      reading.tty = try body.optional() ?? 0
    }
    reading.loginuid = try body.optional() ?? .max
    reading.isExeWritable = try body.optional(UInt8.self) ?? 0 != 0
    reading.capInheritable = try body.optional() ?? 0
    reading.capPermitted = try body.optional() ?? 0
    reading.capEffective = try body.optional() ?? 0
    reading.isExeUpperLayer = try body.optional(UInt8.self) ?? 0 != 0
    reading.exeInode = try body.optional() ?? 0
    reading.exeChangeTime = try body.optional() ?? 0
    reading.exeModificationTime = try body.optional() ?? 0
    reading.isExeFromMemory = try body.optional(UInt8.self) ?? 0 != 0
    reading.isExeLowerLayer = try body.optional(UInt8.self) ?? 0 != 0
    if let pgid = try body.optional(Int64.self) { reading.pgid = Int32(truncatingIfNeeded: pgid) }
  }

  // MARK: - Descriptors

  private mutating func readDescriptors(_ body: consuming BodyCursor, _ version: Int) throws(CaptureFileError) {
    let tid = Int64(bitPattern: try body.integer(UInt64.self))
    let index = processIndex[tid]
    while body.hasEntry {
      if version >= 2 {
        let length = Int(try body.integer(UInt32.self))
        try body.beginEntry(length: length - 4)
      }
      let reading = try readDescriptor(&body, version)
      if version >= 2 { body.endEntry() }
      // A list of a thread that no process list names belongs to nobody.
      guard let index, let reading else { continue }
      guard descriptorCount < CaptureContents.Limits.descriptors else {
        contents.refused += 1
        continue
      }
      guard makesRoom(256 + reading.name.count) else { continue }
      descriptorCount += 1
      contents.processes[index].descriptors.append(reading)
    }
  }

  /// - Returns: `nil` for a descriptor that the writer knew nothing of.
  private func readDescriptor(_ body: inout BodyCursor, _ version: Int) throws(CaptureFileError) -> DescriptorReading? {
    let number = try body.integer(Int64.self)
    let inode = try body.integer(UInt64.self)
    let type = try body.integer(UInt8.self)
    var reading = DescriptorReading(number: Int32(truncatingIfNeeded: number), kind: .unsupported)
    switch type {
    case 0: return nil
    case 3: reading.kind = .socket(try readConnection(&body, isV6: false))
    case 4: reading.kind = .socket(try readConnection(&body, isV6: true))
    case 5: reading.kind = .socket(try readServer(&body, isV6: false))
    case 6: reading.kind = .socket(try readServer(&body, isV6: true))
    case 8:
      var socket = SocketReading(family: .unix)
      socket.pointer = try body.integer()
      socket.peerPointer = try body.integer()
      socket.path = try body.text(limit: 1023)
      reading.kind = .socket(socket)
    case 16:
      reading.kind = .file
      reading.portableFlags = try body.integer()
      reading.name = try body.text(limit: 1023)
      if version >= 2 { reading.device = try body.optional() ?? 0 }
    case 15:
      reading.kind = .socket(SocketReading(family: .netlink))
      reading.name = try body.text(limit: 1023)
    default:
      guard let kind = Self.namedKinds[type] else {
        reading.name = Array("unknown-type:[\(type)]".utf8)
        break
      }
      reading.kind = kind
      reading.name = try body.text(limit: 1023)
    }
    reading.inode = inode
    return Int64(reading.number) == number ? reading : nil
  }

  private static let namedKinds: [UInt8: DescriptorReading.Kind] = [
    1: .file, 2: .directory, 7: .fifo, 9: .event, 10: .unsupported, 11: .signalfd, 12: .eventpoll, 13: .inotify,
    14: .timerfd, 17: .bpf, 18: .userfaultfd, 19: .ioUring, 20: .memfd, 21: .pidfd,
  ]

  private func readAddress(_ body: inout BodyCursor, isV6: Bool) throws(CaptureFileError) -> (high: UInt64, low: UInt64) {
    isV6 ? (try body.integer(), try body.integer()) : (UInt64(try body.integer(UInt32.self)), 0)
  }

  private func readConnection(_ body: inout BodyCursor, isV6: Bool) throws(CaptureFileError) -> SocketReading {
    var socket = SocketReading(family: isV6 ? .ipv6 : .ipv4)
    socket.isServer = false
    socket.local = try readAddress(&body, isV6: isV6)
    socket.remote = try readAddress(&body, isV6: isV6)
    socket.localPort = try body.integer()
    socket.remotePort = try body.integer()
    socket.transport = Self.transport(try body.integer())
    return socket
  }

  private func readServer(_ body: inout BodyCursor, isV6: Bool) throws(CaptureFileError) -> SocketReading {
    var socket = SocketReading(family: isV6 ? .ipv6 : .ipv4)
    socket.isServer = true
    socket.local = try readAddress(&body, isV6: isV6)
    socket.localPort = try body.integer()
    socket.transport = Self.transport(try body.integer())
    return socket
  }

  private static func transport(_ number: UInt8) -> SocketReading.Transport {
    switch number {
    case 2: .tcp
    case 3: .udp
    case 4: .icmp
    case 5: .raw
    default: .other
    }
  }

  // MARK: - Interfaces, users, groups

  private mutating func readInterfaces(_ body: consuming BodyCursor, _ version: Int) throws(CaptureFileError) {
    contents.interfaces.removeAll()
    while body.hasEntry {
      // The only entry length that does not count itself.
      if version >= 2 { try body.beginEntry(length: Int(try body.integer(UInt32.self))) }
      let offset = body.offset
      let type = try body.integer(UInt16.self)
      guard (1...4).contains(type) else { throw CaptureFileError(.unknownInterface(type: type), at: offset) }
      let nameLength = Int(try body.integer(UInt16.self))
      var interface = InterfaceRecord(isV6: type % 2 == 0)
      interface.address = try readAddress(&body, isV6: interface.isV6)
      interface.mask = try readAddress(&body, isV6: interface.isV6)
      interface.broadcast = try readAddress(&body, isV6: interface.isV6)
      if type < 3 { interface.linkSpeed = try body.integer() }
      guard nameLength < 1024 else {
        throw CaptureFileError(.textTooLong(list: "interface list", length: nameLength, limit: 1023), at: offset)
      }
      interface.name = try body.take(nameLength)
      if version >= 2 { body.endEntry() }
      guard contents.interfaces.count < CaptureContents.Limits.interfaces else {
        contents.refused += 1
        continue
      }
      if makesRoom(128 + interface.name.count) { contents.interfaces.append(interface) }
    }
  }

  private mutating func readAccounts(_ body: consuming BodyCursor, _ version: Int) throws(CaptureFileError) {
    contents.users.removeAll()
    contents.groups.removeAll()
    while body.hasEntry {
      if version >= 2 { try body.beginEntry(length: Int(try body.integer(UInt32.self)) - 4) }
      let isUser = try body.integer(UInt8.self) == 0
      let isFull = contents.users.count + contents.groups.count >= CaptureContents.Limits.accounts
      if isFull { contents.refused += 1 }
      if isUser {
        let uid = try body.integer(UInt32.self)
        let gid = try body.integer(UInt32.self)
        let user = UserReading(
          uid: uid, gid: gid, name: try body.text(limit: 255), home: try body.text(limit: 255),
          shell: try body.text(limit: 255))
        if !isFull, makesRoom(256 + user.name.count + user.home.count + user.shell.count) { contents.users.append(user) }
      } else {
        let group = GroupReading(gid: try body.integer(), name: try body.text(limit: 255))
        if !isFull, makesRoom(128 + group.name.count) { contents.groups.append(group) }
      }
      if version >= 2 { body.endEntry() }
    }
  }
}

extension ThreadReading {
  /// About as much as it takes.
  fileprivate var memoryBytes: Int {
    1024 + comm.count + exe.count + exepath.count + arguments.count + environment.count + cwd.count + root.count
      + cgroups.count
  }
}
