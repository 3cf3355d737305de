public import ProcFS

/// The tables as readings: what a capture file says of processes, users and groups before its first event.
extension SystemState {
  /// Every process with its threads and descriptors. Entries of threads that nothing is known about are left out.
  ///
  /// - Parameters:
  ///   - time: Threads that were seen to begin at this time or later are left out: nanoseconds since the epoch.
  ///   - limit: Bytes of memory for the texts. Beyond it environments are left out, beyond twice that whole entries.
  public func readings(startedBefore time: UInt64 = .max, textBytes limit: Int = .max / 2) -> [ProcessReading] {
    var processes: [ProcessReading] = []
    var index: [UInt32: Int] = [:]
    var budget = TextBudget(limit: limit)
    for slot in 0..<threads.slotsEverUsed where threads.isLive(slot) && threads[slot].main == slot {
      guard isWorthReading(slot, startedBefore: time), !budget.isSpent else { continue }
      index[slot] = processes.count
      let process = reading(ofProcess: slot, wantsEnvironment: !budget.isShort)
      budget.add(process.main)
      for descriptor in process.descriptors { budget.used += descriptor.name.count + 64 }
      processes.append(process)
    }
    for slot in 0..<threads.slotsEverUsed where threads.isLive(slot) && threads[slot].main != slot {
      guard let process = index[threads[slot].main], isWorthReading(slot, startedBefore: time), !budget.isSpent else {
        continue
      }
      let thread = reading(of: slot)
      budget.add(thread)
      processes[process].threads.append(thread)
    }
    return processes
  }

  /// The process of the event that was applied last, without its other threads; `nil` if nothing is known of it, if the
  /// event is another thread's, or if it was seen to begin at `time` or later.
  public func readingOfCurrentProcess(startedBefore time: UInt64) -> ProcessReading? {
    let slot = current.mainThread
    guard slot != Slot.none, slot == current.thread, !threads[slot].isPlaceholder, threads[slot].cloneTime < time else {
      return nil
    }
    return reading(ofProcess: slot, wantsEnvironment: true)
  }

  private func isWorthReading(_ slot: UInt32, startedBefore time: UInt64) -> Bool {
    !threads[slot].isPlaceholder && !threads[slot].isDead && threads[slot].cloneTime < time
  }

  private func reading(ofProcess slot: UInt32, wantsEnvironment: Bool) -> ProcessReading {
    var process = ProcessReading(main: reading(of: slot))
    if !wantsEnvironment { process.main.environment = [] }
    var at = threads.firstDescriptor(of: slot)
    while at != Slot.none {
      if let descriptor = reading(ofDescriptor: at) { process.descriptors.append(descriptor) }
      at = descriptors[at].nextInTable
    }
    process.descriptors.sort { $0.number < $1.number }
    return process
  }

  public func userReadings() -> [UserReading] {
    users.usersByID.sorted { $0.key < $1.key }.map { uid, user in
      UserReading(uid: uid, gid: .max, name: bytes(user.name), home: bytes(user.home), shell: bytes(user.shell))
    }
  }

  public func groupReadings() -> [GroupReading] {
    users.groupsByID.sorted { $0.key < $1.key }.map { GroupReading(gid: $0.key, name: bytes($0.value)) }
  }

  private func bytes(_ text: TextHandle) -> [UInt8] {
    if text.isEmpty { return [] }
    return unsafe texts.bytes(text).withUnsafeBytes { unsafe Array($0) }
  }

