public import EventSchema

extension SystemState {
  /// Brings the state up to an event and says in ``current`` what the event is about.
  ///
  /// Events must come in the order of their timestamps; parent and child of a clone may come either way round. An
  /// exit is still seen with its thread present and a close with its descriptor: they go with the next event.
  public mutating func apply(_ event: borrowing EventView) {
    if pending.isAny { finishPending() }
    let time = event.timestamp
    current.number &+= 1
    current.timestamp = time
    if current.firstTimestamp == 0 { current.firstTimestamp = time }
    current.container = Slot.none
    current.descriptor = Slot.none
    current.descriptorNumber = -1
    current.changedName = false

    let type = event.type
    if SystemState.hasNoThread(type) {
      current.thread = Slot.none
      current.mainThread = Slot.none
      current.files = Slot.none
      applyThreadless(event, type)
      return
    }
    var slot = threads.find(Int32(truncatingIfNeeded: event.threadID))
    if slot == Slot.none, !SystemState.neverLooksUp(type) {
      slot = lookUpThread(Int32(truncatingIfNeeded: event.threadID))
    }
    current.thread = slot
    if slot == Slot.none {
      current.mainThread = Slot.none
      current.files = Slot.none
    } else {
      (current.mainThread, current.files) = threads.see(slot, at: time)
    }
    reduce(event, type)
    slot = current.thread
    guard slot != Slot.none else { return }
    let entry = threads.note(current.descriptorNumber, for: slot)
    if entry != Slot.none, type.rawValue & 1 == 1 { dropCallEntry(of: slot) }
  }

  /// Makes an entry, or none, that of the event.
  @inline(__always) mutating func setCurrentThread(_ slot: UInt32) {
    current.thread = slot
    current.mainThread = threads.mainThread(of: slot)
    current.files = threads.files(of: slot)
  }

  /// Whether a reading of /proc already holds what an event of this thread changes.
  var isOlderThanReading: Bool {
    current.thread != Slot.none && current.timestamp < threads[current.thread].readTime
  }

  /// Events about the host, a plugin or a user, or of the capture itself.
  private static func hasNoThread(_ type: EventType) -> Bool {
    switch type {
    case .drop_enter, .drop, .scapevent, .procinfo, .cpu_hotplug, .notification, .infra, .pluginevent,
      .container, .useradded, .userdeleted, .groupadded, .groupdeleted, .asyncevent, .task, .task_file_pipe,
      .task_file_memfd, .task_file_regular, .task_file_directory, .task_file_socket_inet, .task_file_socket_inet6,
      .task_file_socket_unix, .task_file_socket_netlink, .task_file_anon_inode:
      true
    default: false
    }
  }

  /// Events whose thread is either about to be made by them, or already on its way out.
  private static func neverLooksUp(_ type: EventType) -> Bool {
    switch type {
    case .clone, .clone3, .fork, .vfork, .procexit, .sched_switch: true
    default: false
    }
  }

  private mutating func applyThreadless(_ event: borrowing EventView, _ type: EventType) {
    switch type {
    case .useradded, .userdeleted: applyUser(event, isAdded: type == .useradded)
    case .groupadded, .groupdeleted: applyGroup(event, isAdded: type == .groupadded)
    case .asyncevent: applyContainerEvent(event)
    case .container: applyOldContainerEvent(event)
    case .task: applyTask(event)
    case .task_file_pipe, .task_file_memfd, .task_file_regular, .task_file_directory, .task_file_socket_inet,
      .task_file_socket_inet6, .task_file_socket_unix, .task_file_socket_netlink, .task_file_anon_inode:
      applyTaskFile(event, type)
    default: break
    }
  }

