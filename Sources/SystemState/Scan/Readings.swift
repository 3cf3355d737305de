internal import ProcFS

/// Entries from readings of /proc, or from the process list of a capture file.
extension SystemState {
  /// Adds a process with its threads and descriptors; the links come later.
  ///
  /// - Parameter time: When the reading began.
  /// - Returns: The slots of what was added, the main thread's first; none if the table is full.
  mutating func add(_ process: borrowing ProcessReading, readAt time: UInt64) -> [UInt32] {
    let main = add(process.main, readAt: time, main: Slot.none)
    guard main != Slot.none else { return [] }
    var slots = [main]
    for index in process.threads.indices {
      let thread = process.threads[index]
      let known = threads.find(thread.tid)
      if known != Slot.none, !threads[known].isPlaceholder { continue }
      let slot = add(thread, readAt: time, main: main)
      if slot != Slot.none { slots.append(slot) }
    }
    if digests.isWanted { askForDigest(of: main) }
    for index in process.descriptors.indices { put(process.descriptors[index], in: main) }
    return slots
  }

  /// - Parameter main: For another thread of a process: where the texts that it shares are.
  mutating func add(_ reading: ThreadReading, readAt time: UInt64, main: UInt32) -> UInt32 {
    let known = threads.find(reading.tid)
    if known != Slot.none { removeThread(known, reaper: -1) }
    var entry = ThreadEntry(tid: reading.tid)
    entry.pid = reading.pid
    entry.ptid = reading.ptid
    entry.sid = reading.sid
    entry.pgid = reading.pgid
    entry.vpgid = reading.vpgid
    entry.vtid = reading.vtid
    entry.vpid = reading.vpid
    entry.uid = reading.uid
    entry.gid = reading.gid
    entry.loginuid = reading.loginuid
    entry.tty = reading.tty
    entry.capInheritable = reading.capInheritable
    entry.capPermitted = reading.capPermitted
    entry.capEffective = reading.capEffective
    entry.exeInode = reading.exeInode
    entry.exeChangeTime = reading.exeChangeTime
    entry.exeModificationTime = reading.exeModificationTime
    if reading.isExeWritable { entry.executable.insert(.writable) }
    if reading.isExeUpperLayer { entry.executable.insert(.upperLayer) }
    if reading.isExeLowerLayer { entry.executable.insert(.lowerLayer) }
    if reading.isExeFromMemory { entry.executable.insert(.fromMemory) }
    entry.namespaceStart = reading.namespaceStart
    // Capture files do not tell it.
    if reading.startTime > 0 { entry.cloneTime = machine.bootTime + reading.startTime }
    entry.descriptorLimit = reading.descriptorLimit
    entry.majorFaults = reading.majorFaults
    entry.minorFaults = reading.minorFaults
    entry.vmSize = reading.vmSize
    entry.vmRSS = reading.vmRSS
    entry.vmSwap = reading.vmSwap
    entry.flags = ThreadFlags(rawValue: reading.cloneFlags).union([.active, .nameChanged])
    if reading.tid != reading.pid { entry.flags.formUnion([.thread, .files]) }
    entry.readTime = time
    entry.lastSeen = time
    let slot = add(entry)
    guard slot != Slot.none else { return slot }
    threads[slot].comm = texts.store(reading.comm)
    if main != Slot.none {
      shareImage(of: main, with: slot)
    } else {
      threads[slot].files = threads.makeFileTable()
      threads[slot].exe = texts.store(reading.exe)
      threads[slot].args = texts.store(reading.arguments)
      threads[slot].exepath = texts.store(reading.exepath)
      threads[slot].env = texts.store(reading.environment)
      threads[slot].root = texts.store(reading.root)
      scratch.removeAll()
      scratch.append(reading.cwd)
      if scratch.count > 0, scratch[scratch.count - 1] != UInt8(ascii: "/") { scratch.append(UInt8(ascii: "/")) }
      threads[slot].cwd = texts.store(scratch)
      setCgroups(of: slot, reading.cgroups, like: threads.find(reading.ptid))
    }
    setCommandLine(of: slot, like: main)
    return slot
  }

  private mutating func shareImage(of main: UInt32, with slot: UInt32) {
    let entry = threads[main]
    texts.retain(entry.exe)
    texts.retain(entry.args)
    texts.retain(entry.exepath)
    texts.retain(entry.root)
    threads[slot].exe = entry.exe
    threads[slot].args = entry.args
    threads[slot].exepath = entry.exepath
    threads[slot].root = entry.root
    threads[slot].executable = entry.executable
    threads[slot].exeInode = entry.exeInode
    threads[slot].exeChangeTime = entry.exeChangeTime
    threads[slot].exeModificationTime = entry.exeModificationTime
    threads[slot].descriptorLimit = entry.descriptorLimit
    shareCgroups(of: main, with: slot)
  }

