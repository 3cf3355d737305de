internal import EventSchema

extension SystemState {
  /// A successful exec replaces the image of the process; a failed one changes nothing.
  ///
  /// The kernel reports it under the main thread's id, also when another thread called: that thread took over the id
  /// and all others are gone. Source: fs/exec.c, `de_thread`.
  mutating func exec(_ event: borrowing EventView, _ type: EventType) {
    let slot = current.thread
    guard slot != Slot.none, event.int64(0, or: -1) >= 0, !isOlderThanReading else { return }
    if pending.thread == slot { pending.thread = Slot.none }
    if threads[slot].isDead { revive(slot) }

    takeNames(event, for: slot, like: Slot.none)
    takeIdentity(event, for: slot)
    takeImage(event, for: slot)
    setCommandLine(of: slot)
    if !event.isEmpty(14) { setCgroups(of: slot, event.bytes(14), like: slot) }
    if threads[slot].container != Slot.none { recogniseProbes(slot) }

    setCurrentThread(slot)
    let main = current.mainThread
    if main != Slot.none {
      if !event.isEmpty(15) {
        let old = threads[main].env
        threads[main].env = texts.store(event.bytes(15), sharing: old)
        texts.release(old)
      }
      threads[main].descriptorLimit = event.int64(7, or: threads[main].descriptorLimit)
      if digests.isWanted { askForDigest(of: main) }
      removeOtherThreads(of: main, butNot: slot)
      // Other processes keep what was shared with them. Source: fs/exec.c, `begin_new_exec`.
      unshareFiles(of: main)
      removeCloseOnExec(from: threads[main].files, of: threads[main].pid)
    }
    let kept: ThreadFlags = [.pipeSource, .pipeDestination, .isMainThread, .inverted, .childInPidNamespace]
    threads[slot].flags = threads[slot].flags.intersection(kept).union([.active, .nameChanged])
  }

  /// The main thread had exited before another thread called exec under its id: the one that is left. What it had of its
  /// own goes on.
  private mutating func revive(_ slot: UInt32) {
    threads[slot].flags.remove(.closed)
    let main = threads[slot].main
    guard main != Slot.none else { return }
    threads[main].liveThreads += 1
    var caller = threads[main].nextInGroup
    while caller != Slot.none, threads[caller].isDead { caller = threads[caller].nextInGroup }
    guard caller != Slot.none, threads[caller].files != threads[slot].files else { return }
    dropFiles(of: slot)
    threads.share(files: threads[caller].files, with: slot)
  }

  private mutating func takeIdentity(_ event: borrowing EventView, for slot: UInt32) {
    var entry = threads[slot]
    let wasPlaceholder = entry.isPlaceholder
    var isNewOwner = false
    let pid = id(event, 4)
    if wasPlaceholder {
      entry.pid = pid
      entry.ptid = id(event, 5)
      if !entry.flags.contains(.childInPidNamespace) {
        entry.vtid = entry.tid
        entry.vpid = pid
      }
    } else if pid > 0, pid != entry.pid, entry.main != slot {
      // The id has a new owner whose clone was lost: this was a thread of another process.
      if entry.main != Slot.none, !entry.isDead { threads[entry.main].liveThreads -= 1 }
      threads.detachFromProcess(slot)
      endIfLast(entry.main)
      dropFiles(of: slot)
      entry = threads[slot]
      entry.pid = pid
      isNewOwner = true
    }
    if let tty = event.value(16, as: UInt32.self) { entry.tty = tty }
    if let group = event.value(17, as: Int64.self) { entry.vpgid = Int32(truncatingIfNeeded: group) }
    if let loginuid = event.value(18, as: UInt32.self) { entry.loginuid = loginuid }
    if let uid = event.value(26, as: UInt32.self) { entry.uid = uid }
    if let gid = event.value(29, as: UInt32.self) { entry.gid = gid }
    entry.pgid = id(event, 28)
    threads[slot] = entry
    counters(event, of: slot, from: 8)
    if wasPlaceholder {
      threads.link(slot)
    } else if isNewOwner {
      threads.linkToProcess(slot)
    }
  }

  private mutating func takeImage(_ event: borrowing EventView, for slot: UInt32) {
    var entry = threads[slot]
    entry.execTime = current.timestamp
    entry.executable = ExecutableFlags(rawValue: event.uint32(19, or: 0))
    entry.capInheritable = event.uint64(20, or: entry.capInheritable)
    entry.capPermitted = event.uint64(21, or: entry.capPermitted)
    entry.capEffective = event.uint64(22, or: entry.capEffective)
    entry.exeInode = event.uint64(23, or: 0)
    entry.exeChangeTime = event.uint64(24, or: 0)
    entry.exeModificationTime = event.uint64(25, or: 0)
    // Both are what is visible of "a file that was written a moment ago is run"; the first is negative, so 0, for
    // files that changed after the clone.
    entry.exeChangeToClone =
      entry.cloneTime != 0 && entry.cloneTime > entry.exeChangeTime ? entry.cloneTime - entry.exeChangeTime : 0
    entry.exeChangeSinceNamespace =
      entry.namespaceStart != 0 && entry.exeChangeTime > entry.namespaceStart
      ? entry.exeChangeTime - entry.namespaceStart : 0
    let path = event.bytes(27).untilNUL()
    if path.byteCount > 0 {
      entry.exepath = texts.store(path.withoutDeletedMark(), sharing: threads[slot].exepath)
      texts.release(threads[slot].exepath)
    }
    threads[slot] = entry
  }

  private mutating func removeOtherThreads(of main: UInt32, butNot kept: UInt32) {
    var other = threads[main].nextInGroup
    while other != Slot.none {
      let next = threads[other].nextInGroup
      if other != kept {
        // Children of a thread are children of the process: the one that goes on gets them.
        threads.moveChildren(of: other, to: kept)
        if !threads[other].isDead { threads[main].liveThreads -= 1 }
        destroy(other)
      }
      other = next
    }
  }
}

extension RawSpan {
  /// The kernel marks the path of a file that is no longer linked.
  @_lifetime(copy self) func withoutDeletedMark() -> RawSpan {
    hasSuffix(" (deleted)") ? extracting(0..<byteCount - 10) : self
  }
}