  private func reading(of slot: UInt32) -> ThreadReading {
    let entry = threads[slot]
    var reading = ThreadReading(tid: entry.tid)
    reading.pid = entry.pid
    reading.ptid = entry.ptid
    reading.sid = entry.sid
    reading.pgid = entry.pgid
    reading.vpgid = entry.vpgid
    reading.vtid = entry.vtid
    reading.vpid = entry.vpid
    reading.uid = entry.uid
    reading.gid = entry.gid
    reading.loginuid = entry.loginuid
    reading.tty = entry.tty
    reading.capInheritable = entry.capInheritable
    reading.capPermitted = entry.capPermitted
    reading.capEffective = entry.capEffective
    reading.startTime = entry.cloneTime > machine.bootTime ? entry.cloneTime - machine.bootTime : 0
    reading.majorFaults = entry.majorFaults
    reading.minorFaults = entry.minorFaults
    reading.vmSize = entry.vmSize
    reading.vmRSS = entry.vmRSS
    reading.vmSwap = entry.vmSwap
    reading.descriptorLimit = entry.descriptorLimit
    reading.exeInode = entry.exeInode
    reading.exeChangeTime = entry.exeChangeTime
    reading.exeModificationTime = entry.exeModificationTime
    reading.isExeWritable = entry.executable.contains(.writable)
    reading.isExeUpperLayer = entry.executable.contains(.upperLayer)
    reading.isExeLowerLayer = entry.executable.contains(.lowerLayer)
    reading.isExeFromMemory = entry.executable.contains(.fromMemory)
    reading.cloneFlags = entry.flags.rawValue
    reading.namespaceStart = entry.namespaceStart
    reading.comm = bytes(entry.comm)
    reading.exe = bytes(entry.exe)
    reading.exepath = bytes(entry.exepath)
    reading.arguments = bytes(entry.args)
    reading.root = bytes(entry.root)
    reading.cgroups = bytes(entry.cgroups)
    if entry.main == slot {
      reading.environment = bytes(entry.env)
      reading.cwd = bytes(entry.cwd)
    }
    return reading
  }

  /// - Returns: `nil` for a descriptor of unknown kind.
  private func reading(ofDescriptor slot: UInt32) -> DescriptorReading? {
    let descriptor = descriptors[slot]
    guard let number = Int32(exactly: descriptor.number) else { return nil }
    let kind: DescriptorReading.Kind
    switch descriptor.kind {
    case .unknown: return nil
    case .file: kind = .file
    case .directory: kind = .directory
    case .fifo: kind = .fifo
    case .event: kind = .event
    case .signalfd: kind = .signalfd
    case .eventpoll: kind = .eventpoll
    case .inotify: kind = .inotify
    case .timerfd: kind = .timerfd
    case .bpf: kind = .bpf
    case .userfaultfd: kind = .userfaultfd
    case .ioUring: kind = .ioUring
    case .memfd: kind = .memfd
    case .pidfd: kind = .pidfd
    case .unsupported: kind = .unsupported
    case .ipv4, .ipv6, .ipv4Server, .ipv6Server, .unix, .netlink: kind = .socket(socketReading(descriptor))
    }
    var reading = DescriptorReading(number: number, kind: kind)
    reading.name = bytes(descriptor.name)
    reading.portableFlags = descriptor.openFlags
    reading.device = descriptor.device
    reading.inode = descriptor.inode
    reading.mountID = descriptor.mountID
    return reading
  }

  private func socketReading(_ descriptor: Descriptor) -> SocketReading {
    let isV6 = descriptor.kind == .ipv6 || descriptor.kind == .ipv6Server
    var socket = SocketReading(
      family: descriptor.kind == .unix ? .unix : descriptor.kind == .netlink ? .netlink : isV6 ? .ipv6 : .ipv4)
    switch descriptor.l4 {
    case .tcp: socket.transport = .tcp
    case .udp: socket.transport = .udp
    case .icmp: socket.transport = .icmp
    case .raw: socket.transport = .raw
    case .unknown: break
    }
    guard descriptor.isIPSocket else {
      socket.pointer = descriptor.sourcePointer
      socket.peerPointer = descriptor.destinationPointer
      if descriptor.kind == .unix { socket.path = bytes(descriptor.name) }
      return socket
    }
    socket.isServer = descriptor.isServerSocket
    let own = descriptor.isServerSocket ? descriptor.destination : descriptor.source
    socket.local = (own.high, own.low)
    socket.localPort = descriptor.isServerSocket ? descriptor.destinationPort : descriptor.sourcePort
    socket.remote = (descriptor.destination.high, descriptor.destination.low)
    socket.remotePort = descriptor.destinationPort
    return socket
  }
}

/// How much memory readings may take.
private struct TextBudget {
  let limit: Int
  var used = 0
  var isShort: Bool { used > limit }
  var isSpent: Bool { used / 2 > limit }

  mutating func add(_ thread: borrowing ThreadReading) {
    used += 512 + thread.exe.count + thread.arguments.count + thread.environment.count + thread.exepath.count
    used += thread.cwd.count + thread.root.count + thread.cgroups.count
  }
}
