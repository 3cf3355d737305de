public import Capture
public import EventSchema
public import Fields
public import RuleCompiler
private import RuleEngine

extension Interest {
  /// What a driver must capture for rules to see what they look at, and for the state behind their fields.
  ///
  /// - Parameters:
  ///   - events: Event types that some rule looks at.
  ///   - genericCalls: Calls without an event of their own that some rule looks at.
  ///   - namedEvents: Those of `events` that a rule names in `evt.type`. High-volume reads and writes are captured only
  ///     if they are named, not for a rule that takes every type.
  ///   - fields: Every field that a condition or an output uses.
  ///   - usesEntryHooks: Whether calls that leave a path or an address in the state are looked at when they begin, too.
  ///     Without, a thread that rewrites the memory during the call decides what is reported. Costs a dispatcher at the
  ///     entry of every call of the machine, so it is on only if a field shows such a path or address.
  public init(
    events: EventTypeSet, genericCalls: SyscallSet, namedEvents: EventTypeSet, fields: [ResolvedField],
    usesEntryHooks: Bool = true
  ) {
    var wanted = EventTypeSet()
    for type in events.types where namedEvents.contains(type) || !StateEvents.isHighVolume(type) { wanted.insert(type) }
    wanted.formUnion(StateEvents.threads)
    if fields.contains(where: \.needsDescriptors) { wanted.formUnion(StateEvents.descriptors) }
    if usesEntryHooks {
      for (exit, entry, isAddress) in StateEvents.entryHooks where wanted.contains(exit) {
        if fields.contains(where: { isAddress ? $0.showsAddress : $0.showsOpenedPath }) { wanted.insert(entry) }
      }
    }
    var forState = wanted
    forState.subtract(events)
    // Where nobody counts open descriptors, a close shows when the number is given out again.
    if fields.contains(where: \.countsDescriptors) { forState.remove(.close) }
    self.init(
      events: wanted, genericCalls: wanted.contains(.generic) ? genericCalls : SyscallSet(),
      resolvesPaths: fields.contains(where: \.needsResolvedPaths), forState: forState)
  }
}

extension Interest {
  /// What compiled rules need.
  public init(rules: CompiledRules, usesEntryHooks: Bool = true) {
    self.init(
      events: rules.program.eventTypes, genericCalls: rules.program.genericCalls, namedEvents: rules.namedEvents,
      fields: rules.fields, usesEntryHooks: usesEntryHooks)
  }
}

/// The events that the state engine lives on.
public enum StateEvents {
  /// Threads, their programs, credentials and directories.
  public static let threads = EventTypeSet([
    .clone, .clone3, .fork, .vfork, .execve, .execveat, .procexit, .chdir, .fchdir, .chroot, .setuid, .setgid, .setreuid,
    .setregid, .setresuid, .setresgid, .setsid, .setpgid, .capset, .setns, .unshare, .prctl,
  ])
  /// Open descriptors and what they stand for.
  public static let descriptors = EventTypeSet([
    .open, .openat, .openat2, .open_by_handle_at, .creat, .close, .close_range, .dup, .dup2, .dup3, .fcntl, .pipe, .pipe2,
    .socket, .socketpair, .bind, .connect, .accept, .accept4, .eventfd, .eventfd2, .signalfd, .signalfd4, .timerfd_create,
    .inotify_init, .inotify_init1, .memfd_create, .pidfd_open, .pidfd_getfd, .epoll_create, .epoll_create1, .userfaultfd,
    .io_uring_setup, .bpf,
  ])

  /// The event at the entry of a call, by the one at its return; whether it holds an address, or else a path.
  static let entryHooks: [(exit: EventType, entry: EventType, isAddress: Bool)] = [
    (.open, .open_enter, false), (.creat, .creat_enter, false), (.openat, .openat_enter, false),
    (.openat2, .openat2_enter, false), (.connect, .connect_enter, true),
  ]

  /// Data and waiting: so frequent that a rule has to ask for it by name.
  public static func isHighVolume(_ type: EventType) -> Bool {
    guard let info = Schema.event(type) else { return false }
    switch info.category {
    case .WH_CATEGORY_IO_READ, .WH_CATEGORY_IO_WRITE, .WH_CATEGORY_WAIT, .WH_CATEGORY_SCHEDULER: return true
    default:
      return [.futex, .nanosleep, .page_fault, .generic, .lseek, .brk, .munmap, .signaldeliver, .io_uring_submit]
        .contains(type)
    }
  }
}

extension ResolvedField {
  /// Whether its value is the path that the kernel knows an opened file by.
  var needsResolvedPaths: Bool {
    switch id {
    case .fdRealpath: true
    case .evtArg, .evtRawarg: key.elementsEqual("realpath".utf8)
    default: false
    }
  }

  /// Whether its value depends on how many descriptors are open.
  var countsDescriptors: Bool { info.name.hasPrefix("proc.fd") }

  /// Whether its value can be the path that a descriptor was opened by. The parameters of events (`evt.arg`) are those
  /// of the return whatever the entry said.
  var showsOpenedPath: Bool {
    switch info.name {
    case "fd.name", "fd.nameraw", "fd.directory", "fd.filename", "fd.containername", "fd.containerdirectory", "evt.args",
      "evt.info", "proc.cwd", "proc.stdin.name", "proc.stdout.name", "proc.stderr.name":
      true
    default: false
    }
  }

  /// Whether its value can be the address that a socket was connected to.
  var showsAddress: Bool {
    let name = info.name
    return ["fd.name", "fd.containername", "fd.net", "evt.args", "evt.info"].contains(name)
      || ["fd.ip", "fd.port", "fd.cip", "fd.sip", "fd.rip", "fd.lip", "fd.cport", "fd.sport", "fd.rport", "fd.lport",
        "fd.cnet", "fd.snet", "fd.rnet", "fd.lnet", "fd.cproto", "fd.sproto", "fd.rproto", "fd.lproto", "fd.is_server",
        "fd.connected"].contains { name.hasPrefix($0) }
  }

  /// Whether its value can depend on a descriptor that an earlier event opened.
  var needsDescriptors: Bool {
    let area = info.name.prefix { $0 != "." }
    switch area {
    case "user", "group", "container", "k8s", "util": return false
    case "proc": 
      // fchdir takes the path of a descriptor.
      return id == .procCwd || info.name.hasPrefix("proc.fd") || info.name.hasPrefix("proc.std")
    case "thread": return false
    case "evt", "syscall":
      switch id {
      case .evtArg, .evtArgs, .evtInfo, .evtAbspath, .evtAbspathSrc, .evtAbspathDst, .evtIsSyslog, .evtCategory: return true
      default: return info.name.hasPrefix("evt.buflen") || info.name.hasPrefix("evt.count.error")
      }
    default: return true
    }
  }
}
