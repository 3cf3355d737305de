internal import ProcFS

/// The blocks that precede the events of a capture, in the order in which other programs write them.
extension CaptureContents {
  /// Type and body of each block.
  func blocks() -> [(type: UInt32, body: [UInt8])] {
    var blocks: [(type: UInt32, body: [UInt8])] = [(0x201, machineBody())]
    blocks.append((0x219, interfaceBody()))
    blocks.append((0x220, userBody()))
    if !processes.isEmpty { blocks += processBodies().map { (0x215, $0) } }
    for process in processes { blocks.append((0x218, descriptorBody(process))) }
    return blocks
  }

  private func machineBody() -> [UInt8] {
    var body = BodyWriter()
    body.integer(machine.cpuCount)
    body.integer(machine.memoryBytes)
    body.integer(machine.largestProcessID)
    body.fixed(machine.hostName, size: 128)
    body.integer(machine.bootTime)
    body.integer(machine.flags)
    body.integer(UInt64(0))
    body.integer(UInt64(0))
    return body.bytes
  }

  private func interfaceBody() -> [UInt8] {
    var body = BodyWriter()
    for interface in interfaces.filter({ !$0.isV6 }) + interfaces.filter(\.isV6) {
      body.entry(countsItself: false) { entry in
        entry.integer(UInt16(interface.isV6 ? 2 : 1))
        entry.integer(UInt16(min(interface.name.count, 1023)))
        for address in [interface.address, interface.mask, interface.broadcast] {
          entry.address(address, isV6: interface.isV6)
        }
        entry.integer(interface.linkSpeed)
        entry.raw(Array(interface.name.prefix(1023)))
      }
    }
    return body.bytes
  }

  private func userBody() -> [UInt8] {
    var body = BodyWriter()
    for user in users {
      body.entry { entry in
        entry.integer(UInt8(0))
        entry.integer(user.uid)
        entry.integer(user.gid)
        for text in [user.name, user.home, user.shell] { entry.text(text, limit: 255) }
      }
    }
    for group in groups {
      body.entry { entry in
        entry.integer(UInt8(1))
        entry.integer(group.gid)
        entry.text(group.name, limit: 255)
      }
    }
    return body.bytes
  }

  /// One block where it stays within what readers accept, more otherwise.
  private func processBodies() -> [[UInt8]] {
    var bodies: [[UInt8]] = []
    var body = BodyWriter()
    for process in processes {
      for (index, thread) in ([process.main] + process.threads).enumerated() {
        body.entry { $0.thread(thread, isMain: index == 0) }
      }
      if body.bytes.count > BlockReader.largestBlock / 2 {
        bodies.append(body.bytes)
        body = BodyWriter()
      }
    }
    if !body.bytes.isEmpty { bodies.append(body.bytes) }
    return bodies
  }

  private func descriptorBody(_ process: ProcessReading) -> [UInt8] {
    var body = BodyWriter()
    body.integer(UInt64(bitPattern: Int64(process.main.tid)))
    for descriptor in process.descriptors { body.entry { $0.descriptor(descriptor) } }
    return body.bytes
  }
}

/// Clone flags of a thread that shares its process's memory and descriptors: wire values.
private let threadFlags: UInt32 = 1 << 13 | 1 << 0

extension BodyWriter {
  fileprivate mutating func address(_ address: (high: UInt64, low: UInt64), isV6: Bool) {
    if isV6 {
      integer(address.high)
      integer(address.low)
    } else {
      integer(UInt32(truncatingIfNeeded: address.high))
    }
  }

  fileprivate mutating func thread(_ thread: ThreadReading, isMain: Bool) {
    for id in [thread.tid, thread.pid, thread.ptid, thread.sid, thread.vpgid] { integer(Int64(id)) }
    text(thread.comm, limit: 1024)
    text(thread.exe, limit: 1024)
    text(thread.exepath, limit: 1024)
    strings(thread.arguments, limit: 4096)
    text(thread.cwd.isEmpty ? [UInt8(ascii: "/")] : thread.cwd, limit: 1024)
    integer(thread.descriptorLimit)
    integer(thread.cloneFlags | (isMain ? 0 : threadFlags))
    integer(thread.uid)
    integer(thread.gid)
    for size in [thread.vmSize, thread.vmRSS, thread.vmSwap] { integer(size) }
    integer(thread.majorFaults)
    integer(thread.minorFaults)
    strings(thread.environment, limit: 4096)
    integer(Int64(thread.vtid))
    integer(Int64(thread.vpid))
    strings(thread.cgroups, limit: 4096)
    text(thread.root, limit: 1024)
    integer(thread.namespaceStart)
    integer(thread.tty)
    integer(thread.loginuid)
    integer(UInt8(thread.isExeWritable ? 1 : 0))
    for set in [thread.capInheritable, thread.capPermitted, thread.capEffective] { integer(set) }
    integer(UInt8(thread.isExeUpperLayer ? 1 : 0))
    for value in [thread.exeInode, thread.exeChangeTime, thread.exeModificationTime] { integer(value) }
    integer(UInt8(thread.isExeFromMemory ? 1 : 0))
    integer(UInt8(thread.isExeLowerLayer ? 1 : 0))
    integer(Int64(thread.pgid))
  }

  fileprivate mutating func descriptor(_ descriptor: DescriptorReading) {
    integer(Int64(descriptor.number))
    integer(descriptor.inode)
    let name = Array(descriptor.name.prefix(1023))
    switch descriptor.kind {
    case .socket(let socket): self.socket(socket, name)
    case .file:
      integer(UInt8(16))
      integer(descriptor.portableFlags ?? 0)
      text(name, limit: 1023)
      integer(descriptor.device)
    default:
      integer(Self.number(of: descriptor.kind))
      text(name, limit: 1023)
    }
  }

  private static func number(of kind: DescriptorReading.Kind) -> UInt8 {
    switch kind {
    case .directory: 2
    case .fifo: 7
    case .event: 9
    case .signalfd: 11
    case .eventpoll: 12
    case .inotify: 13
    case .timerfd: 14
    case .bpf: 17
    case .userfaultfd: 18
    case .ioUring: 19
    case .memfd: 20
    case .pidfd: 21
    case .file, .socket, .unsupported: 10
    }
  }

  private mutating func socket(_ socket: SocketReading, _ name: [UInt8]) {
    let isV6 = socket.family == .ipv6
    switch socket.family {
    case .unix:
      integer(UInt8(8))
      integer(socket.pointer)
      integer(socket.peerPointer)
      text(socket.path, limit: 1023)
    case .netlink:
      integer(UInt8(15))
      text(name, limit: 1023)
    case .ipv4, .ipv6:
      let isServer = socket.isServer ?? (socket.remote == (0, 0))
      integer(UInt8(isServer ? (isV6 ? 6 : 5) : (isV6 ? 4 : 3)))
      address(socket.local, isV6: isV6)
      if !isServer { address(socket.remote, isV6: isV6) }
      integer(socket.localPort)
      if !isServer { integer(socket.remotePort) }
      integer(Self.number(of: socket.transport))
    }
  }

  private static func number(of transport: SocketReading.Transport) -> UInt8 {
    switch transport {
    case .other: 0
    case .tcp: 2
    case .udp: 3
    case .icmp: 4
    case .raw: 5
    }
  }
}
