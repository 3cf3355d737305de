extension SystemState {
  /// The thread of an event that no earlier event introduced: read from /proc while watching a live host, otherwise,
  /// and when that fails, a placeholder.
  ///
  /// - Returns: ``Slot/none`` if the table is full or the id is none.
  mutating func lookUpThread(_ tid: Int32) -> UInt32 {
    guard tid > 0 else { return Slot.none }
    if lookup != nil {
      let slot = readThread(tid)
      if slot != Slot.none { return slot }
    }
    return addPlaceholder(tid)
  }

  /// A thread by id, looked up if it is not in the table.
  mutating func thread(_ tid: Int32) -> UInt32 {
    let slot = threads.find(tid)
    return slot == Slot.none ? lookUpThread(tid) : slot
  }

  private mutating func addPlaceholder(_ tid: Int32) -> UInt32 {
    var entry = ThreadEntry(tid: tid)
    entry.flags = .nameChanged
    entry.lastSeen = current.timestamp
    let slot = add(entry)
    guard slot != Slot.none else { return slot }
    let unknown = store("<NA>")
    texts.retain(unknown)
    threads[slot].comm = unknown
    threads[slot].exe = unknown
    return slot
  }

  mutating func store(_ text: StaticString) -> TextHandle {
    scratch.removeAll()
    scratch.append(text)
    return texts.store(scratch)
  }

  /// Puts an entry without texts and links into the table; an idle entry makes room if there is none.
  ///
  /// - Returns: Its slot, or ``Slot/none``, counted.
  mutating func add(_ entry: ThreadEntry) -> UInt32 {
    if threads.count >= threads.limit { evictThread() }
    let slot = threads.insert(entry)
    if slot == Slot.none {
      counters.threadsRefused &+= 1
    } else {
      counters.threadsAdded &+= 1
    }
    return slot
  }

  /// Looks at a few entries, on from where the last search ended, and drops the first that can be spared: a
  /// placeholder that was silent for a second, or a thread that was silent for half an hour.
  private mutating func evictThread() {
    for _ in 0..<256 {
      threads.evictionHand = threads.evictionHand &+ 1 < threads.slotsEverUsed ? threads.evictionHand &+ 1 : 0
      let slot = threads.evictionHand
      guard threads.isLive(slot), slot != current.thread, slot != current.mainThread else { continue }
      let silence = current.timestamp &- min(current.timestamp, threads[slot].lastSeen)
      let patience: UInt64 = threads[slot].isPlaceholder ? 1_000_000_000 : 1800 * 1_000_000_000
      // A main thread stays while others of its process may be busy.
      guard silence > patience, threads[slot].liveThreads <= 1 else { continue }
      removeThread(slot, reaper: -1)
      counters.threadsEvicted &+= 1
      return
    }
  }

  /// Removes a thread at once, whatever it was doing. A main thread takes the rest of its process along.
  ///
  /// - Parameter reaper: Who the kernel gave the children to, -1 if it did not say.
  mutating func removeThread(_ slot: UInt32, reaper: Int64) {
    let main = threads[slot].main
    if main == slot {
      while threads[slot].nextInGroup != Slot.none {
        let other = threads[slot].nextInGroup
        moveChildren(of: other, to: reaper)
        destroy(other)
      }
      threads[slot].liveThreads = 0
    } else if threads[slot].main != Slot.none, !threads[slot].isDead {
      threads[threads[slot].main].liveThreads -= 1
    }
    moveChildren(of: slot, to: reaper)
    destroy(slot)
    if main != slot { endIfLast(main) }
  }

  /// A process whose main thread has exited ends when its last thread is taken away; with the next event, as somebody may
  /// look at it in this one.
  mutating func endIfLast(_ main: UInt32) {
    guard main != Slot.none, threads[main].isDead, threads[main].liveThreads == 0, pending.thread == Slot.none else { return }
    pending.thread = main
    pending.reaper = -1
  }

  /// Frees an entry that has no children left and, if it is a main thread, no other threads.
  mutating func destroy(_ slot: UInt32) {
    if threads[slot].pendingEntry != Slot.none { dropCallEntry(of: slot) }
    dropFiles(of: slot)
    move(slot, toContainer: Slot.none)
    dropDigest(of: slot)
    threads.detachFromParent(slot)
    threads.detachFromProcess(slot)
    let entry = threads[slot]
    texts.release(entry.comm)
    texts.release(entry.exe)
    texts.release(entry.exepath)
    texts.release(entry.args)
    texts.release(entry.cmdline)
    texts.release(entry.env)
    texts.release(entry.cwd)
    texts.release(entry.root)
    texts.release(entry.cgroups)
    texts.release(entry.containerID)
    texts.release(entry.containerFullID)
    threads.free(slot)
    counters.threadsRemoved &+= 1
    pending.forget(thread: slot)
    if current.thread == slot {
      current.thread = Slot.none
      current.files = Slot.none
    }
    if current.mainThread == slot { current.mainThread = Slot.none }
  }

  /// Sets `cmdline` from `comm` and the arguments, joined by blanks.
  ///
  /// - Parameter relative: A thread that may have the same line; none is fine.
  mutating func setCommandLine(of slot: UInt32, like relative: UInt32 = Slot.none) {
    scratch.setCommandLine(threads[slot].comm, threads[slot].args, in: texts)
    let candidate = relative == Slot.none ? threads[slot].cmdline : threads[relative].cmdline
    let line = texts.store(scratch, sharing: candidate)
    texts.release(threads[slot].cmdline)
    threads[slot].cmdline = line
  }
}
