internal import EventSchema

/// Threads and descriptors that a kernel iterator listed when capture began: a reading of /proc without /proc.
///
/// The header holds `tgid << 32 | tid` and no time. Each task comes before its files.
extension SystemState {
  mutating func applyTask(_ event: borrowing EventView) {
    let tid = Int32(truncatingIfNeeded: event.threadID & 0xffff_ffff)
    let pid = Int32(truncatingIfNeeded: event.threadID >> 32)
    guard tid > 0, pid > 0 else { return }
    let known = threads.find(tid)
    if known != Slot.none {
      // Events were faster and know more.
      guard threads[known].isPlaceholder else { return }
      removeThread(known, reaper: -1)
    }
    var entry = ThreadEntry(tid: tid)
    entry.pid = pid
    entry.ptid = event.value(0, as: Int32.self) ?? 0
    entry.pgid = event.value(1, as: Int32.self) ?? -1
    entry.vpgid = event.value(2, as: Int32.self) ?? -1
    entry.sid = event.value(3, as: Int32.self) ?? -1
    entry.executable = ExecutableFlags(rawValue: event.uint32(7, or: 0))
    entry.descriptorLimit = event.int64(10, or: -1)
    entry.uid = event.uint32(11, or: .max)
    entry.gid = event.uint32(12, or: .max)
    entry.capPermitted = event.uint64(13, or: 0)
    entry.capEffective = event.uint64(14, or: 0)
    entry.capInheritable = event.uint64(15, or: 0)
    entry.exeInode = event.uint64(16, or: 0)
    entry.exeChangeTime = event.uint64(17, or: 0)
    entry.exeModificationTime = event.uint64(18, or: 0)
    entry.vmSize = event.uint32(19, or: 0)
    entry.vmRSS = event.uint32(20, or: 0)
    entry.vmSwap = event.uint32(21, or: 0)
    entry.majorFaults = event.uint64(22, or: 0)
    entry.minorFaults = event.uint64(23, or: 0)
    entry.vpid = event.value(24, as: Int32.self) ?? -1
    entry.vtid = event.value(25, as: Int32.self) ?? -1
    let started = event.uint64(26, or: 0)
    entry.namespaceStart = entry.isInPidNamespace && started > 0 ? started + machine.bootTime : machine.bootTime
    entry.cloneTime = event.uint64(29, or: 0)
    entry.tty = event.uint32(30, or: 0)
    entry.loginuid = event.uint32(31, or: .max)
    entry.flags = [.active, .nameChanged]
    if tid != pid { entry.flags.formUnion([.thread, .files]) }
    entry.lastSeen = current.timestamp
    let slot = add(entry)
    guard slot != Slot.none else { return }

    let arguments = event.bytes(5)
    let first = arguments.untilNUL()
    threads[slot].exe = texts.store(first)
    threads[slot].args = texts.store(
      arguments.extracting(min(first.byteCount + 1, arguments.byteCount)..<arguments.byteCount))
    threads[slot].comm = texts.store(event.bytes(4).untilNUL(), sharing: threads[slot].exe)
    threads[slot].exepath = texts.store(event.bytes(6).untilNUL().withoutDeletedMark())
    threads[slot].root = texts.store(event.bytes(28).untilNUL())
    if tid == pid {
      threads[slot].env = texts.store(event.bytes(8))
      scratch.removeAll()
      scratch.append(event.bytes(9).untilNUL())
      if scratch.count > 0, scratch[scratch.count - 1] != UInt8(ascii: "/") { scratch.append(UInt8(ascii: "/")) }
      threads[slot].cwd = texts.store(scratch)
    }
    setCommandLine(of: slot)
    threads.link(slot)
    if !event.isEmpty(27) { setCgroups(of: slot, event.bytes(27), like: threads[slot].parent) }
  }

