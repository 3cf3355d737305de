internal import EventSchema

/// Of credentials only the calling thread's change, as in the kernel: the C library repeats these calls in every thread.
/// Session and group are the process's.
extension SystemState {
  private func mayChange(_ event: borrowing EventView) -> Bool {
    event.int64(0, or: -1) >= 0 && current.thread != Slot.none && !isOlderThanReading
  }

  /// - Parameter parameter: The effective id. -1 means "leave it" to setreuid and setresuid.
  mutating func setUser(_ event: borrowing EventView, _ parameter: Int) {
    guard mayChange(event), let uid = event.value(parameter, as: UInt32.self), uid != .max else { return }
    let old = threads[current.thread].uid
    threads[current.thread].uid = uid
    // To root and away from it, capabilities come and go, by rules that hang on ids and marks that no event tells.
    // Source: security/commoncap.c, `cap_emulate_setxuid`.
    if (old == 0) != (uid == 0) || parameter == 2 && old != 0 { readCapabilities() }
  }

  mutating func setGroup(_ event: borrowing EventView, _ parameter: Int) {
    guard mayChange(event), let gid = event.value(parameter, as: UInt32.self), gid != .max else { return }
    threads[current.thread].gid = gid
  }

  /// The caller leads a new session and a new group, and has no terminal. Source: kernel/sys.c, `ksys_setsid`.
  mutating func setSession(_ event: borrowing EventView) {
    guard mayChange(event) else { return }
    // As the caller's pid namespace numbers it.
    let number = Int32(truncatingIfNeeded: event.int64(0, or: -1))
    forEachThread(ofProcess: current.thread) { entry in
      entry.sid = number
      entry.vpgid = number
      if entry.pid > 0 { entry.pgid = entry.pid }
      entry.tty = 0
    }
  }

  /// Both numbers are the caller's pid namespace's; in one that is not the host's, another process cannot be found by
  /// them, and its exec will tell its group.
  mutating func setGroupOfProcess(_ event: borrowing EventView) {
    guard mayChange(event) else { return }
    let pid = Int32(truncatingIfNeeded: event.int64(1, or: -1))
    let group = Int32(truncatingIfNeeded: event.int64(2, or: -1))
    guard pid >= 0, group >= 0 else { return }
    let isNamespaced = threads[current.thread].isInPidNamespace
    let target: UInt32
    if pid == 0 || pid == threads[current.thread].vpid {
      target = current.mainThread == Slot.none ? current.thread : current.mainThread
    } else {
      target = isNamespaced ? Slot.none : threads.find(pid)
    }
    guard target != Slot.none, current.timestamp >= threads[target].readTime else { return }
    let leads = group == 0 || group == threads[target].vpid
    let inner = leads ? threads[target].vpid : group
    let outer = leads ? threads[target].pid : isNamespaced ? -1 : group
    forEachThread(ofProcess: target) { entry in
      entry.vpgid = inner
      if outer > 0 { entry.pgid = outer }
    }
  }

  private mutating func forEachThread(ofProcess slot: UInt32, _ change: (inout ThreadEntry) -> Void) {
    guard threads[slot].main != Slot.none else { return change(&threads[slot]) }
    var thread = threads[slot].main
    while thread != Slot.none {
      change(&threads[thread])
      thread = threads[thread].nextInGroup
    }
  }

  mutating func setCapabilities(_ event: borrowing EventView) {
    guard mayChange(event) else { return }
    let slot = current.thread
    threads[slot].capInheritable = event.uint64(1, or: threads[slot].capInheritable)
    threads[slot].capPermitted = event.uint64(2, or: threads[slot].capPermitted)
    threads[slot].capEffective = event.uint64(3, or: threads[slot].capEffective)
  }

  /// The first process in a user namespace has all capabilities there. Source: user_namespaces(7).
  mutating func namespace(_ event: borrowing EventView, flags: Int) {
    guard mayChange(event) else { return }
    let wanted = ThreadFlags(rawValue: event.uint32(flags, or: 0))
    if wanted.contains(.files) { unshareFiles(of: current.thread) }
    guard wanted.contains(.newUserNamespace) else { return }
    let slot = current.thread
    threads[slot].capInheritable = SystemState.allCapabilities
    threads[slot].capPermitted = SystemState.allCapabilities
    threads[slot].capEffective = SystemState.allCapabilities
  }

  /// CAP_CHOWN (0) to CAP_CHECKPOINT_RESTORE (40).
  static var allCapabilities: UInt64 { (1 << 41) - 1 }

  /// A subreaper adopts the orphans below it; the option that asks for the mark reports it as well. A thread's name is its
  /// own.
  mutating func prctl(_ event: borrowing EventView) {
    guard mayChange(event), let main = Optional(current.mainThread), main != Slot.none else { return }
    switch event.uint32(1, or: 0) {
    case UInt32(WH_FLAG_prctl_options_PR_SET_CHILD_SUBREAPER), UInt32(WH_FLAG_prctl_options_PR_GET_CHILD_SUBREAPER):
      threads[main].isReaper = event.int64(3, or: 0) != 0
    case UInt32(WH_FLAG_prctl_options_PR_SET_NAME):
      // What could not be read of the caller's memory is no name.
      if !event.isEmpty(2) { setName(of: current.thread, event.bytes(2)) }
    default: break
    }
  }
}
