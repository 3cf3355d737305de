internal import EventSchema

/// Descriptors that are no file and no socket: what they are is all there is to know.
extension SystemState {
  /// A call whose result is a new descriptor without a name.
  ///
  /// - Parameter fileFlags: The parameter with portable file flags, if the call has one.
  mutating func special(_ event: borrowing EventView, _ kind: DescriptorKind, fileFlags: Int? = nil) {
    let number = event.int64(0, or: -1)
    guard number >= 0 else { return }
    var descriptor = Descriptor(number: number, kind: kind)
    if let fileFlags, self.flags(event, fileFlags) & OpenFlags.closeOnExec != 0 {
      descriptor.flags.insert(.closeOnExec)
    }
    open(descriptor)
  }

  /// The wire has eight bits for its flags, and close-on-exec is not among them: only /proc can say. Of one that is gone
  /// when this looks, a child may have a copy: its exec is the next time to look.
  mutating func timerfd(_ event: borrowing EventView) {
    special(event, .timerfd)
    guard current.descriptor != Slot.none, lookup != nil else { return }
    switch timerClosesOnExec(current.descriptorNumber, of: threads[current.thread].pid) {
    case true?: descriptors[current.descriptor].flags.insert(.closeOnExec)
    case false?: break
    case nil: descriptors[current.descriptor].flags.insert(.mayCloseOnExec)
    }
  }

  /// Its flags are those of the program, not the wire's. O_CLOEXEC has this value on every architecture that we run on.
  mutating func userfaultfd(_ event: borrowing EventView) {
    let number = event.int64(0, or: -1)
    guard number >= 0 else { return }
    var descriptor = Descriptor(number: number, kind: .userfaultfd)
    if event.uint32(1, or: 0) & 0x80000 != 0 { descriptor.flags.insert(.closeOnExec) }
    open(descriptor)
  }

  /// Always close-on-exec. Source: io_uring/io_uring.c, `io_uring_install_fd`.
  mutating func ioUring(_ event: borrowing EventView) {
    let number = event.int64(0, or: -1)
    guard number >= 0 else { return }
    var descriptor = Descriptor(number: number, kind: .ioUring)
    descriptor.flags.insert(.closeOnExec)
    open(descriptor)
  }

  mutating func epollCreate(_ event: borrowing EventView) {
    let number = event.int64(0, or: -1)
    guard number >= 0 else { return }
    var descriptor = Descriptor(number: number, kind: .eventpoll)
    if event.uint32(1, or: 0) & UInt32(WH_FLAG_epoll_create1_flags_EPOLL_CLOEXEC) != 0 {
      descriptor.flags.insert(.closeOnExec)
    }
    open(descriptor)
  }

  /// Only some commands give a descriptor; the others succeed with 0, which is not standard input.
  /// Source: include/uapi/linux/bpf.h, `enum bpf_cmd`. All of these are close-on-exec.
  mutating func bpf(_ event: borrowing EventView) {
    let number = event.int64(0, or: -1)
    guard number >= 0 else { return }
    switch event.uint32(1, or: .max) {
    // Map and program creation, pinned objects, raw tracepoints, BTF, objects by id, links, statistics, iterators,
    // tokens.
    case 0, 5, 7, 13, 14, 17, 18, 19, 28, 30, 32, 33, 36:
      var descriptor = Descriptor(number: number, kind: .bpf)
      descriptor.flags.insert(.closeOnExec)
      open(descriptor)
    default: break
    }
  }

  /// A flags parameter of any width.
  func flags(_ event: borrowing EventView, _ parameter: Int) -> UInt32 {
    let bytes = event.bytes(parameter)
    switch bytes.byteCount {
    case 1: return UInt32(bytes.byte(0))
    case 2: return UInt32(bytes.load(0, as: UInt16.self) ?? 0)
    default: return bytes.load(0, as: UInt32.self) ?? 0
    }
  }

  mutating func pipe(_ event: borrowing EventView, flags: Int?) {
    guard event.int64(0, or: -1) >= 0 else { return }
    let inode = event.uint64(3, or: 0)
    // The second one, where data goes in, is the one that the event shows.
    for parameter in 1...2 {
      let number = event.int64(parameter, or: -1)
      guard number >= 0 else { continue }
      var descriptor = Descriptor(number: number, kind: .fifo)
      descriptor.inode = inode
      if let flags { descriptor.openFlags = event.uint32(flags, or: 0) }
      if descriptor.openFlags & OpenFlags.closeOnExec != 0 { descriptor.flags.insert(.closeOnExec) }
      open(descriptor)
    }
  }

  mutating func memfd(_ event: borrowing EventView) {
    let number = event.int64(0, or: -1)
    guard number >= 0 else { return }
    var descriptor = Descriptor(number: number, kind: .memfd)
    if event.uint32(2, or: 0) & UInt32(WH_FLAG_memfd_create_flags_MFD_CLOEXEC) != 0 {
      descriptor.flags.insert(.closeOnExec)
    }
    if current.files != Slot.none {
      descriptor.name = texts.store(event.bytes(1).untilNUL())
      current.changedName = !descriptor.name.isEmpty
    }
    open(descriptor)
  }

  /// A pidfd is always close-on-exec. Source: kernel/pid.c, `pidfd_create`.
  mutating func pidfdOpen(_ event: borrowing EventView) {
    let number = event.int64(0, or: -1)
    guard number >= 0 else { return }
    let pid = event.int64(1, or: -1)
    var descriptor = Descriptor(number: number, kind: .pidfd)
    descriptor.flags.insert(.closeOnExec)
    descriptor.sourcePointer = UInt64(bitPattern: pid)
    if current.files != Slot.none, pid >= 0 {
      scratch.removeAll()
      scratch.append("/proc/")
      scratch.append(decimal: UInt64(pid))
      descriptor.name = texts.store(scratch)
      current.changedName = true
    }
    open(descriptor)
  }

  /// Copies a descriptor of another process, whose id is in the pidfd. The copy is always close-on-exec.
  /// Source: pidfd_getfd(2).
  mutating func pidfdGet(_ event: borrowing EventView) {
    let number = event.int64(0, or: -1)
    guard number >= 0 else { return }
    current.descriptorNumber = number
    let handle = descriptors.find(current.files, event.int64(1, or: -1))
    guard handle != Slot.none, descriptors[handle].kind == .pidfd else { return }
    let target = threads.find(Int32(truncatingIfNeeded: descriptors[handle].sourcePointer))
    let source = descriptors.find(threads.files(of: target), event.int64(2, or: -1))
    guard source != Slot.none else { return }
    var copy = duplicate(source, as: number)
    copy.flags.insert(.closeOnExec)
    open(copy)
  }
}