  mutating func applyTaskFile(_ event: borrowing EventView, _ type: EventType) {
    let process = threads.find(Int32(truncatingIfNeeded: event.threadID >> 32))
    guard process != Slot.none, threads[process].main == process, let number = event.value(0, as: Int32.self),
      descriptors.find(threads[process].files, Int64(number)) == Slot.none
    else { return }
    var descriptor = Descriptor(number: Int64(number), kind: .file)
    descriptor.flags.insert(.fromProcFS)
    switch type {
    case .task_file_regular:
      descriptor.openFlags = event.uint32(2, or: 0)
      descriptor.mountID = event.uint32(3, or: 0)
      descriptor.inode = event.uint64(4, or: 0)
    case .task_file_pipe, .task_file_memfd, .task_file_directory:
      descriptor.kind = type == .task_file_pipe ? .fifo : type == .task_file_memfd ? .memfd : .directory
      descriptor.inode = event.uint64(2, or: 0)
    case .task_file_socket_inet, .task_file_socket_inet6:
      takeSocket(event, isV6: type == .task_file_socket_inet6, into: &descriptor)
    case .task_file_socket_unix:
      descriptor.kind = .unix
      descriptor.sourcePointer = event.uint64(3, or: 0)
      descriptor.inode = event.uint64(5, or: 0)
      descriptor.name = texts.store(event.bytes(4).untilNUL())
    case .task_file_socket_netlink:
      descriptor.kind = .netlink
      descriptor.inode = event.uint64(3, or: 0)
    default:
      descriptor.kind = SystemState.kind(ofAnonymousInode: UInt32(event.value(1, as: UInt8.self) ?? 0))
      descriptor.inode = event.uint64(3, or: 0)
    }
    if type == .task_file_regular || type == .task_file_pipe || type == .task_file_memfd || type == .task_file_directory
    {
      descriptor.name = texts.store(event.bytes(1).untilNUL())
    }
    put(descriptor, in: threads[process].files)
  }

  private mutating func takeSocket(_ event: borrowing EventView, isV6: Bool, into socket: inout Descriptor) {
    socket.l4 = TransportProtocol(
      type: UInt32(event.value(1, as: UInt16.self) ?? 0), proto: UInt32(event.value(2, as: UInt16.self) ?? 0))
    let local = isV6 ? IPAddress(v6: event.bytes(3), at: 0) ?? .zero : IPAddress(v4: event.uint32(3, or: 0))
    let remote = isV6 ? IPAddress(v6: event.bytes(5), at: 0) ?? .zero : IPAddress(v4: event.uint32(5, or: 0))
    socket.inode = event.uint64(7, or: 0)
    fill(
      &socket, isV6: isV6, local: local, localPort: event.value(4, as: UInt16.self) ?? 0, remote: remote,
      remotePort: event.value(6, as: UInt16.self) ?? 0)
    scratch.setName(of: socket)
    socket.name = texts.store(scratch)
  }

  /// Ends of a socket that was there before the watching began: without a remote end it is a server's.
  func fill(
    _ socket: inout Descriptor, isV6: Bool, local: IPAddress, localPort: UInt16, remote: IPAddress, remotePort: UInt16,
    isServer: Bool? = nil
  ) {
    if isServer ?? remote.isZero {
      socket.kind = isV6 ? .ipv6Server : .ipv4Server
      socket.destination = local
      socket.destinationPort = localPort
      return
    }
    socket.kind = isV6 ? .ipv6 : .ipv4
    socket.source = local
    socket.sourcePort = localPort
    socket.destination = remote
    socket.destinationPort = remotePort
    socket.flags.insert(.connected)
    if isV6, local.isMappedV4, remote.isMappedV4 {
      socket.kind = .ipv4
      socket.source = IPAddress(v4: local.mappedV4)
      socket.destination = IPAddress(v4: remote.mappedV4)
    }
  }

  static func kind(ofAnonymousInode type: UInt32) -> DescriptorKind {
    switch type {
    case 1: .event
    case 2: .eventpoll
    case 3: .inotify
    case 4: .signalfd
    case 5: .timerfd
    case 6: .ioUring
    case 7: .userfaultfd
    case 8: .pidfd
    case 9...12: .bpf
    default: .unsupported
    }
  }
}