  /// Sends an event to the reducer of its family, with the number of the parameter that names its descriptor.
  private mutating func reduce(_ event: borrowing EventView, _ type: EventType) {
    switch type {
    case .openat: openAt(event)
    case .openat2: openAt2(event)
    case .close: close(event)
    case .write: write(event)
    case .read, .pread, .pwrite, .sendfile, .splice, .writev, .pwritev, .symlinkat: use(event, 2)
    case .readv, .preadv: use(event, 3)
    case .mmap, .mmap2:
      use(event, 8)
      memory(event, size: 1)
    case .setns:
      use(event, 1)
      namespace(event, flags: 2)
    case .listen, .shutdown, .lseek, .llseek, .ioctl, .fstat, .getdents, .getdents64, .flock, .copy_file_range,
      .newfstatat, .fchownat, .fchmodat, .mkdirat, .unlinkat, .mknodat, .io_uring_register, .io_uring_enter,
      .setsockopt, .getsockopt, .fsconfig, .finit_module, .fchmod, .fchown:
      use(event, 1)
    case .io_uring_submit: use(event, 4)
    case .open: open(event)
    case .creat: creat(event)
    case .open_by_handle_at: openByHandle(event)
    case .open_enter, .creat_enter, .openat_enter, .openat2_enter, .connect_enter: rememberEntry(event, type)
    case .close_range: closeRange(event)
    case .dup, .dup2, .dup3: duplicate(event, type)
    case .fcntl: fcntl(event)
    case .pipe, .pipe2: pipe(event, flags: type == .pipe2 ? 4 : nil)
    case .socket: socket(event)
    case .bind: bind(event)
    case .connect: connect(event)
    case .accept: accept(event, flags: nil)
    case .accept4: accept(event, flags: 5)
    case .socketpair: socketPair(event)
    case .send, .sendto, .sendmsg: send(event, descriptor: 2, tuple: 4, invents: true)
    case .sendmmsg: send(event, descriptor: 1, tuple: 4, invents: false)
    case .recv: receive(event, descriptor: 2, tuple: 4)
    case .recvfrom: receive(event, descriptor: 3, tuple: 2)
    case .recvmsg:
      receive(event, descriptor: 5, tuple: 3)
      receiveDescriptors(event, control: 4)
    case .recvmmsg:
      receive(event, descriptor: 1, tuple: 4)
      receiveDescriptors(event, control: 5)
    case .eventfd: special(event, .event)
    case .eventfd2: special(event, .event, fileFlags: 1)
    case .signalfd: special(event, .signalfd)
    case .signalfd4: special(event, .signalfd, fileFlags: 1)
    case .timerfd_create: timerfd(event)
    case .inotify_init: special(event, .inotify)
    case .inotify_init1: special(event, .inotify, fileFlags: 1)
    case .epoll_create: special(event, .eventpoll)
    case .epoll_create1: epollCreate(event)
    case .userfaultfd: userfaultfd(event)
    case .io_uring_setup: ioUring(event)
    case .bpf: bpf(event)
    case .memfd_create: memfd(event)
    case .pidfd_open: pidfdOpen(event)
    case .pidfd_getfd: pidfdGet(event)
    case .clone, .clone3, .fork, .vfork: clone(event, type)
    case .execve, .execveat: exec(event, type)
    case .procexit: exit(event)
    case .chdir: chdir(event)
    case .fchdir: fchdir(event)
    case .getcwd: getcwd(event)
    case .chroot: chroot(event)
    case .setuid: setUser(event, 1)
    case .setreuid, .setresuid: setUser(event, 2)
    case .setgid: setGroup(event, 1)
    case .setregid, .setresgid: setGroup(event, 2)
    case .setsid: setSession(event)
    case .setpgid: setGroupOfProcess(event)
    case .capset: setCapabilities(event)
    case .unshare: namespace(event, flags: 1)
    case .prctl: prctl(event)
    case .getrlimit, .setrlimit: limit(event)
    case .prlimit: processLimit(event)
    case .brk, .munmap: memory(event, size: 1)
    case .sched_switch: contextSwitch(event)
    default: break
    }
  }

  /// An event that only uses a descriptor: finds it.
  @inline(__always) mutating func use(_ event: borrowing EventView, _ parameter: Int) {
    let number = event.int64(parameter, or: -1)
    current.descriptorNumber = number
    current.descriptor = descriptors.find(current.files, number)
    if current.descriptor == Slot.none { counters.descriptorLookupsFailed &+= 1 }
  }
}