  /// Adds a descriptor that a reading found, unless events have set its number already.
  mutating func put(_ reading: DescriptorReading, in thread: UInt32) {
    let files = threads[thread].files
    guard descriptors.find(files, Int64(reading.number)) == Slot.none else { return }
    var descriptor = Descriptor(number: Int64(reading.number), kind: .unsupported)
    descriptor.openFlags = reading.portableFlags ?? portableOpenFlags(reading.flags)
    descriptor.mountID = reading.mountID
    descriptor.device = reading.device
    descriptor.inode = reading.inode
    descriptor.flags = .fromProcFS
    if descriptor.openFlags & OpenFlags.closeOnExec != 0 { descriptor.flags.insert(.closeOnExec) }
    switch reading.kind {
    case .file: descriptor.kind = .file
    case .directory: descriptor.kind = .directory
    case .fifo: descriptor.kind = .fifo
    case .memfd: descriptor.kind = .memfd
    case .event: descriptor.kind = .event
    case .eventpoll: descriptor.kind = .eventpoll
    case .inotify: descriptor.kind = .inotify
    case .signalfd: descriptor.kind = .signalfd
    case .timerfd: descriptor.kind = .timerfd
    case .ioUring: descriptor.kind = .ioUring
    case .userfaultfd: descriptor.kind = .userfaultfd
    case .pidfd: descriptor.kind = .pidfd
    case .bpf: descriptor.kind = .bpf
    case .unsupported: break
    case .socket(let socket):
      take(socket, named: reading.name, into: &descriptor)
      put(descriptor, in: files)
      return
    }
    descriptor.name = texts.store(reading.name)
    put(descriptor, in: files)
  }

  private mutating func take(_ socket: SocketReading, named name: [UInt8], into descriptor: inout Descriptor) {
    switch socket.transport {
    case .tcp: descriptor.l4 = .tcp
    case .udp: descriptor.l4 = .udp
    case .icmp: descriptor.l4 = .icmp
    case .raw: descriptor.l4 = .raw
    case .other: break
    }
    switch socket.family {
    case .netlink:
      descriptor.kind = .netlink
      descriptor.name = texts.store(name)
    case .unix:
      descriptor.kind = .unix
      descriptor.sourcePointer = socket.pointer
      descriptor.destinationPointer = socket.peerPointer
      descriptor.flags.insert(socket.path.isEmpty ? .roleClient : .roleServer)
      descriptor.name = texts.store(socket.path)
    case .ipv4, .ipv6:
      fill(
        &descriptor, isV6: socket.family == .ipv6,
        local: IPAddress(high: socket.local.high, low: socket.local.low), localPort: socket.localPort,
        remote: IPAddress(high: socket.remote.high, low: socket.remote.low), remotePort: socket.remotePort,
        isServer: socket.isServer)
      scratch.setName(of: descriptor)
      descriptor.name = texts.store(scratch)
    }
  }

  /// The kernel's open flags in the values of `file_flags`.
  ///
  /// Source: include/uapi/asm-generic/fcntl.h; four of them have other values on arm64
  /// (arch/arm64/include/uapi/asm/fcntl.h).
  private func portableOpenFlags(_ flags: UInt32) -> UInt32 {
    #if arch(arm64)
      let (directory, direct, largeFile): (UInt32, UInt32, UInt32) = (0o40000, 0o200000, 0o400000)
    #else
      let (directory, direct, largeFile): (UInt32, UInt32, UInt32) = (0o200000, 0o40000, 0o100000)
    #endif
    var portable: UInt32
    switch flags & 3 {
    case 0: portable = 1
    case 1: portable = 2
    default: portable = 3
    }
    let pairs: [(UInt32, UInt32)] = [
      (0o100, 1 << 2), (0o2000, 1 << 3), (0o10000, 1 << 4), (0o200, 1 << 5), (0o4000, 1 << 6), (0o1000, 1 << 8),
      (direct, 1 << 9), (directory, 1 << 10), (largeFile, 1 << 11), (0o2000000, 1 << 12),
    ]
    for (kernel, bit) in pairs where flags & kernel != 0 { portable |= bit }
    if flags & 0o4010000 == 0o4010000 { portable |= 1 << 7 }
    return portable
  }
}
