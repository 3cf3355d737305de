internal import EventSchema

/// New processes and threads. Both sides of a clone report it, in either order; whichever comes first makes the entry.
///
/// All parameters describe the task that returns: the caller (result: the child's id) or the child (result 0, its own
/// id in the header). Inside a pid namespace the caller's result is a number of that namespace, so only the child's
/// report counts there.
extension SystemState {
  mutating func clone(_ event: borrowing EventView, _ type: EventType) {
    guard let result = event.value(0, as: Int64.self), result >= 0 else { return }
    if result == 0 {
      cloneFromChild(event)
    } else if result <= Int64(Int32.max) {
      cloneFromCaller(event, type, child: Int32(result))
    }
  }

  // MARK: The caller's side

  private mutating func cloneFromCaller(_ event: borrowing EventView, _ type: EventType, child tid: Int32) {
    if current.thread == Slot.none {
      current.thread = lookUpThread(Int32(truncatingIfNeeded: event.threadID))
      guard current.thread != Slot.none else { return }
      threads[current.thread].lastSeen = current.timestamp
    }
    let caller = current.thread
    let inherits = !threads[caller].isPlaceholder
    if !inherits { repair(caller, from: event) }
    setCurrentThread(caller)

    let flags = ThreadFlags(rawValue: event.uint32(15, or: 0))
    let isThread = flags.contains(.thread)
    let parent = isThread || flags.contains(.parent) ? threads[caller].ptid : threads[caller].tid
    guard !flags.contains(.childInPidNamespace), !flags.contains(.newPidNamespace),
      threads[caller].tid == threads[caller].vtid, !flags.contains(.vfork), type != .vfork,
      !recentExits.contains(
        tid: tid, parentProcess: flags.contains(.parent) ? parentProcess(of: threads[caller]) : threads[caller].pid,
        process: threads[caller].pid, at: current.timestamp)
    else { return }
    let existing = threads.find(tid)
    if existing != Slot.none {
      if threads[existing].flags.contains(.inverted) || current.timestamp < threads[existing].readTime {
        if flags.contains(.parent), !flags.contains(.thread), inherits { correctHeritage(of: existing, from: caller) }
        return
      }
      // The last owner of the id, whose exit was lost.
      guard existing != caller, existing != current.mainThread else { return }
      removeThread(existing, reaper: -1)
    }

    var entry = ThreadEntry(tid: tid)
    entry.pid = isThread ? threads[caller].pid : tid
    entry.ptid = parent
    entry.vtid = tid
    entry.vpid = entry.pid
    entry.flags = flags
    entry.namespaceStart = machine.bootTime
    if isThread { entry.execTime = threads[caller].execTime }
    makeChild(entry, event, of: inherits ? caller : Slot.none)
  }

  // MARK: The child's side

  private mutating func cloneFromChild(_ event: borrowing EventView) {
    let tid = Int32(truncatingIfNeeded: event.threadID)
    guard tid > 0 else { return }
    let existing = threads.find(tid)
    if existing != Slot.none {
      let made = threads[existing].cloneTime
      let isYoung = made != 0 && (current.timestamp < made || current.timestamp - made < RecentExits.memory)
      if isYoung || current.timestamp < threads[existing].readTime { return }
      removeThread(existing, reaper: -1)
    }

    let flags = ThreadFlags(rawValue: event.uint32(15, or: 0))
    var entry = ThreadEntry(tid: tid)
    entry.pid = id(event, 4)
    entry.ptid = id(event, 5)
    setNamespaceIDs(of: &entry, from: event)
    entry.flags = flags.union(.inverted)
    let started = event.uint64(20, or: 0)
    entry.namespaceStart = !entry.isInPidNamespace ? machine.bootTime : started == 0 ? 0 : started + machine.bootTime

    let isThread = flags.contains(.thread)
    var source = Slot.none
    if isThread, entry.pid != tid {
      source = thread(entry.pid)
      if source != Slot.none, threads[source].isPlaceholder { repairLeader(source, from: event, like: entry) }
      if source != Slot.none { entry.execTime = threads[source].execTime }
    } else if entry.ptid > 0, entry.ptid != tid {
      source = flags.contains(.parent) ? likelyCaller(of: entry, event) : Slot.none
      if source == Slot.none { source = thread(entry.ptid) }
    }
    if source != Slot.none, threads[source].isPlaceholder { source = Slot.none }
    setCurrentThread(makeChild(entry, event, of: source))
  }

  // MARK: What both sides share

  /// Completes a child's entry from the event and from the thread that it inherits from, and adds it.
  @discardableResult
  private mutating func makeChild(_ entry: ThreadEntry, _ event: borrowing EventView, of source: UInt32) -> UInt32 {
    var entry = entry
    let isThread = entry.flags.contains(.thread)
    entry.flags.formUnion([.active, .nameChanged])
    entry.uid = event.uint32(16, or: .max)
    entry.gid = event.uint32(17, or: .max)
    entry.cloneTime = current.timestamp
    entry.lastSeen = current.timestamp
    entry.descriptorLimit = event.int64(7, or: -1)
    if source != Slot.none {
      let parent = threads[source]
      entry.executable = parent.executable
      entry.exeInode = parent.exeInode
      entry.exeChangeTime = parent.exeChangeTime
      entry.exeModificationTime = parent.exeModificationTime
      entry.sid = parent.sid
      entry.pgid = parent.pgid
      entry.vpgid = parent.vpgid
      entry.tty = parent.tty
      entry.loginuid = parent.loginuid
      entry.probes = parent.probes
      entry.capInheritable = parent.capInheritable
      entry.capPermitted = parent.capPermitted
      entry.capEffective = parent.capEffective
      if !isThread, entry.flags.contains(.parent) { entry.inheritedFrom = parent.pid }
    }
    // The group of who made a namespace is none inside it. Source: kernel/pid.c, `__task_pid_nr_ns`.
    if entry.vpid == 1, entry.pid != 1 { entry.vpgid = 0 }
    // Making room must not take the thread that the child inherits from.
    if source != Slot.none { threads[source].lastSeen = current.timestamp }
    let slot = add(entry)
    guard slot != Slot.none else { return slot }
    counters(event, of: slot, from: 8)
    inheritTexts(of: source, event, to: slot)
    inheritFiles(of: source, to: slot)
    threads.link(slot)

    let process = threads.mainThread(of: source)
    if !isThread, process != Slot.none {
      let (cwd, env) = (threads[process].cwd, threads[process].env)
      texts.retain(cwd)
      texts.retain(env)
      threads[slot].cwd = cwd
      threads[slot].env = env
      shareDigest(of: process, with: slot)
    }
    return slot
  }

  /// CLONE_FILES shares the table, also between processes; everything else copies it. Source: clone(2).
  private mutating func inheritFiles(of source: UInt32, to slot: UInt32) {
    let files = threads.files(of: source)
    guard files != Slot.none else { return }
    if threads[slot].flags.contains(.files) {
      threads.share(files: files, with: slot)
    } else {
      threads[slot].files = threads.makeFileTable()
      copyDescriptors(from: files, to: threads[slot].files, adding: .cloned)
    }
  }

  private mutating func inheritTexts(of source: UInt32, _ event: borrowing EventView, to slot: UInt32) {
    if source != Slot.none {
      let (path, root) = (threads[source].exepath, threads[source].root)
      texts.retain(path)
      texts.retain(root)
      threads[slot].exepath = path
      threads[slot].root = root
    }
    takeNames(event, for: slot, like: source)
    setCommandLine(of: slot, like: source)
    if !event.isEmpty(14) {
      setCgroups(of: slot, event.bytes(14), like: source)
    } else if source != Slot.none {
      shareCgroups(of: source, with: slot)
    }
  }

  /// Takes exe, args and comm from a clone or exec event.
  ///
  /// - Parameter relative: A thread that probably has the same texts, or none.
  mutating func takeNames(_ event: borrowing EventView, for slot: UInt32, like relative: UInt32) {
    let known = relative == Slot.none ? slot : relative
    let exe = texts.store(event.bytes(1).untilNUL(), sharing: threads[known].exe)
    let args = texts.store(event.bytes(2), sharing: threads[known].args)
    var comm = texts.store(event.bytes(13).untilNUL(), sharing: threads[known].comm)
    if comm.isEmpty {
      texts.retain(exe)
      comm = exe
    }
    texts.release(threads[slot].exe)
    texts.release(threads[slot].args)
    texts.release(threads[slot].comm)
    threads[slot].exe = exe
    threads[slot].args = args
    threads[slot].comm = comm
  }

  func id(_ event: borrowing EventView, _ parameter: Int) -> Int32 {
    Int32(truncatingIfNeeded: event.int64(parameter, or: -1))
  }

  private func setNamespaceIDs(of entry: inout ThreadEntry, from event: borrowing EventView) {
    if event.isEmpty(19) {
      entry.vtid = entry.tid
      entry.vpid = -1
    } else {
      entry.vtid = id(event, 18)
      entry.vpid = id(event, 19)
    }
  }

  /// A placeholder that turns out to be the caller: the event describes it.
  private mutating func repair(_ slot: UInt32, from event: borrowing EventView) {
    var entry = threads[slot]
    entry.pid = id(event, 4)
    entry.ptid = id(event, 5)
    setNamespaceIDs(of: &entry, from: event)
    entry.flags.formUnion([.active, .nameChanged])
    threads[slot] = entry
    takeNames(event, for: slot, like: Slot.none)
    setCommandLine(of: slot)
    threads.link(slot)
  }

  /// A placeholder that turns out to be the main thread of a new thread: the two share process, parent and image.
  private mutating func repairLeader(_ slot: UInt32, from event: borrowing EventView, like child: ThreadEntry) {
    threads[slot].pid = child.pid
    threads[slot].ptid = child.ptid
    threads[slot].vpid = child.vpid
    threads[slot].vtid = child.vpid
    threads[slot].flags.formUnion([.active, .nameChanged])
    takeNames(event, for: slot, like: Slot.none)
    setCommandLine(of: slot)
    threads.link(slot)
  }
}
